// Live, on the cam's page. Without it the page works by its links; with it the picture changes in its place,
// the page says how the camera is, and the camera is let go of while nobody looks at the tab.
// Every word stands in the page, in <template data-live="words">.

const page = document.querySelector("[data-stream]");
const part = Object.fromEntries([...page.querySelectorAll("[data-live]")].map((e) => [e.dataset.live, e]));
const picture = part.picture;
const frame = picture?.closest(".pic");
const link = picture?.closest("a");
const photo = { address: page.dataset.photo, title: page.dataset.title, when: page.dataset.when, href: link?.href };

const WATCHING_MS = 2000;
const WAITING_MS = { rest: 15000, off: 5000 };
const LIMIT_MS = 4000; // an answer of 200 bytes that takes longer comes over no line to watch by
const LONGEST_MS = 30000;
const SETTLED_MS = 3000; // a stream just asked for may not be counted yet
const LATE_S = 2.5; // one picture a second is the slowest that is asked for
const DEAD_S = 10;
const KEY = "pucci-save-data";

let mode = page.dataset.mode; // "rest", "live" or "off"
let saves = remembered() ?? page.dataset.fps === "1";
let failures = 0; // answers in a row that did not come
let breaks = 0; // streams in a row that ended
let askedAt = 0;
let seat = ""; // by which the server knows our stream: no browser tells when it ends, or stands still
let taken = ""; // when the newest picture was taken that the camera told of
let timer = 0;
let retry = 0;

// -- the stream -----------------------------------------------------------------------------------

function connect() {
  clearTimeout(retry);
  askedAt = performance.now();
  seat = crypto.getRandomValues(new Uint32Array(2)).join("-");
  picture.src = `${page.dataset.stream}?${saves ? "fps=1&" : ""}seat=${seat}`;
  link?.removeAttribute("href");
}

function release() {
  clearTimeout(retry);
  if (photo.address) picture.src = photo.address;
  else picture.removeAttribute("src");
}

function broke() {
  if (mode !== "live" || document.hidden) return;
  clearTimeout(retry);
  retry = setTimeout(connect, Math.min(LIMIT_MS, 500 * 2 ** breaks));
  breaks += 1;
}

// -- what the page says ---------------------------------------------------------------------------

function words(name, values) {
  const found = part.words.content.querySelector(`[data-case="${CSS.escape(name)}"]`);
  if (!found) return words("other", values);
  const copy = document.importNode(found, true);
  const walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    walk.currentNode.data = walk.currentNode.data.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  }
  return copy;
}

function say(text) {
  if (part.told.textContent !== text) part.told.textContent = text;
}

function lamp(name, values, lit) {
  part.lamp.hidden = part.camera.hidden = false;
  part.lamp.classList.toggle("lit", lit);
  part.lamp.replaceChildren(...words(name, values).childNodes);
}

function note(name, values) {
  const text = words(name, values);
  part.note.replaceChildren(text);
  part.note.hidden = false;
  say(text.querySelector("strong").textContent);
}

function clock(moment, seconds) {
  const twelve = page.dataset.twelve !== undefined;
  const hours = twelve ? { hour: "numeric", hourCycle: "h12" } : { hour: "2-digit", hourCycle: "h23" };
  const style = { ...hours, minute: "2-digit", timeZone: page.dataset.zone || undefined };
  const said = new Date(moment).toLocaleTimeString("en-US", seconds ? { ...style, second: "2-digit" } : style);
  return said.replace(/\s/, " ").toLowerCase();
}

function title(text, when) {
  part.title.textContent = text;
  part.when.textContent = when;
}

function opens() {
  if (frame.classList.contains("dim") && !part.note.hidden) return; // why it is dim still holds
  title(photo.title || page.dataset.now, photo.when);
  lamp("opening", {}, true);
}

function runs(told) {
  breaks = 0;
  frame.classList.remove("dim");
  part.note.hidden = true;
  title(page.dataset.now, page.dataset.place);
  const fps = Math.max(1, Math.round(saves ? Math.min(1, told.fps) : told.fps));
  lamp(told.watchers > 1 ? "live" : "alone", { watchers: told.watchers, fps }, true);
  say(part.lamp.querySelector("strong").textContent);
}

