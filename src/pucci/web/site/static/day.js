// A day by finger, mouse and key: the scrubber goes over the timeline, the large picture follows at once, Play
// steps through the day in place; today's next photo comes by itself. Without it the hours are links, and each
// photo has its page.

const at = (name) => document.querySelector(`[data-${name}]`);
const [large, clock, said, open, newest, play, hourBox, from, count, told, form] = [
  "large", "clock", "said", "open", "newest", "play", "hour", "from", "count", "told", "star",
].map(at);
const picture = large.querySelector("img");
const scrub = document.querySelector(".scrub");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const FRAME_MS = 100;
const CALM_MS = 1000;
const AHEAD = 4;
const MOST_LOST = 3;
const HOUR_S = 3600;

let day, photos, places, mine, kept;
let due; // when there may be a photo that is not among them
read(document);

function read(page) {
  day = JSON.parse(page.getElementById("day").textContent);
  photos = day.photos.map(([offset, id, activity, time]) => ({
    offset, id, activity, time, hour: Math.floor(offset / HOUR_S),
  }));
  places = new Map(photos.map((photo, index) => [photo.id, index]));
  [mine, kept] = [new Set(day.mine), new Set(day.kept)];
  due = day.next === null ? 0 : Date.now() + 1000 * day.next + 8000;
}

let now = places.get(day.picked); // the photo that is shown
let hour = photos[now].hour;
let playing = false;
let runs = 0; // each Play has its number: one that was stopped does not go on beside the next
let settled = 0;

// -- the large picture ----------------------------------------------------------------------------

// One picture is on its way at a time, and then the one that is wanted by then: a fast finger asks for few.
let wanted = now;
let loading = false;
const tile = document.createElementNS("http://www.w3.org/2000/svg", "svg");
const part = document.createElementNS("http://www.w3.org/2000/svg", "image");
tile.setAttribute("viewBox", "0 0 160 120");
tile.classList.add("tile");
tile.append(part);

function address(photo) {
  return `/media/photo/${photo.id}.jpg`;
}

async function load() {
  if (loading) return;
  loading = true;
  while (wanted !== null) {
    const photo = photos[wanted];
    wanted = null;
    const next = new Image();
    next.src = address(photo);
    try {
      await next.decode();
      if (wanted === null || playing) show(photo, next);
    } catch {
      // It is gone, or the line is: what stands there stays.
    }
  }
  loading = false;
}

function show(photo, next) {
  picture.src = next.src;
  picture.alt = `${photo.time}`;
  tile.remove();
}

// What the hour's sheet has of it, until it has come itself.
function showTile(photo) {
  const sheet = hourBox?.querySelector("img");
  const number = day.hours[photo.hour]?.shown.indexOf(photo.id) ?? -1;
  if (number < 0 || !sheet?.complete || !sheet.src.endsWith(day.hours[photo.hour].sheet)) return tile.remove();
  part.setAttribute("href", sheet.src);
  part.setAttribute("width", day.hours[photo.hour].width);
  part.setAttribute("height", 120);
  part.setAttribute("x", -160 * number);
  if (!tile.isConnected) large.append(tile);
}

// -- choosing -------------------------------------------------------------------------------------

function words(activity) {
  return activity === null ? "" : day.words.findLast(([least]) => activity >= least)[1];
}

function gapAt(offset) {
  return day.gaps.find((gap) => gap.from <= offset && offset < gap.to);
}

// The photo nearest to a moment of the day; they stand in its order.
function nearest(offset) {
  let [low, high] = [0, photos.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (photos[middle].offset < offset) low = middle + 1;
    else high = middle;
  }
  const before = photos[low - 1];
  return before && offset - before.offset <= Math.abs(photos[low].offset - offset) ? low - 1 : low;
}

function choose(index, { scrubbed = false } = {}) {
  now = index;
  const photo = photos[index];
  clock.textContent = photo.time;
  const text = words(photo.activity);
  said.textContent = text;
  if (!scrubbed) scrub.value = Math.round(photo.offset / day.step);
  describe(photo);
  large.href = open.href = `/photo/${photo.id}`;
  star(photo);
  if (photo.hour !== hour) turnTo(photo.hour);
  mark(photo);
  wanted = index;
  if (!playing) {
    showTile(photo);
    load();
    clearTimeout(settled);
    settled = setTimeout(() => history.replaceState(null, "", here(photo)), 300);
  }
}

function describe(photo) {
  scrub.ariaValueText = [photo.time, words(photo.activity)].filter(Boolean).join(", ");
}

function here(photo) {
  const address = new URL(location.href);
  address.searchParams.delete("at");
  address.searchParams.set("photo", photo.id);
  return address;
}

function star(photo) {
  const is = mine.has(photo.id);
  form.action = `/photo/${photo.id}/${is ? "unkeep" : "keep"}`;
  form.querySelector("[aria-pressed]").setAttribute("aria-pressed", is);
}

// -- the hour -------------------------------------------------------------------------------------

function turnTo(number) {
  hour = number;
  const { from: start, count: many, sheet, width, shown } = day.hours[number];
  from.textContent = start;
  hourBox.ariaLabel = from.textContent;
  count.textContent = many;
  const image = hourBox.querySelector("img");
  const next = new Image(width, 120);
  next.alt = "";
  next.src = sheet;
  image.replaceWith(next);
  const [links, times] = hourBox.querySelectorAll("ol");
  links.replaceChildren(...shown.map((id) => item(link(photos[places.get(id)]))));
  times.replaceChildren(...shown.map((id) => item(photos[places.get(id)].time)));
}

