// What is behind the people of a frame, at the net's size: a blur without them in it, or the light of a picture.

import { boxBlur } from "./filters.js";

/**
 * @typedef {object} Background
 * @property {"blur" | "colour" | "picture" | "transparent"} kind
 * @property {string} [colour] "#rrggbb"
 * @property {number} [strength] standard deviation of the blur as a share of the diagonal
 * @property {ImageBitmap | null} [picture]
 */

// How far the background's light reaches over the edge, as a share of the diagonal, and how much of it there is.
const WRAP_REACH = 0.01;
const WRAP = 0.15 * 0.6;
// Above this standard deviation, in pixels of the net's size, half the size is as good.
const HALF = 3;

/**
 * The frame with its background out of focus: the people are taken out before, and what surrounds them fills the hole.
 * @param {Uint8ClampedArray} pixels RGBA, width * height
 * @param {Float32Array} alpha
 * @param {number} width
 * @param {number} height
 * @param {number} strength standard deviation as a share of the diagonal
 * @returns {ImageData} at that size or half of it
 */
export function outOfFocus(pixels, alpha, width, height, strength) {
  const sigma = strength * Math.hypot(width, height);
  const step = sigma > HALF ? 2 : 1;
  const columns = Math.floor(width / step), rows = Math.floor(height / step), size = columns * rows;
  const planes = [0, 1, 2, 3].map(() => new Float32Array(size));
  const [red, green, blue, weight] = planes;
  // Grown a little, since a person's colour reaches to where alpha is almost 0.
  const grown = boxBlur(alpha, width, height, 1);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) {
      for (let v = 0; v < step; v++) {
        for (let u = 0; u < step; u++) {
          const j = (y * step + v) * width + x * step + u;
          const share = Math.max(0, 1 - 1.6 * grown[j]) + 1e-4;
          red[i] += share * pixels[4 * j];
          green[i] += share * pixels[4 * j + 1];
          blue[i] += share * pixels[4 * j + 2];
          weight[i] += share;
        }
      }
    }
  }
  // Three boxes are nearly a Gaussian; together their variance is (w * w - 1) / 4.
  const radius = Math.max(1, Math.round((Math.sqrt(4 * (sigma / step) ** 2 + 1) - 1) / 2));
  const soft = planes.map((plane) => thrice(plane, columns, rows, radius));
  const out = new ImageData(columns, rows);
  for (let i = 0, k = 0; i < size; i++, k += 4) {
    const scale = 1 / soft[3][i];
    out.data[k] = soft[0][i] * scale;
    out.data[k + 1] = soft[1][i] * scale;
    out.data[k + 2] = soft[2][i] * scale;
    out.data[k + 3] = 255;
  }
  return out;
}

/** @param {Float32Array} plane @param {number} width @param {number} height @param {number} radius */
function thrice(plane, width, height, radius) {
  let soft = plane;
  for (let turn = 0; turn < 3; turn++) soft = boxBlur(soft, width, height, radius);
  return soft;
}

/**
 * How much of the background's light lies on each pixel: highest just outside the edge, 0 well inside.
 * @param {Float32Array} alpha @param {number} width @param {number} height
 * @returns {Uint8Array}
 */
export function lightReach(alpha, width, height) {
  const radius = Math.max(1, Math.round(WRAP_REACH * Math.hypot(width, height)));
  const soft = boxBlur(alpha, width, height, radius);
  const reach = new Uint8Array(soft.length);
  for (let i = 0; i < reach.length; i++) reach[i] = 255 * WRAP * (1 - soft[i]);
  return reach;
}
