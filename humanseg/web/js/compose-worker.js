// The worker in which frames are put onto their background, so that the page itself has nothing to do with it.

import { Composer } from "./compose.js";
import { still } from "./still.js";

/** @type {Composer | null} */
let composer = null;

/** @param {any} message @param {Transferable[]} [given] */
const post = (message, given = []) => /** @type {any} */ (self).postMessage(message, given);

self.onmessage = async ({ data }) => {
  try {
    await answer(data);
  } catch (error) {
    post({ type: "failed", id: data.id, reason: String(/** @type {any} */ (error)?.message ?? error) });
  }
};

/** @param {any} data */
async function answer(data) {
  if (data.type === "open") {
    composer = new Composer(data.canvas, { gpu: data.gpu, onLost: () => post({ type: "lost" }) });
  } else if (data.type === "background") {
    composer?.set(data.background);
  } else if (data.type === "reset") {
    composer?.reset();
  } else if (data.type === "draw" && composer) {
    const start = performance.now();
    try {
      composer.draw(data.shot);
    } finally {
      data.shot.frame.close();
    }
    post({ type: "done", id: data.id, ms: performance.now() - start, way: composer.painter.says });
  } else if (data.type === "still" && composer) {
    post({ type: "done", id: data.id, blob: await still(data.photo, data.cutout, composer.background) });
  }
}