function item(inside) {
  const made = document.createElement("li");
  made.append(inside);
  return made;
}

function link(photo) {
  const made = document.createElement("a");
  made.href = `/photo/${photo.id}`;
  made.ariaLabel = photo.time;
  return made;
}

function mark(photo) {
  hourBox?.querySelector("[aria-current]")?.removeAttribute("aria-current");
  const chosen = hourBox?.querySelector(`a[href="/photo/${photo.id}"]`);
  if (!chosen) return;
  chosen.setAttribute("aria-current", "true");
  const [box, frame] = [chosen.getBoundingClientRect(), hourBox.getBoundingClientRect()];
  if (box.left < frame.left || box.right > frame.right) {
    hourBox.scrollLeft += box.left - frame.left - (frame.width - box.width) / 2;
  }
}

hourBox?.addEventListener("click", (event) => {
  const chosen = event.target.closest("a");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  stop();
  choose(places.get(Number(chosen.href.split("/").pop())));
});

// -- scrubbing ------------------------------------------------------------------------------------

scrub.max = Math.round(day.length / day.step) - 1;
scrub.value = Math.round(photos[now].offset / day.step);
describe(photos[now]);
scrub.hidden = false;
scrub.addEventListener("input", () => {
  stop();
  const offset = scrub.value * day.step;
  choose(nearest(offset), { scrubbed: true });
  const gap = gapAt(offset);
  if (!gap) return;
  said.textContent = `${gap.when}: ${gap.reason}`;
  scrub.ariaValueText = `${gap.when}, ${gap.reason}`;
});
scrub.addEventListener("keydown", (event) => {
  const hours = { PageUp: 1, PageDown: -1 }[event.key];
  if (!hours) return;
  event.preventDefault();
  scrub.value = Number(scrub.value) + (hours * HOUR_S) / day.step;
  scrub.dispatchEvent(new Event("input"));
});

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step && !event.target.closest("[data-hour]")) {
    stop();
    if (photos[now + step]) choose(now + step);
    event.preventDefault();
  } else if (event.key === "k") form.querySelector("button").click();
});

newest?.addEventListener("click", (event) => {
  if (Date.now() >= due) return; // there may be a newer one: the link leads to it
  event.preventDefault();
  stop();
  choose(photos.length - 1);
});

// -- playing --------------------------------------------------------------------------------------

function stop() {
  if (!playing) return;
  playing = false;
  runs += 1;
  told.textContent = "";
  label();
  choose(now);
}

function label() {
  play.querySelector("span").textContent = playing ? day.says.stop : day.says.play;
  play.querySelector("use").setAttribute("href", play.querySelector("use").getAttribute("href").replace(/#.*/, playing ? "#stop" : "#play"));
}

async function run() {
  playing = true;
  const own = (runs += 1);
  let lost = 0; // photos one after the other that did not come
  label();
  told.textContent = day.says.plays;
  let index = now >= photos.length - 1 ? 0 : now;
  for (; index < photos.length && lost < MOST_LOST; index += 1) {
    const moment = performance.now() + (calm.matches ? CALM_MS : FRAME_MS);
    const next = new Image();
    next.src = address(photos[index]);
    for (const ahead of photos.slice(index + 1, index + 1 + AHEAD)) new Image().src = address(ahead);
    try {
      await next.decode();
    } catch {
      if (own !== runs) return;
      lost += 1;
      continue;
    }
    await new Promise((go) => setTimeout(go, moment - performance.now()));
    if (own !== runs) return;
    lost = 0;
    show(photos[index], next);
    choose(index);
  }
  stop();
  if (lost) said.textContent = told.textContent = day.says.no_line;
}

play.addEventListener("click", () => (playing ? stop() : run()));
play.classList.remove("scripted");

form.addEventListener("starred", (event) => {
  const id = photos[now].id;
  for (const [all, is] of [[mine, event.detail.mine], [kept, event.detail.kept]]) all[is ? "add" : "delete"](id);
  const line = at("kept");
  line.hidden = !kept.size;
  line.querySelector("span").textContent = kept.size;
  told.textContent = event.detail.said;
});
mark(photos[now]);

// -- what comes -----------------------------------------------------------------------------------

// Today's next photo is looked for when its slot is over.
async function wait() {
  while (day.next !== null) {
    await new Promise((done) => setTimeout(done, Math.max(20000, due - Date.now())));
    if (!document.hidden) await look().catch(() => {});
  }
}

async function look() {
  const camera = new URLSearchParams(location.search).get("camera");
  const answer = await fetch(location.pathname + (camera ? `?${new URLSearchParams({ camera })}` : ""));
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.getElementById("day")) take(page);
}

function take(page) {
  const [shown, last, sheet] = [photos[now], photos.at(-1), day.hours[hour].sheet];
  const follows = shown === last && !playing;
  read(page);
  for (const part of [".dayhead p", ".tl-strip", ".curve", ".sky", "[data-unseen]"]) swap(page, part);
  now = places.get(shown.id) ?? nearest(shown.offset);
  const fresh = photos.at(-1);
  if (day.hours[hour].sheet !== sheet) turnTo(hour);
  if (follows && fresh.id !== shown.id) choose(photos.length - 1);
  else mark(photos[now]);
  if (fresh.offset > last.offset) told.textContent = `${day.says.new} ${fresh.time}`;
}

function swap(page, part) {
  const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
  const [was, is] = [old, fresh].map((one) => one.querySelector("details"));
  if (was && is) is.open = was.open;
  old.replaceWith(fresh);
}

wait();
