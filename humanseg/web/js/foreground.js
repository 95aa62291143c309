/**
 * The people's own colours at their edge, without the old background that shines through there (blur fusion, Forte
 * 2021); the twin of humanseg/foreground.py.
 */

import { K } from "./constants.js";
import { dilate } from "./morphology.js";
import { round, shrink } from "./resize.js";
import { Enlarged, mix, tilesWith } from "./tiles.js";

/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */
/** @typedef {import("./raster.js").Raster<Uint8Array>} Bytes */
/** @typedef {import("./tiles.js").Tile} Tile */

/**
 * Replaces a photo's colours by the people's own, in place, where the alpha is neither surely 0 nor 1.
 * @param {Picture} picture
 * @param {Bytes} alpha 0 to 255, of its size
 */
export function unmix(picture, alpha) {
  const soft = shrink(alpha, K.foreground.COLOUR_SIDES[1], 2);
  const mixed = { ...soft, data: soft.data.map((value) => (value > 0 && value < 255 ? 1 : 0)) };
  if (!mixed.data.includes(1)) return;
  const rim = Math.max(1, round(Math.max(picture.width, picture.height) * K.foreground.RIM));
  const means = meanColours(picture, soft, dilate(mixed, 2));
  const [near, far] = [new Enlarged(means.near, picture), new Enlarged(means.far, picture)];
  for (const tile of tilesWith(dilate(mixed), picture)) {
    const band = bandIn(alpha, tile, rim);
    if (!band) continue;
    for (let y = tile.top, i = 0; y < tile.bottom; y++) {
      const [people, behind] = [near.row(y, tile.left, tile.right), far.row(y, tile.left, tile.right)];
      for (let x = tile.left, at = y * picture.width + x; x < tile.right; x++, at++, i++) {
        if (!band[i]) continue;
        for (let c = 0; c < 3; c++) {
          before[c] = mix(people, near.index[x] + c, near.weight[x], 4);
          after[c] = mix(behind, far.index[x] + c, far.weight[x], 4);
        }
        own(picture.data, 4 * at, alpha.data[at] / 255);
      }
    }
  }
}

// Of the pixel that is worked on: the people's mean colour around it, and the background's.
const before = new Float32Array(3);
const after = new Float32Array(3);

/**
 * Where in a tile the old background shows: which pixels' colours are to be changed.
 * @param {Bytes} alpha
 * @param {Tile} tile
 * @param {number} rim how far inside the edge there's a trace of the background as well
 * @returns {Uint8Array | null} 0 or 1 for each pixel of the tile; null for none
 */
