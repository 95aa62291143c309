// Alphas of a camera, steady in time: the browser's counterpart of humanseg/media/stream.py.

import { blurred, boxBlur } from "./filters.js";

// Change of brightness (of 255) between two frames at which half of the smoothing is given up: sensor noise of a
// webcam stays well below it, a moving arm well above.
const MOTION = 12;
// Share of the last alpha that is kept where nothing moves.
const INERTIA = 0.6;
// Hysteresis: what was outside comes in above the first, what was inside goes out below the second.
const COMES_IN = 0.6;
const GOES_OUT = 0.4;
// Frames in a row in which the net must be sure of a new part before it's shown: a badge or a lamp that it takes for a
// person now and then doesn't blink. And frames for which a part that is shown stays although the net is in doubt.
const FRAMES_TO_COME = 3;
const FRAMES_TO_GO = 10;
const SHOWN = FRAMES_TO_COME + FRAMES_TO_GO;
const SURE = 0.5;
// Pixels of the net's size around a part that belong to it: its soft edge.
const SOFT = 3;
// Pixels of the net's size around the outline in which an alpha may be between 0 and 1.
const OUTLINE = 3;

/** What is kept from one frame to the next. */
export class Steady {
  constructor() {
    this.reset();
  }

  /** Forgets the last frame, for instance because the camera was changed. */
  reset() {
    /** @type {Float32Array | null} */
    this.alpha = null;
    /** @type {Float32Array | null} */
    this.grey = null;
    /** @type {Uint8Array | null} */
    this.inside = null;
    /** @type {Uint8Array | null} by pixel, how long the part that it's in has been seen: shown from FRAMES_TO_COME on */
    this.score = null;
    this.width = 0;
  }

  /**
   * The steady alpha of the next frame, decided: soft at outlines only.
   * @param {Float32Array} alpha the net's own, 0 to 1, width * height
   * @param {Uint8Array} judged the same, 0 to 255, without what the net isn't sure enough of
   * @param {Uint8ClampedArray} pixels of the frame at the net's size, RGBA
   * @param {number} width
   * @param {number} height
   * @returns {Float32Array}
   */
  next(alpha, judged, pixels, width, height) {
    const grey = brightness(pixels);
    if (!this.alpha || this.width !== width || this.alpha.length !== alpha.length) {
      this.reset();
      this.score = new Uint8Array(alpha.length).fill(FRAMES_TO_COME - 1);
      this.inside = Uint8Array.from(alpha, (value) => (value >= SURE ? 1 : 0));
      this.alpha = alpha.slice();
    } else {
      this.#smooth(alpha, grey, width, height);
    }
    this.grey = grey;
    this.width = width;
    const shown = this.alpha.slice();
    this.#holdBack(shown, judged, width, height);
    return this.#decide(shown, width, height);
  }

  /** @param {Float32Array} alpha @param {Float32Array} grey @param {number} width @param {number} height */
  #smooth(alpha, grey, width, height) {
    const last = /** @type {Float32Array} */ (this.alpha);
    const before = /** @type {Float32Array} */ (this.grey);
    const change = new Float32Array(alpha.length);
    for (let i = 0; i < change.length; i++) change[i] = Math.abs(grey[i] - before[i]);
    const moved = boxBlur(change, width, height, 2);
    for (let i = 0; i < last.length; i++) {
      const motion = moved[i] / MOTION;
      const keep = INERTIA / (1 + motion * motion);
      last[i] = alpha[i] + keep * (last[i] - alpha[i]);
    }
  }

  /**
   * Takes parts out that haven't been there for long enough, and those that the net has doubted for long enough.
   * @param {Float32Array} alpha @param {Uint8Array} judged @param {number} width @param {number} height
   */
  #holdBack(alpha, judged, width, height) {
    const { labels, count } = parts(alpha, width, height);
    const before = /** @type {Uint8Array} */ (this.score);
    const score = new Uint8Array(count), pixels = new Uint32Array(count), sure = new Uint32Array(count);
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i];
      if (!label) continue;
      pixels[label]++;
      if (judged[i] > 127) sure[label]++;
      if (before[i] > score[label]) score[label] = before[i];
    }
    for (let label = 1; label < count; label++) score[label] = next(score[label], 2 * sure[label] >= pixels[label]);
    const now = new Uint8Array(labels.length), mask = new Float32Array(labels.length);
    for (let i = 0; i < labels.length; i++) {
      now[i] = labels[i] ? score[labels[i]] : 0;
      mask[i] = now[i] >= FRAMES_TO_COME ? 1 : 0;
    }
    const near = boxBlur(mask, width, height, SOFT);
    for (let i = 0; i < labels.length; i++) if (!mask[i] && (labels[i] || near[i] < 1e-4)) alpha[i] = 0;
    this.score = now;
  }

  /** @param {Float32Array} alpha @param {number} width @param {number} height */
  #decide(alpha, width, height) {
    const inside = /** @type {Uint8Array} */ (this.inside);
    const threshold = new Float32Array(alpha.length);
    for (let i = 0; i < alpha.length; i++) threshold[i] = inside[i] ? GOES_OUT : COMES_IN;
    const even = boxBlur(threshold, width, height, 1);
    const mask = new Float32Array(alpha.length);
    for (let i = 0; i < alpha.length; i++) {
      const edge = even[i];
      alpha[i] = alpha[i] < edge ? (0.5 * alpha[i]) / edge : 0.5 + (0.5 * (alpha[i] - edge)) / (1 - edge);
      inside[i] = alpha[i] >= SURE ? 1 : 0;
      mask[i] = inside[i];
    }
    // Away from the outline it is 0 or 1: haze would show the room behind.
    const near = blurred(mask, width, height, OUTLINE);
    for (let i = 0; i < alpha.length; i++) {
      const least = 4 * near[i] - 3;
      const most = 4 * near[i];
      alpha[i] = Math.min(Math.max(alpha[i], least, 0), most, 1);
    }
    return alpha;
  }
}

/** @param {Uint8ClampedArray} pixels */
function brightness(pixels) {
  const grey = new Float32Array(pixels.length / 4);
  for (let i = 0, j = 0; i < grey.length; i++, j += 4) {
    grey[i] = 0.299 * pixels[j] + 0.587 * pixels[j + 1] + 0.114 * pixels[j + 2];
  }
  return grey;
}

/**
 * A part's score in the next frame.
 * @param {number} score @param {boolean} sure
 */
function next(score, sure) {
  const shown = score >= FRAMES_TO_COME;
  if (sure) return shown || score + 1 >= FRAMES_TO_COME ? SHOWN : score + 1;
  return shown && score > FRAMES_TO_COME ? score - 1 : 0;
}

/**
 * The connected parts (4-neighbours) where an alpha is at least SURE: labels from 1 on, 0 where nothing is.
 * @param {Float32Array} alpha @param {number} width @param {number} height
 */
export function parts(alpha, width, height) {
  const labels = new Uint16Array(width * height);
  const stack = new Int32Array(width * height);
  let count = 0, top = 0;
  const push = (/** @type {number} */ i) => {
    if (labels[i] || alpha[i] < SURE) return;
    labels[i] = count;
    stack[top++] = i;
  };
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] || alpha[start] < SURE) continue;
    if (count < 65535) count++;
    push(start);
    while (top) {
      const i = stack[--top], x = i % width;
      if (x > 0) push(i - 1);
      if (x < width - 1) push(i + 1);
      if (i >= width) push(i - width);
      if (i + width < labels.length) push(i + width);
    }
  }
  return { labels, count: count + 1 };
}
