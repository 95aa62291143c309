// One photo while the camera runs, cut out as photos are: slower and finer than a frame.

import { Engine } from "./engine.js";

/**
 * @param {string} base address of the engine's files
 * @param {ImageBitmap} photo taken over
 * @param {(share: number) => void} onProgress 0 to 1
 * @returns {Promise<ImageData>} the people's own colours and their alpha
 */
export async function cutOut(base, photo, onProgress) {
  const loads = (/** @type {number} */ done, /** @type {number} */ total) => onProgress(done / total / 2);
  const engine = await Engine.open({ base, model: "photo", device: "auto", onProgress: loads });
  try {
    const done = (/** @type {number} */ share) => onProgress(0.5 + share / 2);
    return (await engine.photo(photo, { secondPass: true, onProgress: done })).cutout;
  } finally {
    // The photos' net takes more memory than the camera's.
    engine.close();
  }
}
