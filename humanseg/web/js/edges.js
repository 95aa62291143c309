/**
 * From the network's alpha to the photo's own edge, by a guided filter in two steps; the twin of humanseg/edges.py.
 *
 * A linear model gives alpha from the photo's colours: four numbers for each place, a slope for red, green and blue (0
 * to 255) and a 255th of the offset.
 */

import {K} from "./constants.js";
import {guided} from "./linear-model.js";
import {dilate, erode} from "./morphology.js";
import {averaged, linear, resizeAlpha, round} from "./resize.js";
import {sampler, tilesWith} from "./tiles.js";

/** @typedef {import("./resize.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./resize.js").Raster<Float32Array>} Plane */
/** @typedef {import("./resize.js").Raster<Uint8Array>} Bytes */

/**
 * Lifts an alpha to the photo's size, following the photo's own edges.
 * @param {Picture} picture
 * @param {Plane} alpha in [0, 1], of the photo's aspect
 * @returns {Bytes} 0 to 255; only interpolated further than a few of `alpha`'s pixels from any edge
 */
export function refineAlpha(picture, alpha) {
  const {width, height} = picture;
  const lifted = inBytes(alpha, width, height);
  // The network was shown the photo enlarged.
  if (alpha.data.length > width * height) alpha = resizeAlpha(alpha, width, height);
  const [more, less] = [dilate(alpha).data, erode(alpha).data];
  const unsure = {
    width: alpha.width,
    height: alpha.height,
    data: more.map((value, i) => (value > K.tiles.SURE && less[i] < 1 - K.tiles.SURE ? 1 : 0)),
  };
  if (Math.min(alpha.width, alpha.height) < 2 * K.edges.STEPS[0][1] + 1 || !unsure.data.includes(1)) return lifted;
  const share = dilate(unsure, K.edges.BAND);
  const sample = sampler(linearModel(picture, alpha, share), picture);
  for (const tile of tilesWith(share, picture)) {
    sample(tile, (at, line) => (lifted.data[at] = 255 * through(line, picture.data, 4 * at) + 0.5));
  }
  return lifted;
}

/**
 * @param {Plane} alpha
 * @param {number} width
 * @param {number} height
 * @returns {Bytes}
 */
export function inBytes(alpha, width, height) {
  const bytes = {...alpha, data: alpha.data.map((value) => value * 255)};
  const out = {width, height, data: new Uint8Array(width * height)};
  const larger = width * height >= alpha.data.length;
  if (larger) return linear(bytes, width, height, out);
  averaged(bytes, width, height).data.forEach((value, i) => (out.data[i] = value + 0.5));
  return out;
}

/**
 * @param {Float32Array} line
 * @param {Uint8ClampedArray} data
 * @param {number} at
 * @returns {number} the alpha that a linear model gives for a pixel, 0 to 1
 */
function through(line, data, at) {
  const alpha = line[0] * data[at] + line[1] * data[at + 1] + line[2] * data[at + 2] + 255 * line[3];
  return alpha < 0 ? 0 : alpha > 1 ? 1 : alpha;
}

/**
 * The linear model at half the scale of the last step; where `share` is 0 it's the alpha itself.
 * @param {Picture} picture
 * @param {Plane} alpha
 * @param {Plane} share
 * @returns {Plane} of four channels
 */
function linearModel(picture, alpha, share) {
  const finest = K.edges.LARGEST / Math.max(alpha.width, alpha.height);
  /** @type {[number, number, number][]} */
  const steps = K.edges.STEPS;
  // Of the model; the guide's are twice as large.
  const sizes = steps.map(([scale]) => {
    const times = Math.max(1, Math.min(scale, finest)) / 2;
    const side = (/** @type {number} */ most, /** @type {number} */ coarse) => Math.max(1, Math.min(Math.floor(most / 2), round(coarse * times)));
    return {width: side(picture.width, alpha.width), height: side(picture.height, alpha.height)};
  });
  // The small guide is made of the large one: reading a whole phone photo twice would cost more than the filter.
  const last = sizes[sizes.length - 1];
  const large = averaged(picture, 2 * last.width, 2 * last.height, 2);
  const guides = sizes.map((size) => (size === last ? large : averaged(large, 2 * size.width, 2 * size.height, 2)));
  const plain = alpha;
  /** @type {Plane | null} */
  let line = null;
  for (const [number, [, radius, epsilon]] of steps.entries()) {
    if (line) {
      if (sizes[number].width === sizes[number - 1].width && sizes[number].height === sizes[number - 1].height) break;
      alpha = applied(line, guides[number - 1], alpha, share);
    }
    line = fitted(guides[number], alpha, plain, share, radius, epsilon);
  }
  return /** @type {Plane} */ (line);
}

/**
 * @param {Plane} line
 * @param {Picture} guide
 * @param {Plane} alpha
 * @param {Plane} share
 * @returns {Plane} the alpha that the model gives for a guide, where `share` says so
 */
function applied(line, guide, alpha, share) {
  /** @type {Plane} */
  const out = linear(alpha, guide.width, guide.height);
  const sample = sampler(line, guide);
  for (const tile of tilesWith(share, guide)) {
    sample(tile, (at, values) => (out.data[at] = through(values, guide.data, 4 * at)));
  }
  return out;
}

/**
 * One step: the linear model of `alpha` where `share` says so, of `plain` elsewhere, at half the guide's scale.
 * @param {Picture} guide
 * @param {Plane} alpha
 * @param {Plane} plain
 * @param {Plane} share
 * @param {number} radius
 * @param {number} epsilon
 * @returns {Plane} of four channels
 */
function fitted(guide, alpha, plain, share, radius, epsilon) {
  const [width, height] = [guide.width / 2, guide.height / 2];
  alpha = linear(alpha, guide.width, guide.height);
  const base = linear(plain, width, height).data;
  const doubt = linear(share, width, height).data;
  const out = new Float32Array(4 * width * height);
  for (let i = 0; i < base.length; i++) out[4 * i + 3] = base[i] / 255;
  for (const tile of tilesWith(share, {width, height})) {
    const model = guided(guide, alpha, tile, radius, epsilon);
    for (let y = tile.top, from = 0; y < tile.bottom; y++) {
      for (let x = tile.left, pixel = y * width + x; x < tile.right; x++, pixel++, from += 4) {
        for (let c = 0, at = 4 * pixel; c < 4; c++, at++) out[at] += doubt[pixel] * (model[from + c] - out[at]);
      }
    }
  }
  return {width, height, data: out};
}
