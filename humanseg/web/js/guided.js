// Edges at the frame's own resolution: the guided filter (He, Sun, Tang 2013, "Guided image filtering") in its fast form
// (He, Sun 2015): alpha = red * R + green * G + blue * B + constant, fitted at the net's size, applied at the frame's.

import { boxBlur } from "./filters.js";

// Pixels of the net's size to each side of the square in which colours are fitted to the alpha.
const RADIUS = 2;
// How little the colours must vary (as the variance of values from 0 to 1) for the alpha to be taken as it is.
const EPSILON = 4e-4;

/**
 * The four numbers of each pixel, interleaved; away from outlines they are 0, 0, 0 and the alpha.
 * @param {Float32Array} alpha 0 to 1, width * height
 * @param {Uint8ClampedArray} pixels of the frame at that size, RGBA
 * @param {number} width
 * @param {number} height
 * @returns {Float32Array} 4 * width * height, for colours from 0 to 1
 */
export function fitted(alpha, pixels, width, height) {
  const mean = boxBlur(alpha, width, height, RADIUS);
  const fit = new Float32Array(4 * alpha.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (mean[i] > 0.002 && mean[i] < 0.998) fitOne(fit, i, x, y, alpha, pixels, width, height);
      else fit[4 * i + 3] = mean[i] < 0.5 ? 0 : 1;
    }
  }
  return averaged(fit, mean, width, height);
}

/**
 * Least squares in one square.
 * @param {Float32Array} fit @param {number} i @param {number} x @param {number} y @param {Float32Array} alpha
 * @param {Uint8ClampedArray} pixels @param {number} width @param {number} height
 */
function fitOne(fit, i, x, y, alpha, pixels, width, height) {
  const left = Math.max(0, x - RADIUS), right = Math.min(width - 1, x + RADIUS);
  const top = Math.max(0, y - RADIUS), bottom = Math.min(height - 1, y + RADIUS);
  const n = (right - left + 1) * (bottom - top + 1);
  let r = 0, g = 0, b = 0, a = 0, rr = 0, rg = 0, rb = 0, gg = 0, gb = 0, bb = 0, ra = 0, ga = 0, ba = 0;
  for (let v = top; v <= bottom; v++) {
    for (let j = v * width + left, k = 4 * j; j <= v * width + right; j++, k += 4) {
      const red = pixels[k], green = pixels[k + 1], blue = pixels[k + 2], p = alpha[j];
      r += red; g += green; b += blue; a += p;
      rr += red * red; rg += red * green; rb += red * blue;
      gg += green * green; gb += green * blue; bb += blue * blue;
      ra += red * p; ga += green * p; ba += blue * p;
    }
  }
  const s = 1 / (255 * n), s2 = 1 / (255 * 255 * n);
  r *= s; g *= s; b *= s; a /= n;
  rr = rr * s2 - r * r + EPSILON; gg = gg * s2 - g * g + EPSILON; bb = bb * s2 - b * b + EPSILON;
  rg = rg * s2 - r * g; rb = rb * s2 - r * b; gb = gb * s2 - g * b;
  ra = ra * s - r * a; ga = ga * s - g * a; ba = ba * s - b * a;
  // Cramer's rule; the matrix is symmetric, and EPSILON keeps its determinant above 0.
  const c0 = gg * bb - gb * gb, c1 = gb * rb - rg * bb, c2 = rg * gb - gg * rb;
  const scale = 1 / (rr * c0 + rg * c1 + rb * c2);
  const red = (c0 * ra + c1 * ga + c2 * ba) * scale;
  const green = (c1 * ra + (rr * bb - rb * rb) * ga + (rb * rg - rr * gb) * ba) * scale;
  const blue = (c2 * ra + (rb * rg - rr * gb) * ga + (rr * gg - rg * rg) * ba) * scale;
  const k = 4 * i;
  fit[k] = red;
  fit[k + 1] = green;
  fit[k + 2] = blue;
  fit[k + 3] = a - red * r - green * g - blue * b;
}

/**
 * Each pixel lies in many squares: the mean of what they say, where it matters.
 * @param {Float32Array} fit @param {Float32Array} mean @param {number} width @param {number} height
 */
function averaged(fit, mean, width, height) {
  const out = new Float32Array(fit.length);
  const wider = boxBlur(mean, width, height, RADIUS);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const k = 4 * i;
      if (wider[i] <= 0.002 || wider[i] >= 0.998) {
        out[k + 3] = wider[i] < 0.5 ? 0 : 1;
        continue;
      }
      const left = Math.max(0, x - RADIUS), right = Math.min(width - 1, x + RADIUS);
      const top = Math.max(0, y - RADIUS), bottom = Math.min(height - 1, y + RADIUS);
      const scale = 1 / ((right - left + 1) * (bottom - top + 1));
      let red = 0, green = 0, blue = 0, constant = 0;
      for (let v = top; v <= bottom; v++) {
        for (let j = 4 * (v * width + left); j <= 4 * (v * width + right); j += 4) {
          red += fit[j]; green += fit[j + 1]; blue += fit[j + 2]; constant += fit[j + 3];
        }
      }
      out[k] = red * scale;
      out[k + 1] = green * scale;
      out[k + 2] = blue * scale;
      out[k + 3] = constant * scale;
    }
  }
  return out;
}
