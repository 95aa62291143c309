/** The guided filter's mean coefficients (He et al. 2013, equations 19 to 21) in a tile, at half the guide's scale. */

import { K } from "./constants.js";

/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture */
/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */

// Red, green, blue and alpha; then rr, gg, bb, rg, rb, gb, ra, ga, ba.
const PLANES = 13;
/** @type {Float32Array[]} used again for each tile: nothing else takes as long as new memory */
let scratch = [];

/**
 * @param {Picture} guide
 * @param {Plane} alpha of the guide's size
 * @param {import("./tiles.js").Tile} tile of the model, in its pixels
 * @param {number} radius statistics are taken over squares of so many pixels of the model
 * @param {number} epsilon how much contrast (of 1, squared) counts as an edge
 * @returns {Float32Array} four numbers for each pixel of the tile, see edges.js
 */
export function guided(guide, alpha, tile, radius, epsilon) {
  const width = tile.right - tile.left + 2 * radius;
  const height = tile.bottom - tile.top + 2 * radius;
  const [halves, means, rows] = roomFor(width * height);
  takeIn(guide, alpha, { left: tile.left - radius, top: tile.top - radius, width, height }, halves);
  // An even box leans to one side in the first mean, and back in the second.
  const [before, lean] = [Math.floor(radius / 2), Math.floor((radius - 1) / 2)];
  for (let plane = 0; plane < PLANES; plane++) {
    const start = plane * width * height;
    const size = { width, height, side: radius, before, rim: 0 };
    boxMean(halves.subarray(start, start + width * height), means.subarray(start, start + width * height), rows, size);
  }
  solve(means, width * height, epsilon);
  const out = new Float32Array(4 * (tile.right - tile.left) * (tile.bottom - tile.top));
  for (let plane = 0; plane < 4; plane++) {
    const from = means.subarray(plane * width * height, (plane + 1) * width * height);
    boxMean(from, halves, rows, { width, height, side: radius, before: lean, rim: before });
    for (let y = radius, at = plane; y < height - radius; y++) {
      for (let x = radius, i = y * width + radius; x < width - radius; x++, i++, at += 4) out[at] = halves[i];
    }
  }
  return out;
}

/** @param {number} pixels */
function roomFor(pixels) {
  if (!scratch.length || scratch[2].length < pixels) {
    scratch = [new Float32Array(PLANES * pixels), new Float32Array(PLANES * pixels), new Float32Array(pixels)];
  }
  return scratch;
}

/**
 * Colours, alpha and their products in a part of the guide at half its scale, mirrored where the guide ends.
 * @param {Picture} guide
 * @param {Plane} alpha
 * @param {{left: number, top: number, width: number, height: number}} part in pixels of the model
 * @param {Float32Array} out plane after plane
 */
function takeIn(guide, alpha, { left, top, width, height }, out) {
  const pixels = width * height;
  const columns = Int32Array.from({ length: 2 * width }, (_, x) => within(2 * left + x, guide.width));
  for (let y = 0, at = 0; y < height; y++) {
    const upper = within(2 * (top + y), guide.height) * guide.width;
    const lower = within(2 * (top + y) + 1, guide.height) * guide.width;
    for (let x = 0; x < width; x++, at++) {
      const first = columns[2 * x];
      const second = columns[2 * x + 1];
      let r = 0,
        g = 0,
        b = 0,
        a = 0;
      let rr = 0,
        gg = 0,
        bb = 0,
        rg = 0,
        rb = 0,
        gb = 0,
        ra = 0,
        ga = 0,
        ba = 0;
      for (let i = 0; i < 4; i++) {
        const pixel = (i < 2 ? upper : lower) + (i & 1 ? second : first);
        const red = guide.data[4 * pixel];
        const green = guide.data[4 * pixel + 1];
        const blue = guide.data[4 * pixel + 2];
        const soft = alpha.data[pixel];
        r += red;
        g += green;
        b += blue;
        a += soft;
        rr += red * red;
        gg += green * green;
        bb += blue * blue;
        rg += red * green;
        rb += red * blue;
        gb += green * blue;
        ra += red * soft;
        ga += green * soft;
        ba += blue * soft;
      }
      out[at] = r / 4;
      out[at + pixels] = g / 4;
      out[at + 2 * pixels] = b / 4;
      out[at + 3 * pixels] = a / 4;
      out[at + 4 * pixels] = rr / 4;
      out[at + 5 * pixels] = gg / 4;
      out[at + 6 * pixels] = bb / 4;
      out[at + 7 * pixels] = rg / 4;
      out[at + 8 * pixels] = rb / 4;
      out[at + 9 * pixels] = gb / 4;
      out[at + 10 * pixels] = ra / 4;
      out[at + 11 * pixels] = ga / 4;
      out[at + 12 * pixels] = ba / 4;
    }
  }
}

