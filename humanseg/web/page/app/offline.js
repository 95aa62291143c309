/** The page's side of sw.js: works without a connection, with threads where it can, and takes over new versions. */

const PATIENCE = 4000; // milliseconds that the page waits for the service worker at the first visit
const TRIED = "humansegnet-isolated";
const container = found();

/** @returns {ServiceWorkerContainer | undefined} */
function found() {
  try {
    return navigator.serviceWorker;
  } catch {
    return undefined; // in a frame that isn't trusted with anything, asking for it is an error already
  }
}

/**
 * Sets the service worker up; returns once it serves this page, or won't soon.
 *
 * Where the host doesn't isolate the page, the service worker does at the next load; so the page is loaded again, once,
 * as long as nothing has been done on it.
 *
 * @param {() => boolean} isUntouched whether the page may be loaded again without anything being lost
 */
export async function settle(isUntouched) {
  if (!container) return;
  reloadWhenTakenOver(container, isUntouched);
  try {
    const registration = await container.register(new URL("../sw.js", import.meta.url));
    if (!container.controller) await Promise.race([controlled(), refused(registration), pause(PATIENCE)]);
  } catch {
    return; // in a frame of another site, or in private windows, some browsers allow none
  }
  const framed = window.top !== window;
  if (container.controller && !crossOriginIsolated && !framed && isUntouched() && isFirstTry()) {
    location.reload();
    await new Promise(() => {}); // nothing more is begun on this page
  }
}

/**
 * Whether all that the page needs is kept for when there is no connection.
 *
 * @param {string[]} also beginnings of the names of those files of the runtime that nothing has asked for yet
 * @returns {Promise<boolean>}
 */
export function keepAll(also) {
  const controller = container?.controller;
  if (!controller || /** @type {any} */ (navigator).connection?.saveData) return Promise.resolve(false);
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    controller.postMessage({ keep: also }, [port2]);
  });
}

/** @returns {Promise<void>} */
const controlled = () =>
  new Promise((resolve) => container?.addEventListener("controllerchange", () => resolve(), { once: true }));

/**
 * The host's files don't fit each other, for instance while it's being updated.
 *
 * @param {ServiceWorkerRegistration} registration @returns {Promise<void>}
 */
const refused = ({ installing }) =>
  new Promise((resolve) => installing?.addEventListener("statechange", () => installing.state === "redundant" && resolve()));

/** @param {number} milliseconds @returns {Promise<void>} */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function isFirstTry() {
  try {
    const first = !sessionStorage.getItem(TRIED);
    sessionStorage.setItem(TRIED, "yes");
    return first;
  } catch {
    return false; // nothing can be stored, so the page could be loaded again and again
  }
}

/**
 * The browser may let a new version take over by itself, too, while one page goes and the next one comes.
 *
 * @param {ServiceWorkerContainer} container @param {() => boolean} isUntouched
 */
function reloadWhenTakenOver(container, isUntouched) {
  let before = container.controller;
  container.addEventListener("controllerchange", () => {
    if (before && isUntouched()) location.reload();
    before = container.controller;
  });
}

/**
 * Changes to a new version of the page, now or once it is there.
 *
 * Called when the page has all it needs. While the old version is still answering for files, Chromium 156 may hold the
 * new one back for minutes after it has been told to take over.
 *
 * @param {() => boolean} isUntouched a page with photos on it stays with its version until it's opened the next time
 */
export async function takeOverUpdates(isUntouched) {
  const registration = await container?.getRegistration().catch(() => undefined);
  const tell = () => {
    if (registration?.active && isUntouched()) registration.waiting?.postMessage("take over");
  };
  tell();
  registration?.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", tell));
}
