/** A photo or a frame in, its people out; the twin of humanseg/segmenter.py. */

import { confidenceIn } from "./confidence.js";
import { inBytes, refineAlpha } from "./edges.js";
import { unmix } from "./foreground.js";
import { decide, weighedTogether } from "./haze.js";
import { eroded, withoutDoubtfulParts } from "./parts.js";
import { runPasses } from "./passes.js";
import { pixelsOf } from "./pixels.js";
import { cropped } from "./raster.js";
import { letterbox } from "./resize.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./raster.js").Raster<Uint8Array>} Bytes */
/** @typedef {(share: number, words: string) => Promise<void>} Progress */

/**
 * @param {Network} network
 * @param {Blob | ImageBitmap | ImageData} source
 * @param {boolean} secondPass
 * @param {Progress} progress
 */
export async function cutOut(network, source, secondPass, progress) {
  await progress(0, "Reading the photo");
  const picture = await pixelsOf(source);
  const { width, height } = picture;
  await progress(0.1, "Looking for people");
  const passed = (/** @type {number} */ share) => progress(0.1 + 0.6 * share, "Looking at the people more closely");
  const alphas = await runPasses(network, picture, network.config.size, secondPass, passed);
  const confidence = confidenceIn(alphas, network.config);
  /** @type {Bytes} */
  let alpha = { width, height, data: new Uint8Array(width * height) };
  if (confidence) {
    await progress(0.7, "Following their edges");
    alpha = finished(picture, alphas[alphas.length - 1], network.config);
    multiply(alpha, picture);
    await progress(0.85, "Cleaning the colours at the edges");
    unmix(picture, alpha);
  }
  const { data } = picture;
  for (let i = 0; i < alpha.data.length; i++) data[4 * i + 3] = alpha.data[i];
  await progress(1, "Done");
  // Bare: an `ImageData` would be copied as it arrives, whatever is transferred.
  return {
    result: { width, height, cutout: data, alpha: alpha.data, personFound: confidence > 0, confidence },
    moved: [data.buffer, alpha.data.buffer],
  };
}

/**
 * What the passes gave for a photo with somebody in it, judged, refined and at the photo's size.
 * @param {Picture} picture
 * @param {import("./raster.js").Raster<Float32Array>} passed
 * @param {any} config
 * @returns {Bytes}
 */
function finished(picture, passed, config) {
  const coarse = eroded(weighedTogether(withoutDoubtfulParts(passed, config)), config.inset);
  const alpha = refineAlpha(picture, coarse);
  decide(alpha, config.calibration);
  return alpha;
}

/**
 * @param {Bytes} alpha
 * @param {Picture} picture that may have come with an alpha of its own
 */
function multiply(alpha, { data }) {
  for (let i = 0; i < alpha.data.length; i++) {
    if (data[4 * i + 3] < 255) alpha.data[i] = (alpha.data[i] * data[4 * i + 3]) / 255 + 0.5;
  }
}

/**
 * The alpha of one frame, judged but neither refined nor decided: what comes after has to be steady over time.
 * @param {Network} network
 * @param {VideoFrame | ImageBitmap | ImageData} source
 * @param {number} [size]
 */
export async function frameAlpha(network, source, size) {
  const start = performance.now();
  const { stride, live_size: usual } = network.config;
  const { boxed, inner } = letterbox(await pixelsOf(source), size ?? usual, stride);
  const { width, height, data: pixels } = inner;
  const first = cropped(await network.run(boxed), width, height);
  const personFound = confidenceIn([first], network.config) > 0;
  const coarse = inBytes(first, width, height).data;
  const judged = () => inBytes(withoutDoubtfulParts(first, network.config), width, height).data;
  const alpha = personFound ? judged() : new Uint8Array(coarse.length);
  return {
    result: { width, height, alpha, coarse, pixels, personFound, ms: performance.now() - start },
    moved: [alpha.buffer, coarse.buffer, pixels.buffer],
  };
}
