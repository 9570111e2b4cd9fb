/* Keeps the page and its files on the device, so that it opens without network. KENIKI (page, version, files) is put before this
   text by the server. A new version is fetched whole beside the old one and taken when no page is open any more, or when the
   person says so; nothing a person entered is in here. */

const PREFIX = `keniki-field ${KENIKI.page} `;
const CACHE = PREFIX + KENIKI.version;
const OWN = new Set([KENIKI.page, ...KENIKI.files]);

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    for (const path of OWN) {
      const answer = await fetch(path, { cache: "reload", credentials: "same-origin" });
      // A page that led to the log-in is no page to keep.
      if (!answer.ok || answer.redirected) throw new Error(`${path}: ${answer.status}`);
      await cache.put(path, answer);
    }
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !OWN.has(pathname)) return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(pathname)) ?? fetch(event.request);
  })());
});
