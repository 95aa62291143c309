/**
 * The people's own colours at their edge, without the old background that shines through there (blur fusion, Forte
 * 2021); the twin of humanseg/foreground.py.
 */

import {K} from "./constants.js";
import {dilate} from "./morphology.js";
import {round, shrink} from "./resize.js";
import {sampler, tilesWith} from "./tiles.js";

/** @typedef {import("./resize.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./resize.js").Raster<Float32Array>} Plane */
/** @typedef {import("./resize.js").Raster<Uint8Array>} Bytes */
/** @typedef {import("./tiles.js").Tile} Tile */

/**
 * Replaces a photo's colours by the people's own, in place, where the alpha is neither surely 0 nor 1.
 * @param {Picture} picture
 * @param {Bytes} alpha 0 to 255, of its size
 */
export function unmix(picture, alpha) {
  const soft = shrink(alpha, K.foreground.COLOUR_SIDES[1], 2);
  const mixed = {...soft, data: soft.data.map((value) => (value > 0 && value < 255 ? 1 : 0))};
  if (!mixed.data.includes(1)) return;
  const rim = Math.max(1, round(Math.max(picture.width, picture.height) * K.foreground.RIM));
  const means = meanColours(picture, soft, dilate(mixed, 2));
  const [near, far] = [sampler(means.near, picture), sampler(means.far, picture)];
  const behind = new Float32Array(4 * K.tiles.TILE);
  for (const tile of tilesWith(dilate(mixed), picture)) {
    const band = bandIn(alpha, tile, rim);
    if (!band) continue;
    // Row by row, since both means are asked for pixel by pixel.
    for (let y = tile.top; y < tile.bottom; y++) {
      const row = {...tile, top: y, bottom: y + 1};
      const start = y * picture.width + tile.left;
      far(row, (at, colour) => behind.set(colour, 4 * (at - start)));
      const place = (y - tile.top) * (tile.right - tile.left);
      near(row, (at, colour) => {
        const i = at - start;
        if (band[place + i]) own(picture.data, 4 * at, alpha.data[at] / 255, colour, behind, 4 * i);
      });
    }
  }
}

/**
 * Where in a tile the old background shows: which pixels' colours are to be changed.
 * @param {Bytes} alpha
 * @param {Tile} tile
 * @param {number} rim how far inside the edge there's a trace of the background as well
 * @returns {Uint8Array | null} 0 or 1 for each pixel of the tile; null for none
 */
function bandIn({width, height, data}, tile, rim) {
  const [low, high] = [255 * K.tiles.SURE, 255 * (1 - K.tiles.SURE)];
  const [top, left] = [Math.max(0, tile.top - rim), Math.max(0, tile.left - rim)];
  const [bottom, right] = [Math.min(height, tile.bottom + rim), Math.min(width, tile.right + rim)];
  const soft = {width: right - left, height: bottom - top, data: new Uint8Array((right - left) * (bottom - top))};
  let any = false;
  for (let y = top, at = 0; y < bottom; y++) {
    for (let x = left, from = y * width + left; x < right; x++, from++, at++) {
      if (data[from] > low && data[from] < high) any = Boolean((soft.data[at] = 1));
    }
  }
  if (!any) return null;
  const around = dilate(soft, rim);
  const [columns, rows] = [tile.right - tile.left, tile.bottom - tile.top];
  const band = new Uint8Array(columns * rows);
  for (let y = 0, at = 0; y < rows; y++) {
    const from = (tile.top + y) * width + tile.left;
    const inside = (tile.top - top + y) * around.width + tile.left - left;
    for (let x = 0; x < columns; x++, at++) band[at] = around.data[inside + x] && data[from + x] > low ? 1 : 0;
  }
  return band;
}

/**
 * Replaces a pixel's colour by the people's own, between two mean colours.
 * @param {Uint8ClampedArray} data
 * @param {number} at
 * @param {number} alpha
 * @param {Float32Array} near of the people
 * @param {Float32Array} behind of the background, from `i` on
 * @param {number} i
 */
function own(data, at, alpha, near, behind, i) {
  let [distance, along] = [0, 0];
  for (let c = 0; c < 3; c++) {
    const apart = near[c] - behind[i + c];
    distance += apart * apart;
    along += apart * (data[at + c] - behind[i + c]);
  }
  // The likeliest alpha given both the alpha so far and where the colours lie between the two means.
  const doubt = K.foreground.COLOUR_DOUBT;
  const share = (doubt * alpha + Math.min(Math.max(along, 0), distance)) / (doubt + distance);
  for (let c = 0; c < 3; c++) {
    const rest = data[at + c] - behind[i + c] - share * (near[c] - behind[i + c]);
    data[at + c] = near[c] + share * rest;
  }
}

/**
 * Mean colour of the people and of the background near each place.
 * @param {Picture} picture
 * @param {Bytes} soft the alpha at the larger of the two small sizes
 * @param {Bytes} mixed where the people's mean colours are needed
 * @returns {{near: Plane, far: Plane}} of four channels each, the fourth without meaning
 */