// The picture that stands there is the last one: dim, with its time.
function stands(name, reason = "") {
  frame.classList.add("dim");
  part.lamp.hidden = true;
  part.camera.hidden = false;
  if (taken) title(clock(taken, true), page.dataset.place);
  const since = taken ? clock(taken) : photo.title;
  note(name, { since, last: taken ? clock(taken, true) : photo.title, reason });
}

function show(told) {
  if ((told.state === "off") !== (mode === "off")) return location.reload();
  if (mode === "rest") return atRest(told);
  if (mode === "off") return undefined;
  const sent = told.sent_s; // null: there is no stream of ours
  const settled = performance.now() - askedAt > SETTLED_MS;
  if (told.state === "fault") return stands(told.reason, told.reason);
  if (told.full && sent === null) return stands("full");
  if (sent === null) return settled ? again() : opens();
  if (told.state === "live" && sent > DEAD_S) return again();
  if (told.state === "live" && sent > LATE_S) return stands("late");
  if (told.taken_at) taken = told.taken_at;
  if (told.state === "live") return runs(told);
  return told.state === "holding" ? stands("holding") : opens();
}

function again() {
  stands("late");
  connect();
}

function atRest(told) {
  if (!part.lamp || part.lamp.hidden) return;
  const open = told.watchers > 0;
  if (open === part.lamp.classList.contains("lit")) return;
  lamp(open ? "open" : "closed", {}, open);
}

// -- asking how the camera is ---------------------------------------------------------------------

async function look() {
  clearTimeout(timer);
  try {
    const asked = { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) };
    const answer = await fetch(`${page.dataset.state}?seat=${seat}`, asked);
    if (answer.status === 403) return location.reload(); // to sign in
    const told = await answer.json();
    if (failures && mode === "live") connect();
    failures = 0;
    show(told);
  } catch {
    failures += 1;
    if (mode === "live" && !document.hidden) stands("late");
  }
  return later();
}

function later() {
  clearTimeout(timer);
  if (document.hidden) return;
  const usual = mode === "live" ? WATCHING_MS : WAITING_MS[mode];
  timer = setTimeout(look, failures ? Math.min(LONGEST_MS, 1000 * 2 ** failures) : usual);
}

// -- coming and going -----------------------------------------------------------------------------

function start() {
  mode = "live";
  part.go.hidden = true;
  part.stop.hidden = false;
  offerSaving();
  opens();
  connect();
  look();
}

function sleep() {
  clearTimeout(timer);
  if (mode === "live") release();
}

function wake() {
  if (mode === "live") start();
  else later();
}

function remembered() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === null ? undefined : kept === "1";
  } catch {
    return undefined; // the browser keeps nothing for anybody
  }
}

function save(yes) {
  saves = yes;
  try {
    localStorage.setItem(KEY, yes ? "1" : "0");
  } catch {
    // it holds for this visit
  }
  offerSaving();
  connect();
}

function offerSaving() {
  part.thin.hidden = saves;
  part.thick.hidden = !saves;
}

function on(element, act) {
  element?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
    event.preventDefault();
    act();
  });
}

on(picture && part.go, () => {
  history.replaceState(null, "", part.go.href); // loaded again, it is live again
  start();
});
on(part.thin, () => save(true));
on(part.thick, () => save(false));
if (part.full && document.fullscreenEnabled) {
  part.full.hidden = false;
  on(part.full, () => frame.requestFullscreen());
  frame.addEventListener("click", () => document.fullscreenElement && document.exitFullscreen());
}
picture?.addEventListener("error", broke);
picture?.addEventListener("load", () => mode === "live" && part.note.hidden && look());
document.addEventListener("visibilitychange", () => (document.hidden ? sleep() : wake()));
addEventListener("pagehide", sleep);
addEventListener("pageshow", (event) => event.persisted && wake());
addEventListener("online", () => !document.hidden && look());

if (mode === "live" && !document.hidden) start();
else if (mode === "live") release();
else later();