function bandIn({ width, height, data }, tile, rim) {
  const [low, high] = [255 * K.tiles.SURE, 255 * (1 - K.tiles.SURE)];
  const [top, left] = [Math.max(0, tile.top - rim), Math.max(0, tile.left - rim)];
  const [bottom, right] = [Math.min(height, tile.bottom + rim), Math.min(width, tile.right + rim)];
  const soft = { width: right - left, height: bottom - top, data: new Uint8Array((right - left) * (bottom - top)) };
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
 * Replaces a pixel's colour by the people's own, between `before` and `after`.
 * @param {Uint8ClampedArray} data
 * @param {number} at
 * @param {number} alpha
 */
function own(data, at, alpha) {
  let distance = 0;
  let along = 0;
  for (let c = 0; c < 3; c++) {
    const apart = before[c] - after[c];
    distance += apart * apart;
    along += apart * (data[at + c] - after[c]);
  }
  // The likeliest alpha given both the alpha so far and where the colours lie between the two means.
  const doubt = K.foreground.COLOUR_DOUBT;
  const share = (doubt * alpha + Math.min(Math.max(along, 0), distance)) / (doubt + distance);
  for (let c = 0; c < 3; c++)
    data[at + c] = before[c] + share * (data[at + c] - after[c] - share * (before[c] - after[c]));
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
  const far = weightedMean(
    small,
    weight.map((value) => 1 - value),
    wideBox,
  );
  const near = { width: image.width, height: image.height, data: new Float32Array(image.data.length) };
  const [above, behind] = [new Enlarged(wide, image), new Enlarged(far, image)];
  for (const tile of tilesWith(mixed, image)) {
    const around = {
      top: Math.max(0, tile.top - narrowBox),
      left: Math.max(0, tile.left - narrowBox),
      bottom: Math.min(image.height, tile.bottom + narrowBox),
      right: Math.min(image.width, tile.right + narrowBox),
    };
    const mean = narrowMean(image, soft, around, above, behind, narrowBox);
    for (let y = tile.top; y < tile.bottom; y++) {
      const from = 4 * ((y - around.top) * mean.width + tile.left - around.left);
      near.data.set(mean.data.subarray(from, from + 4 * (tile.right - tile.left)), 4 * (y * image.width + tile.left));
    }
  }
  return { near, far };
}

/**
 * Mean of the people's colours in a tile, whose own are found as in `own`, but by the alpha as it is.
 * @param {Picture} image
 * @param {Bytes} soft
 * @param {Tile} tile
 * @param {Enlarged} above the people's wide mean
 * @param {Enlarged} behind the background's
 * @param {number} side
 * @returns {Plane}
 */
function narrowMean(image, soft, { top, left, bottom, right }, above, behind, side) {
  const [width, height] = [right - left, bottom - top];
  const colours = new Float32Array(4 * width * height);
  const shares = new Float32Array(width * height);
  for (let y = top, i = 0; y < bottom; y++) {
    const [people, back] = [above.row(y, left, right), behind.row(y, left, right)];
    for (let x = left, at = y * image.width + left; x < right; x++, at++, i++) {
      const share = (shares[i] = soft.data[at] / 255);
      if (!share) continue;
      for (let c = 0; c < 3; c++) {
        const front = mix(people, above.index[x] + c, above.weight[x], 4);
        const rear = mix(back, behind.index[x] + c, behind.weight[x], 4);
        const value = front + share * (image.data[4 * at + c] - rear - share * (front - rear));
        colours[4 * i + c] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
  }
  return weightedMean({ width, height, data: colours }, shares, side);
}

/**
 * Means of colours over squares, weighted by how much of them shows.
 * @param {Plane} colours of four channels
 * @param {Float32Array} weight
 * @param {number} side of the squares, in pixels
 * @returns {Plane}
 */
function weightedMean({ width, height, data }, weight, side) {
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
  return { width, height, data: mean };
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
  runningMeans(data, across, { lines: height, line: 4 * width, length: width, step: 4 }, side);
  const out = new Float32Array(data.length);
  runningMeans(across, out, { lines: width, line: 4, length: height, step: 4 * width }, side);
  return out;
}

/**
 * @param {Float32Array} data
 * @param {Float32Array} out
 * @param {{lines: number, line: number, length: number, step: number}} along how far apart lines and their pixels are
 * @param {number} side
 */
function runningMeans(data, out, { lines, line, length, step }, side) {
  const first = Math.floor(side / 2);
  const places = Int32Array.from({ length: length + side }, (_, i) => step * mirroredPlace(i - first, length));
  const share = 1 / side;
  for (let number = 0; number < lines; number++) {
    const start = number * line;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0; i < side; i++) {
      const at = start + places[i];
      a += data[at];
      b += data[at + 1];
      c += data[at + 2];
      d += data[at + 3];
    }
    for (let i = 0, at = start; i < length; i++, at += step) {
      out[at] = a * share;
      out[at + 1] = b * share;
      out[at + 2] = c * share;
      out[at + 3] = d * share;
      const [next, last] = [start + places[i + side], start + places[i]];
      a += data[next] - data[last];
      b += data[next + 1] - data[last + 1];
      c += data[next + 2] - data[last + 2];
      d += data[next + 3] - data[last + 3];
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
 * @param {import("./raster.js").Raster} raster
 * @returns {Plane}
 */
function asNumbers({ width, height, data }) {
  return { width, height, data: new Float32Array(data) };
}
