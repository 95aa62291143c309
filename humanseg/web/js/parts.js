/** Whether anybody is in an alpha, and which of its connected parts are people; the twin of humanseg/parts.py. */

import { K } from "./constants.js";
import { connected, dilate, erode, erodeByCross, where } from "./morphology.js";
import { resizeAlpha, shrink } from "./resize.js";

/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */

const MOST_LOOKED_AT = 50_000; // pixels that are enough for a quantile

/**
 * The alpha that the person's surest pixels reach; 0 where they are too few for anybody. Of several alphas the mean.
 * @param {Plane[]} alphas
 * @param {any} config
 */
export function surestAlpha(alphas, config) {
  let sum = 0;
  for (const { data } of alphas) {
    let count = 0;
    for (let i = 0; i < data.length; i++) if (data[i] >= config.threshold) count++;
    if (!count || count < K.parts.SMALLEST_PERSON * data.length) return 0;
    const step = Math.max(1, Math.floor(count / MOST_LOOKED_AT));
    const some = new Float32Array(Math.ceil(count / step));
    for (let i = 0, seen = 0; i < data.length; i++) {
      if (data[i] >= config.threshold && seen++ % step === 0) some[(seen - 1) / step] = data[i];
    }
    sum += quantile(some, 1 - config.calibration.surest_share);
  }
  return sum / alphas.length;
}

/**
 * As NumPy's, interpolated between the two values next to it.
 * @param {Float32Array} values whose order is changed
 * @param {number} share
 */
function quantile(values, share) {
  const at = share * (values.length - 1);
  const low = nth(values, Math.floor(at));
  if (at % 1 === 0) return low;
  // What comes after the n-th isn't smaller, so the next one is the smallest of it.
  let next = Infinity;
  for (let i = Math.floor(at) + 1; i < values.length; i++) if (values[i] < next) next = values[i];
  return low + (at % 1) * (next - low);
}

/**
 * The value that would be the n-th of the sorted ones (Hoare's selection): a tenth of the time that sorting takes.
 * @param {Float32Array} values whose order is changed
 * @param {number} n from 0 on
 */
function nth(values, n) {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      [values[i], values[j]] = [values[j], values[i]];
      i++;
      j--;
    }
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return values[n];
}

/**
 * The alpha without those connected parts of which the network is nowhere sure enough; see Python's for the rules.
 * @param {Plane} alpha not refined, in which somebody was found
 * @param {any} config
 * @returns {Plane}
 */
export function withoutDoubtfulParts(alpha, config) {
  const { calibration } = config;
  const small = shrink(alpha, config.size);
  const person = where(small, (value) => value >= config.threshold).data;
  const sure = where(small, (value) => value >= calibration.least_part_confidence).data;
  const inside = erode({ width: small.width, height: small.height, data: person }).data;
  const out = new Float32Array(small.data.length);
  for (const least of [config.threshold, calibration.haze]) {
    const seen = where(small, (value, i) => value * (1 - out[i]) >= least);
    const { labels, components } = connected(seen);
    if (components.length < 3) continue; // the background and a single part
    const doubtful = doubtfulOf(labels, components, { sure, person, inside }, calibration);
    const count = doubtful.filter(Boolean).length;
    if (!count || count === components.length - 1) continue; // somebody is there: all can't be doubtful
    // A part's soft rim goes too, except where it belongs to another part.
    const gone = new Uint8Array(labels.length);
    for (let i = 0; i < labels.length; i++) gone[i] = doubtful[labels[i]] ? 1 : 0;
    const rim = dilate({ ...small, data: gone }, 4).data;
    for (let i = 0; i < out.length; i++) if (!labels[i] || gone[i]) out[i] = Math.max(out[i], rim[i]);
  }
  if (!out.includes(1)) return alpha;
  const lost = resizeAlpha({ ...small, data: out }, alpha.width, alpha.height).data;
  return { ...alpha, data: alpha.data.map((value, i) => value * (1 - lost[i])) };
}

/**
 * @param {Int32Array} labels
 * @param {import("./morphology.js").Component[]} components
 * @param {{sure: Uint8Array, person: Uint8Array, inside: Uint8Array}} masks
 * @param {any} calibration
 * @returns {boolean[]} for each component, that it's hardly a person
 */
function doubtfulOf(labels, components, { sure, person, inside }, calibration) {
  const doubtful = lacking(labels, components.length, sure, person, calibration.surest_share);
  const hollow = lacking(labels, components.length, sure, inside, calibration.small_part_share);
  const sides = components.map(({ left, top, right, bottom }) => Math.max(right - left, bottom - top));
  const largest = Math.max(0, ...sides.filter((_, label) => label && !doubtful[label]));
  return components.map(
    (_, label) => label > 0 && (doubtful[label] || (hollow[label] && sides[label] < K.parts.SMALL_PART * largest)),
  );
}

/**
 * Which of the parts are sure in less than this share of those pixels, or in none.
 * @param {Int32Array} labels
 * @param {number} count
 * @param {Uint8Array} sure
 * @param {Uint8Array} among
 * @param {number} share
 * @returns {boolean[]}
 */
function lacking(labels, count, sure, among, share) {
  const [all, sures] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < labels.length; i++) {
    if (!among[i]) continue;
    all[labels[i]]++;
    if (sure[i]) sures[labels[i]]++;
  }
  return Array.from(sures, (found, label) => found < Math.max(1, share * all[label]));
}

/**
 * The alpha with outlines moved inwards by `inset` of a pixel.
 * @param {Plane} alpha
 * @param {number} inset
 * @returns {Plane}
 */
export function eroded(alpha, inset) {
  if (!inset) return alpha;
  const byOne = erodeByCross(alpha).data;
  return { ...alpha, data: alpha.data.map((value, i) => value + inset * (byOne[i] - value)) };
}
