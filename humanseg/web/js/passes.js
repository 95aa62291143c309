/** What the network is shown: a first pass, then mirrored passes over crops, joined; the twin of humanseg/passes.py. */

import { K } from "./constants.js";
import { chooseCrops } from "./crops.js";
import { where } from "./morphology.js";
import { blank, cropped, mirrored } from "./raster.js";
import { letterbox, resizeAlpha, round } from "./resize.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */
/** @typedef {import("./crops.js").Box} Box */
/** @typedef {import("./crops.js").Size} Size */

/**
 * The first pass, and after it the passes joined: alphas of the photo's aspect, not refined.
 * @param {Network} network
 * @param {Picture} picture
 * @param {number} size long side in pixels that the network is shown of a whole photo
 * @param {boolean} secondPass show it crops too; where the first pass finds nobody there are none
 * @param {(share: number) => Promise<void>} progress
 * @returns {Promise<Plane[]>} the first alone without `secondPass`
 */
export async function runPasses(network, picture, size, secondPass, progress) {
  const { stride, threshold, calibration } = network.config;
  const { boxed, inner } = letterbox(picture, size, stride);
  const first = cropped(await network.run(boxed), inner.width, inner.height);
  if (!secondPass) return [first];
  const crops = chooseCrops(
    where(first, (value) => value >= threshold),
    picture,
    calibration.usual_inscribed_radius,
  );
  let joined = first;
  for (const [number, { box, scale }] of crops.entries()) {
    await progress((number + 1) / (crops.length + 1));
    // Up to the next multiple of the stride, to which it would be padded otherwise, at the same cost.
    const side = Math.ceil(round(scale * size) / stride) * stride;
    const whole = box.right - box.left === picture.width && box.bottom - box.top === picture.height;
    // Resizing a large photo takes time: what the first pass was shown is good enough.
    const shown = letterbox(whole && side <= size ? inner : cut(picture, box), side, stride, true);
    const second = mirrored(cropped(await network.run(shown.boxed), shown.inner.width, shown.inner.height));
    joined = join(joined, second, box, picture, calibration);
  }
  return [first, joined];
}

/**
 * @param {Picture} picture
 * @param {Box} box
 * @returns {Picture}
 */
function cut(picture, { top, left, bottom, right }) {
  if (right - left === picture.width && bottom - top === picture.height) return picture;
  const out = blank(picture, right - left, bottom - top);
  for (let y = top; y < bottom; y++) {
    const start = 4 * (y * picture.width + left);
    out.data.set(picture.data.subarray(start, start + 4 * out.width), 4 * (y - top) * out.width);
  }
  return out;
}

/**
 * The first pass with the second blended in at its box, at a size that keeps the second one's resolution.
 * @param {Plane} first
 * @param {Plane} second
 * @param {Box} box
 * @param {Size} photo
 * @param {any} calibration
 * @returns {Plane}
 */
function join(first, second, { top, left, bottom, right }, { width, height }, calibration) {
  let scale = Math.max(second.height / (bottom - top), second.width / (right - left));
  scale = Math.min(scale, 1, K.passes.JOINED_LONG_SIDE / Math.max(width, height));
  scale = Math.max(scale, first.height / height);
  const canvas = resizeAlpha(first, Math.max(1, round(width * scale)), Math.max(1, round(height * scale)));
  const [y0, y1] = [top, bottom].map((at) => round((at * canvas.height) / height));
  const [x0, x1] = [left, right].map((at) => round((at * canvas.width) / width));
  if (y1 <= y0 || x1 <= x0) return first;
  const ramp = Math.max(1, round(K.passes.SEAM * Math.max(y1 - y0, x1 - x0)));
  const down = profile(y1 - y0, ramp, top > 0, bottom < height);
  const across = profile(x1 - x0, ramp, left > 0, right < width);
  const placed = resizeAlpha(second, x1 - x0, y1 - y0);
  for (let y = y0, from = 0; y < y1; y++) {
    for (let x = x0, at = y * canvas.width + x0; x < x1; x++, at++, from++) {
      const more = placed.data[from] - canvas.data[at];
      const trust = more > 0 ? calibration.trust_more : calibration.trust_less;
      canvas.data[at] += down[y - y0] * across[x - x0] * trust * more;
    }
  }
  return canvas;
}

/**
 * Weight of the second pass along a side: 1, falling to 0 at ends that lie within the photo.
 * @param {number} length
 * @param {number} ramp
 * @param {boolean} atStart
 * @param {boolean} atEnd
 */
function profile(length, ramp, atStart, atEnd) {
  return Float32Array.from({ length }, (_, i) => {
    const rising = atStart ? (i + 0.5) / ramp : 1;
    const falling = atEnd ? (length - i - 0.5) / ramp : 1;
    return Math.min(1, rising, falling);
  });
}