function meanColours(picture, soft, mixed) {
  const image = shrink(picture, K.foreground.COLOUR_SIDES[1], 2);
  const small = asNumbers(shrink(image, K.foreground.COLOUR_SIDES[0]));
  const weight = asNumbers(shrink(soft, K.foreground.COLOUR_SIDES[0])).data.map((value) => value / 255);
  const [wideBox, narrowBox] = K.foreground.COLOUR_BOXES;
  const wide = weightedMean(small, weight, wideBox);
  const far = weightedMean(small, weight.map((value) => 1 - value), wideBox);
  const near = {width: image.width, height: image.height, data: new Float32Array(image.data.length)};
  const [above, behind] = [sampler(wide, image), sampler(far, image)];
  for (const tile of tilesWith(mixed, image)) {
    const around = {
      top: Math.max(0, tile.top - narrowBox),
      left: Math.max(0, tile.left - narrowBox),
      bottom: Math.min(image.height, tile.bottom + narrowBox),
      right: Math.min(image.width, tile.right + narrowBox),
    };
    const part = {width: around.right - around.left, height: around.bottom - around.top, data: new Float32Array(0)};
    part.data = new Float32Array(4 * part.width * part.height);
    const shares = new Float32Array(part.width * part.height);
    const place = (/** @type {number} */ at) => (Math.floor(at / image.width) - around.top) * part.width + (at % image.width) - around.left;
    behind(around, (at, colour) => part.data.set(colour, 4 * place(at)));
    above(around, (at, colour) => {
      const to = 4 * place(at);
      const share = (shares[to / 4] = soft.data[at] / 255);
      for (let c = 0; c < 3; c++) {
        // As in `own`, but the alpha is what it is.
        const back = part.data[to + c];
        const value = colour[c] + share * (image.data[4 * at + c] - back - share * (colour[c] - back));
        part.data[to + c] = Math.min(255, Math.max(0, value));
      }
    });
    const mean = weightedMean(part, shares, narrowBox);
    for (let y = tile.top; y < tile.bottom; y++) {
      const from = 4 * ((y - around.top) * part.width + tile.left - around.left);
      near.data.set(mean.data.subarray(from, from + 4 * (tile.right - tile.left)), 4 * (y * image.width + tile.left));
    }
  }
  return {near, far};
}

/**
 * Means of colours over squares, weighted by how much of them shows.
 * @param {Plane} colours of four channels
 * @param {Float32Array} weight
 * @param {number} side of the squares, in pixels
 * @returns {Plane}
 */
function weightedMean({width, height, data}, weight, side) {
  const weighted = new Float32Array(data.length);
  for (let i = 0; i < weight.length; i++) {
    for (let c = 0; c < 3; c++) weighted[4 * i + c] = data[4 * i + c] * weight[i];
    weighted[4 * i + 3] = weight[i];
  }
  const mean = boxMean(weighted, width, height, side);
  for (let at = 0; at < mean.length; at += 4) {
    const all = mean[at + 3] + 1e-5;
    for (let c = 0; c < 3; c++) mean[at + c] /= all;
  }
  return {width, height, data: mean};
}

/**
 * Means over squares, of four channels, mirrored at the border but for the last pixel, as `cv2.blur`.
 * @param {Float32Array} data
 * @param {number} width
 * @param {number} height
 * @param {number} side
 */
function boxMean(data, width, height, side) {
  const across = new Float32Array(data.length);
  runningMeans(data, across, {lines: height, line: 4 * width, length: width, step: 4}, side);
  const out = new Float32Array(data.length);
  runningMeans(across, out, {lines: width, line: 4, length: height, step: 4 * width}, side);
  return out;
}

/**
 * @param {Float32Array} data
 * @param {Float32Array} out
 * @param {{lines: number, line: number, length: number, step: number}} along how far apart lines and their pixels are
 * @param {number} side
 */
function runningMeans(data, out, {lines, line, length, step}, side) {
  const before = Math.floor(side / 2);
  const places = Int32Array.from({length: length + side}, (_, i) => step * mirroredPlace(i - before, length));
  for (let number = 0; number < lines; number++) {
    for (let c = 0; c < 4; c++) {
      const start = number * line + c;
      let sum = 0;
      for (let i = 0; i < side; i++) sum += data[start + places[i]];
      for (let i = 0; i < length; i++) {
        out[start + i * step] = sum / side;
        sum += data[start + places[i + side]] - data[start + places[i]];
      }
    }
  }
}

/**
 * @param {number} at
 * @param {number} length
 */
function mirroredPlace(at, length) {
  if (length === 1) return 0;
  const round = ((at % (2 * length - 2)) + 2 * length - 2) % (2 * length - 2);
  return round < length ? round : 2 * length - 2 - round;
}

/**
 * @param {import("./resize.js").Raster} raster
 * @returns {Plane}
 */
function asNumbers({width, height, data}) {
  return {width, height, data: Float32Array.from(data)};
}
