// What every page of the family does beside its own work: a page for when there is no line, and on the cam the
// next photo when it comes.
const cam = document.querySelector("[data-stream]");

async function offline() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/sw.js");
  const { active } = await navigator.serviceWorker.ready;
  const { photo, taken, zone, twelve } = cam?.dataset ?? {};
  const { lang } = document.documentElement;
  active.postMessage({ lang, photo, seen: { taken: Number(taken), zone, twelve: twelve !== undefined } });
}

// Sign-out leaves nothing behind, also where the browser does not know Clear-Site-Data.
document.querySelector('form[action="/logout"]')?.addEventListener("submit", () => {
  if ("caches" in self) caches.delete("last-photo");
});

function at(root, name) {
  return root.querySelector(`[data-live="${name}"]`);
}

// The newest photo at rest is looked for when its slot is over; what live.js shows is its own.
async function next() {
  const wait = 1000 * Number(cam.dataset.next) + 8000 - Date.now();
  await new Promise((done) => setTimeout(done, Math.max(20000, Math.min(wait, 2 ** 31 - 1))));
  if (!document.hidden && cam.dataset.mode === "rest") await look().catch(() => {});
  next();
}

async function look() {
  const answer = await fetch(location.pathname);
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-stream]");
  if (!fresh || fresh.dataset.mode !== cam.dataset.mode) return location.reload();
  cam.dataset.next = fresh.dataset.next;
  if (!fresh.dataset.photo || fresh.dataset.photo === cam.dataset.photo) return;
  if (!cam.dataset.photo) return location.reload();
  for (const name of ["photo", "taken", "title", "when"]) cam.dataset[name] = fresh.dataset[name];
  const [old, picture] = [at(document, "picture"), at(page, "picture")];
  old.src = picture.getAttribute("src");
  old.alt = picture.alt;
  old.closest("a").href = picture.closest("a").getAttribute("href");
  for (const name of ["title", "when"]) at(document, name).textContent = at(page, name).textContent;
  document.title = page.title;
  at(document, "told").textContent = `${cam.dataset.new} ${fresh.dataset.title}`;
  offline();
}

offline().catch(() => {});
if (cam) next();
