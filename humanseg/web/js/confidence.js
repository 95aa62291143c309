/** How good a cut-out can be expected to be, from the alphas alone; the twin of humanseg/confidence.py. */

import { K } from "./constants.js";
import { wide } from "./haze.js";
import { contourOf, where } from "./morphology.js";
import { surestAlpha, withoutDoubtfulParts } from "./parts.js";
import { resizeAlpha, shrink } from "./resize.js";

/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */

/**
 * The IoU with the truth that can be expected, above 0 and up to 1; 0 where nobody is found.
 * @param {Plane[]} alphas that the passes gave, the best one last
 * @param {any} config
 */
export function confidenceIn(alphas, config) {
  const { calibration } = config;
  const surest = surestAlpha(alphas, config);
  if (!surest || surest < calibration.least_confidence) return 0;
  // Nothing else is asked then: what speaks for somebody is above 0 in any case.
  if (calibration.least_evidence <= 0 && !calibration.expected_iou.length) return surest;
  const small = shrink(withoutDoubtfulParts(alphas[alphas.length - 1], config), config.size);
  const person = where(small, (value) => value >= config.threshold);
  const area = Math.max(1, sum(person.data));
  const decided = logit(decidedShare(small, person.data, area), K.confidence.LEAST);
  if (logistic((logit(surest, K.confidence.LEAST_SURE) + decided) / 2) <= calibration.least_evidence) return 0;
  if (!calibration.expected_iou.length) return surest;
  const [bias, ...weights] = calibration.expected_iou;
  const values = features(alphas, small, person, area, decided);
  const usual = Object.values(K.confidence.FEATURES);
  const score = weights.reduce(
    (/** @type {number} */ total, /** @type {number} */ weight, /** @type {number} */ i) =>
      total + weight * (values[i] - usual[i]),
    bias,
  );
  return Math.max(K.confidence.LEAST, logistic(score));
}

/**
 * In the order of Python's `FEATURES`: decided, agreement, haze, outline.
 * @param {Plane[]} alphas
 * @param {Plane} small
 * @param {import("./morphology.js").Mask} person
 * @param {number} area
 * @param {number} decided
 */
function features(alphas, small, person, area, decided) {
  const outline = sum(contourOf(person).data);
  let agreement = K.confidence.FEATURES.agreement;
  if (alphas.length > 1) {
    const first = resizeAlpha(alphas[0], small.width, small.height).data;
    let [least, most] = [0, 0];
    first.forEach((value, i) => {
      least += Math.min(value, small.data[i]);
      most += Math.max(value, small.data[i]);
    });
    agreement = logit(least / Math.max(most, 1e-6), K.confidence.LEAST);
  }
  const hazy = Math.log(sum(wide(small).data) / area + K.confidence.LEAST_HAZE);
  return [decided, agreement, hazy, Math.log((outline + 1) / Math.sqrt(area))];
}

/**
 * @param {Plane} small
 * @param {Uint8Array} person
 * @param {number} area
 */
function decidedShare(small, person, area) {
  let [inside, outside] = [0, 0];
  small.data.forEach((value, i) => (person[i] ? (inside += value) : (outside += value)));
  return inside / (area + outside);
}

/** @param {Uint8Array} data */
function sum(data) {
  return data.reduce((total, value) => total + value, 0);
}

/**
 * @param {number} share
 * @param {number} least
 */
function logit(share, least) {
  const kept = Math.min(Math.max(share, least), 1 - least);
  return Math.log(kept / (1 - kept));
}

/** @param {number} score */
function logistic(score) {
  return 0.5 + 0.5 * Math.tanh(score / 2);
}
