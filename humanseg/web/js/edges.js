/**
 * From the network's alpha to the photo's own edge, by a guided filter in two steps; the twin of humanseg/edges.py.
 *
 * A linear model gives alpha from the photo's colours: four numbers for each place, a slope for red, green and blue (0
 * to 255) and a 255th of the offset.
 */

import { K } from "./constants.js";
import { guided } from "./linear-model.js";
import { dilate, edgesOf } from "./morphology.js";
import { averaged, linear, resizeAlpha, round } from "./resize.js";
import { Enlarged, mix, tilesWith } from "./tiles.js";

/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */
/** @typedef {import("./raster.js").Raster<Uint8Array>} Bytes */

/**
 * Lifts an alpha to the photo's size, following the photo's own edges.
 * @param {Picture} picture
 * @param {Plane} alpha in [0, 1], of the photo's aspect
 * @returns {Bytes} 0 to 255; only interpolated further than a few of `alpha`'s pixels from any edge
 */
export function refineAlpha(picture, alpha) {
  const { width, height } = picture;
  const lifted = inBytes(alpha, width, height);
  // The network was shown the photo enlarged.
  if (alpha.data.length > width * height) alpha = resizeAlpha(alpha, width, height);
  const unsure = edgesOf(alpha, K.tiles.SURE, 1 - K.tiles.SURE);
  if (Math.min(alpha.width, alpha.height) < 2 * K.edges.STEPS[0][1] + 1 || !unsure.data.includes(1)) return lifted;
  const share = dilate(unsure, K.edges.BAND);
  apply(linearModel(picture, alpha, share), picture, share, lifted.data, 255, 0.5);
  return lifted;
}

/**
 * @param {Plane} alpha
 * @param {number} width
 * @param {number} height
 * @returns {Bytes}
 */
export function inBytes(alpha, width, height) {
  if (alpha.width === width && alpha.height === height) {
    const data = new Uint8Array(alpha.data.length);
    for (let i = 0; i < data.length; i++) data[i] = alpha.data[i] * 255 + 0.5;
    return { width, height, data };
  }
  const bytes = { ...alpha, data: alpha.data.map((value) => value * 255) };
  const out = { width, height, data: new Uint8Array(width * height) };
  const larger = width * height >= alpha.data.length;
  if (larger) return linear(bytes, width, height, out);
  averaged(bytes, width, height).data.forEach((value, i) => (out.data[i] = value + 0.5));
  return out;
}

/**
 * Writes the alpha that a linear model gives for a picture's pixels, where `share` says so.
 * @param {Plane} line of four channels
 * @param {Picture} picture
 * @param {import("./morphology.js").Mask} share
 * @param {Uint8Array | Float32Array} out of the picture's size
 * @param {number} scale of the alpha
 * @param {number} add to it
 */
function apply(line, picture, share, out, scale, add) {
  const model = new Enlarged(line, picture);
  const { index, weight } = model;
  for (const { top, left, bottom, right } of tilesWith(share, picture)) {
    for (let y = top; y < bottom; y++) {
      const row = model.row(y, left, right);
      for (let x = left, at = y * picture.width + left, from = 4 * at; x < right; x++, at++, from += 4) {
        const [i, h] = [index[x], weight[x]];
        const red = mix(row, i, h, 4) * picture.data[from];
        const green = mix(row, i + 1, h, 4) * picture.data[from + 1];
        const blue = mix(row, i + 2, h, 4) * picture.data[from + 2];
        const alpha = red + green + blue + 255 * mix(row, i + 3, h, 4);
        out[at] = scale * (alpha < 0 ? 0 : alpha > 1 ? 1 : alpha) + add;
      }
    }
  }
}

/**
 * The linear model at half the scale of the last step; where `share` is 0 it's the alpha itself.
 * @param {Picture} picture
 * @param {Plane} alpha
 * @param {import("./morphology.js").Mask} share
 * @returns {Plane} of four channels
 */
function linearModel(picture, alpha, share) {
  const finest = K.edges.LARGEST / Math.max(alpha.width, alpha.height);
  /** @type {[number, number, number][]} */
  const steps = K.edges.STEPS;
  // Of the model; the guide's are twice as large.
  const sizes = steps.map(([scale]) => {
    const times = Math.max(1, Math.min(scale, finest)) / 2;
    const side = (/** @type {number} */ most, /** @type {number} */ coarse) =>
      Math.max(1, Math.min(Math.floor(most / 2), round(coarse * times)));
    return { width: side(picture.width, alpha.width), height: side(picture.height, alpha.height) };
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
      const guide = guides[number - 1];
      alpha = linear(alpha, guide.width, guide.height);
      apply(line, guide, share, alpha.data, 1, 0);
    }
    line = fitted(guides[number], alpha, plain, share, radius, epsilon);
  }
  return /** @type {Plane} */ (line);
}

/**
 * One step: the linear model of `alpha` where `share` says so, of `plain` elsewhere, at half the guide's scale.
 * @param {Picture} guide
 * @param {Plane} alpha
 * @param {Plane} plain
 * @param {import("./morphology.js").Mask} share
 * @param {number} radius
 * @param {number} epsilon
 * @returns {Plane} of four channels
 */
function fitted(guide, alpha, plain, share, radius, epsilon) {
  const [width, height] = [guide.width / 2, guide.height / 2];
  alpha = linear(alpha, guide.width, guide.height);
  const base = linear(plain, width, height).data;
  const doubt = new Enlarged({ ...share, data: new Float32Array(share.data) }, { width, height });
  const out = new Float32Array(4 * width * height);
  for (let i = 0; i < base.length; i++) out[4 * i + 3] = base[i] / 255;
  for (const tile of tilesWith(share, { width, height })) {
    const model = guided(guide, alpha, tile, radius, epsilon);
    for (let y = tile.top, from = 0; y < tile.bottom; y++) {
      const row = doubt.row(y, tile.left, tile.right);
      for (let x = tile.left, at = 4 * (y * width + x); x < tile.right; x++) {
        const weight = mix(row, doubt.index[x], doubt.weight[x], 1);
        for (let c = 0; c < 4; c++, at++, from++) out[at] += weight * (model[from] - out[at]);
      }
    }
  }
  return { width, height, data: out };
}
