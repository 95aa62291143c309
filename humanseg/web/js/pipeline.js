/** A photo or a frame in, its people out; the twin of humanseg/segmenter.py. */

import {Failure} from "./failure.js";
import {cropped, letterbox, resizeAlpha} from "./resize.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./resize.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./resize.js").Raster<Float32Array>} Plane */

/**
 * @param {Network} network
 * @param {Blob | ImageBitmap | ImageData} source
 * @param {boolean} secondPass
 * @param {(share: number, words: string) => void} progress
 */
export async function cutOut(network, source, secondPass, progress) {
  const picture = await pixelsOf(source);
  const {width, height} = picture;
  progress(0.1, "Looking for people");
  const coarse = await firstPass(network, picture, network.config.size);
  const lifted = resizeAlpha(coarse, width, height);
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < alpha.length; i++) picture.data[4 * i + 3] = alpha[i] = lifted.data[i] * 255 + 0.5;
  progress(1, "Done");
  const cutout = new ImageData(/** @type {any} */ (picture.data), width, height);
  return {
    result: {width, height, cutout, alpha, personFound: true, confidence: 1},
    moved: [picture.data.buffer, alpha.buffer],
  };
}

/**
 * @param {Network} network
 * @param {VideoFrame | ImageBitmap | ImageData} source
 * @param {number} [size]
 */
export async function frameAlpha(network, source, size) {
  const start = performance.now();
  const coarse = await firstPass(network, await pixelsOf(source), size ?? network.config.live_size);
  const alpha = new Uint8Array(coarse.data.length);
  for (let i = 0; i < alpha.length; i++) alpha[i] = coarse.data[i] * 255 + 0.5;
  const {width, height} = coarse;
  return {result: {width, height, alpha, ms: performance.now() - start}, moved: [alpha.buffer]};
}

/**
 * @param {Network} network
 * @param {Picture} picture
 * @param {number} size
 * @returns {Promise<Plane>}
 */
async function firstPass(network, picture, size) {
  const {boxed, inner} = letterbox(picture, size, network.config.stride);
  return cropped(await network.run(boxed), inner.width, inner.height);
}

/** @type {OffscreenCanvas | null} */
let canvas = null;

/**
 * @param {Blob | ImageBitmap | ImageData | VideoFrame} source
 * @returns {Promise<Picture>}
 */
async function pixelsOf(source) {
  if (source instanceof ImageData) return source;
  const drawn = source instanceof Blob ? await decoded(source) : source;
  try {
    const width = "displayWidth" in drawn ? drawn.displayWidth : drawn.width;
    const height = "displayHeight" in drawn ? drawn.displayHeight : drawn.height;
    if (!canvas || canvas.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", {willReadFrequently: true});
    if (!context) throw new Failure("The browser has no memory left for pictures: close other tabs.");
    context.clearRect(0, 0, width, height);
    context.drawImage(drawn, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    drawn.close();
  }
}

/** @param {Blob} file */
async function decoded(file) {
  try {
    return await createImageBitmap(file, {imageOrientation: "from-image", premultiplyAlpha: "none"});
  } catch {
    throw new Failure("This file isn't a picture that your browser can read: use JPEG, PNG or WebP.");
  }
}