/**
 * A place in a line that is mirrored at both ends, the last pixel repeated.
 * @param {number} at
 * @param {number} length
 */
function within(at, length) {
  const round = ((at % (2 * length)) + 2 * length) % (2 * length);
  return round < length ? round : 2 * length - 1 - round;
}

/**
 * Means over squares.
 * @param {Float32Array} data
 * @param {Float32Array} out
 * @param {Float32Array} rows to work in
 * @param {{width: number, height: number, side: number, before: number, rim: number}} size
 *     `side` of a square; `before`: how many of its pixels come before the one whose mean it is; `rim`: how many pixels
 *     at each border mean nothing
 */
function boxMean(data, out, rows, { width, height, side, before, rim }) {
  const count = width - 2 * rim - side; // of means in a row, less one
  for (let y = rim; y < height - rim; y++) {
    let at = y * width + rim;
    let sum = 0;
    for (let i = at; i < at + side; i++) sum += data[i];
    for (const end = at + count; at < end; at++) {
      rows[at + before] = sum;
      sum += data[at + side] - data[at];
    }
    rows[at + before] = sum;
  }
  const share = 1 / (side * side);
  const sums = new Float64Array(width);
  for (let y = rim; y < height - rim; y++) {
    const last = y - side;
    for (let x = rim + before, at = y * width + x; x <= rim + before + count; x++, at++) {
      sums[x] += rows[at] - (last >= rim ? rows[at - side * width] : 0);
      if (last >= rim - 1) out[at - (side - 1 - before) * width] = sums[x] * share;
    }
  }
}

/**
 * Replaces the first four means by the linear model: Gaussian elimination, written out.
 * @param {Float32Array} means
 * @param {number} n pixels of a plane
 * @param {number} epsilon
 */
function solve(means, n, epsilon) {
  const more = epsilon * 255 ** 2;
  const contrast = K.edges.CONTRAST;
  for (let i = 0; i < n; i++) {
    const r = means[i],
      g = means[i + n],
      b = means[i + 2 * n],
      a = means[i + 3 * n];
    const rr = means[i + 4 * n] - r * r + more;
    let gg = means[i + 5 * n] - g * g + more;
    let bb = means[i + 6 * n] - b * b + more;
    const rg = means[i + 7 * n] - r * g;
    const rb = means[i + 8 * n] - r * b;
    let gb = means[i + 9 * n] - g * b;
    const ra = means[i + 10 * n] - r * a;
    let ga = means[i + 11 * n] - g * a;
    let ba = means[i + 12 * n] - b * a;
    gg -= (rg * rg) / rr;
    gb -= (rg * rb) / rr;
    ga -= (rg * ra) / rr;
    bb -= (rb * rb) / rr;
    ba -= (rb * ra) / rr;
    bb -= (gb * gb) / gg;
    ba -= (gb * ga) / gg;
    const blue = ba / bb;
    const green = (ga - gb * blue) / gg;
    const red = (ra - rg * green - rb * blue) / rr;
    const offset = a - red * r - green * g - blue * b;
    means[i] = red * contrast;
    means[i + n] = green * contrast;
    means[i + 2 * n] = blue * contrast;
    means[i + 3 * n] = (offset * contrast - (contrast - 1) / 2) / 255;
  }
}
