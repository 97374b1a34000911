// Where there is no line, a page says so, with the last photo that was seen in this browser.
// No page is kept, and no other picture. The last photo goes at sign-out, and when the session has ended.
const SHELL = "shell-1";
const LAST = "last-photo";
const PAGE = "/offline";
const PHOTO = "/offline/last.jpg";

async function fill(lang) {
  const cache = await caches.open(SHELL);
  const page = await fetch(lang ? `${PAGE}?lang=${lang}` : PAGE, { cache: "no-store" });
  const text = await page.clone().text();
  await cache.put(PAGE, page);
  const parts = new Set([...text.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1]));
  await cache.addAll([...parts]);
}

self.addEventListener("install", (event) => {
  event.waitUntil(fill());
  self.skipWaiting();
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const { lang, photo, seen } = event.data ?? {};
  if (/^[a-z]{2}$/.test(lang)) event.waitUntil(speak(lang));
  if (/^\/media\/photo\/\d+\.jpg$/.test(photo)) event.waitUntil(remember(photo, seen));
});

// The page was taken in the browser's language; its reader may have chosen another one since.
async function speak(lang) {
  const page = await caches.match(PAGE);
  if (page?.headers.get("Content-Language") !== lang) await fill(lang);
}

async function remember(photo, seen) {
  const answer = await fetch(photo);
  if (!answer.ok) return;
  const headers = { "Content-Type": "image/jpeg", "X-Seen": encodeURIComponent(JSON.stringify(seen)) };
  await (await caches.open(LAST)).put(PHOTO, new Response(await answer.blob(), { headers }));
}

async function page(request) {
  try {
    // Whoever is sent to sign in has no session any more.
    if (new URL(request.url).pathname === "/login") await caches.delete(LAST);
    return await fetch(request);
  } catch {
    return (await caches.match(PAGE)) ?? Response.error();
  }
}

async function kept(request) {
  return (await caches.match(request, { ignoreSearch: false })) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (pathname === PHOTO) event.respondWith(kept(PHOTO));
  else if (pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => kept(request)));
});
