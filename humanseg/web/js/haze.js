/** Haze: half-transparent where nothing is. It is decided, soft outlines stay soft; the twin of humanseg/haze.py. */

import { K } from "./constants.js";
import { connected, contourOf, distances, where } from "./morphology.js";
import { resizeAlpha, shrink } from "./resize.js";
import { Enlarged, mix, tilesWith } from "./tiles.js";

/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */
/** @typedef {import("./raster.js").Raster<Uint8Array>} Bytes */

/**
 * The alpha in which the pixels of each hazy region agree more about whether they are person.
 * @param {Plane} alpha the network's own, not refined
 * @returns {Plane}
 */
export function weighedTogether(alpha) {
  const small = shrink(alpha, K.haze.SIDE);
  const core = wide(small);
  if (!core.data.includes(1)) return alpha;
  const { width, height } = small;
  const reach = radius(small) + 1;
  const apart = distances({ width, height, data: core.data.map((one) => 1 - one) }).data;
  const unsure = unsureOf(small).data;
  const hazy = { width, height, data: unsure.map((one, i) => (one && apart[i] <= reach ? 1 : 0)) };
  const { labels, components } = connected(hazy);
  const sums = new Float64Array(components.length);
  labels.forEach((label, i) => (sums[label] += small.data[i]));
  const share = meanOfNine(hazy); // falls at the region's rim, so that it leaves no step
  const change = new Float32Array(small.data.length);
  for (let i = 0; i < change.length; i++) {
    const label = labels[i];
    if (label) change[i] = K.haze.TOGETHER * share[i] * (sums[label] / components[label].area - small.data[i]);
  }
  const lifted = resizeAlpha({ width, height, data: change }, alpha.width, alpha.height).data;
  return { ...alpha, data: alpha.data.map((value, i) => Math.min(1, Math.max(0, value + lifted[i]))) };
}

/**
 * Where an alpha is hazy: the middle of bands that are too wide for an outline.
 * @param {Plane} alpha
 * @returns {Bytes} 0 or 1
 */
export function wide(alpha) {
  const { width, height } = alpha;
  const unsure = unsureOf(alpha).data;
  // The frame isn't an outline: haze goes on beyond it.
  const framed = { width: width + 2, height: height + 2, data: new Uint8Array((width + 2) * (height + 2)) };
  for (let y = 0, at = 0; y < framed.height; y++) {
    const row = Math.min(Math.max(y - 1, 0), height - 1) * width;
    for (let x = 0; x < framed.width; x++, at++)
      framed.data[at] = unsure[row + Math.min(Math.max(x - 1, 0), width - 1)];
  }
  const apart = distances(framed).data;
  const most = radius(alpha);
  const data = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) data[at] = apart[(y + 1) * framed.width + x + 1] > most ? 1 : 0;
  }
  return { width, height, data };
}

/** @param {Plane} alpha */
function unsureOf(alpha) {
  const [low, high] = K.haze.UNSURE;
  return where(alpha, (value) => value > low && value < high);
}

/** @param {{width: number, height: number}} size */
function radius({ width, height }) {
  return Math.max(1.5, K.haze.HAZE_RADIUS * Math.hypot(width, height));
}

/**
 * The mean of each pixel and its eight neighbours, mirrored at the border; 0 outside of the mask.
 * @param {Bytes} mask
 */
function meanOfNine({ width, height, data }) {
  const within = (/** @type {number} */ at, /** @type {number} */ end) =>
    at < 0 ? Math.min(1, end - 1) : at < end ? at : Math.max(0, end - 2);
  const out = new Float32Array(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (!data[at]) continue;
      let sum = 0;
      for (let j = y - 1; j <= y + 1; j++) {
        for (let i = x - 1; i <= x + 1; i++) sum += data[within(j, height) * width + within(i, width)];
      }
      out[at] = sum / 9;
    }
  }
  return out;
}

/**
 * Makes an alpha at the photo's size, in place, the surer, the further it is from its 0.5 contour; see Python's.
 * @param {Bytes} alpha 0 to 255
 * @param {{outline: number, certain: number}} calibration
 */
export function decide(alpha, calibration) {
  drawApart(alpha, calibration.outline);
  const stretched = Uint8Array.from({ length: 256 }, (_, value) => {
    const share = (value / 255 - calibration.certain) / (1 - 2 * calibration.certain);
    return 255 * Math.min(1, Math.max(0, share)) + 0.5;
  });
  for (let i = 0; i < alpha.data.length; i++) alpha.data[i] = stretched[alpha.data[i]];
}

/**
 * @param {Bytes} alpha
 * @param {number} outline
 */
function drawApart(alpha, outline) {
  const bytes = shrink(alpha, K.haze.SIDE);
  const { width, height } = bytes;
  const small = new Float32Array(bytes.data).map((value) => value / 255);
  const person = where({ width, height, data: small }, (value) => value >= 0.5);
  if (!person.data.includes(1)) return;
  const reach = Math.max(K.haze.LEAST_REACH, outline * Math.hypot(width, height));
  const off = { width, height, data: contourOf(person).data.map((one) => 1 - one) };
  const depth = distances(off).data.map((apart) => Math.min(0.5, (apart * 0.5) / reach));
  const side = { width, height, data: depth.map((value, i) => (person.data[i] ? value : -value)) };
  const bound = {
    width,
    height,
    data: person.data.map((_, i) => (Math.abs(small[i] - 0.5) < depth[i] - K.haze.VISIBLE ? 1 : 0)),
  };
  const towards = new Enlarged(side, alpha);
  for (const { top, left, bottom, right } of tilesWith(bound, alpha)) {
    for (let y = top; y < bottom; y++) {
      const row = towards.row(y, left, right);
      for (let x = left, at = y * alpha.width + left; x < right; x++, at++) {
        const value = mix(row, towards.index[x], towards.weight[x], 1);
        // At the contour itself, where depth is 0, there is no bound.
        const limit = 255 * (value + 0.5) + 0.5;
        if (value > 0) alpha.data[at] = Math.max(alpha.data[at], limit);
        else if (value < 0) alpha.data[at] = Math.min(alpha.data[at], limit);
      }
    }
  }
}
