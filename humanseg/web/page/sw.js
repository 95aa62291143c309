/**
 * Lets the page work without a connection, and with threads where the host sends no headers for them.
 *
 * Each file is kept under its path and the checksum of its content. A new version of the page therefore fetches what has
 * changed and nothing else, and no two versions are ever mixed.
 */

/** Files of this version by their path: the beginning of their SHA-256. Filled in by humanseg/web/build.py. */
const FILES = /** @type {Record<string, string>} */ ({});
/** What is fetched at once, at the first visit; the rest once the page has asked for it. */
const AT_ONCE = /^(?!models\/|runtime\/)/;
const CACHE = "humansegnet";
/** Together they isolate the page from other sites, without which browsers give WebAssembly one thread. */
const ISOLATION = {
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** @param {string} path */
const key = (path) => new URL(`${path}?sha256=${FILES[path]}`, worker.registration.scope).href;

/** @param {ArrayBuffer} content */
async function checksum(content) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Keeps a file that was fetched, unless it isn't the one of this version. Hosts may add to HTML, so that isn't compared.
 *
 * @param {string} path @param {Response} response
 */
async function keep(path, response) {
  const content = await response.arrayBuffer();
  if (!path.endsWith(".html") && !(await checksum(content)).startsWith(FILES[path])) return false;
  const cache = await caches.open(CACHE);
  await cache.put(key(path), new Response(content, { headers: response.headers }));
  return true;
}

/** @param {string} path */
const kept = (path) => caches.open(CACHE).then((cache) => cache.match(key(path)));

/** @param {string} path */
async function fetchAndKeep(path) {
  if (await kept(path)) return;
  const response = await fetch(new URL(path, worker.registration.scope), { cache: "no-cache" });
  if (!response.ok || !(await keep(path, response))) throw new Error(`${path} isn't of this version`);
}

/** @param {Response} response */
function isolated(response) {
  if (response.type === "opaqueredirect" || response.type === "opaque") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/** @param {FetchEvent} event @param {string} path */
async function answer(event, path) {
  const known = path in FILES;
  const stored = known ? await kept(path) : undefined;
  if (stored) return isolated(stored);
  const response = await fetch(event.request, known ? { cache: "no-cache" } : {});
  if (known && response.ok) event.waitUntil(keep(path, response.clone()).catch(() => false));
  return isolated(response);
}

worker.addEventListener("install", (event) => {
  const shell = Object.keys(FILES).filter((path) => AT_ONCE.test(path));
  event.waitUntil(Promise.all(shell.map(fetchAndKeep)));
});

worker.addEventListener("activate", (event) => {
  const clean = async () => {
    const cache = await caches.open(CACHE);
    const wanted = new Set(Object.keys(FILES).map(key));
    const old = (await cache.keys()).filter((request) => !wanted.has(request.url));
    await Promise.all(old.map((request) => cache.delete(request)));
    await worker.clients.claim();
  };
  event.waitUntil(clean());
});

worker.addEventListener("fetch", (event) => {
  const { method, url, mode } = event.request;
  const scope = worker.registration.scope;
  if (method !== "GET" || !url.startsWith(scope)) return;
  const path = new URL(url).pathname.slice(new URL(scope).pathname.length);
  event.respondWith(answer(event, mode === "navigate" && path === "" ? "index.html" : path));
});

worker.addEventListener("message", (event) => {
  if (event.data === "take over") void worker.skipWaiting();
  const also = /** @type {string[] | undefined} */ (event.data.keep);
  if (!also) return;
  // The runtime has a file for each kind of processor: the page has asked for the one that it needs for photos, and says
  // what the camera needs besides.
  const isWanted = (/** @type {string} */ path) =>
    !path.startsWith("runtime/") || also.some((name) => path.includes(`/${name}`));
  const rest = Object.keys(FILES).filter(isWanted);
  const all = rest.reduce((before, path) => before.then(() => fetchAndKeep(path)), Promise.resolve());
  const tell = (/** @type {boolean} */ done) => event.ports[0]?.postMessage(done);
  event.waitUntil(all.then(() => tell(true), () => tell(false)));
});
