// One frame on its background: everything that is fitted at the net's size, then drawn at the frame's by a painter.

import { lightReach, outOfFocus } from "./background.js";
import { fitted } from "./guided.js";
import { PixelPainter } from "./paint-pixels.js";
import { GpuPainter } from "./paint-gpu.js";
import { Steady } from "./steady.js";

/** @typedef {import("./background.js").Background} Background */

/**
 * @typedef {object} Shot
 * @property {VideoFrame | ImageBitmap} frame closed once it's drawn
 * @property {Uint8Array} alpha without what the net isn't sure enough of, width * height
 * @property {Uint8Array} coarse the net's own
 * @property {Uint8ClampedArray} pixels of the frame at that size, RGBA
 * @property {number} width
 * @property {number} height
 * @property {boolean} mirror
 */

/**
 * @typedef {object} Fitted what a painter is given beside the frame; planes of width * height, mirrored where it is
 * @property {number} width of the net's size
 * @property {number} height
 * @property {boolean} mirror whether the frame is still to be mirrored
 * @property {Float32Array} fit see guided.js
 * @property {Uint8Array | null} reach of the background's light, see background.js
 * @property {ImageData | null} blur
 * @property {Background} background
 */

/** Puts frame after frame of one camera onto a canvas. */
export class Composer {
  /**
   * @param {OffscreenCanvas} canvas
   * @param {{gpu?: boolean, onLost?: () => void}} [options] `onLost`: the GPU is gone, and this canvas with it
   */
  constructor(canvas, { gpu = true, onLost = () => {} } = {}) {
    this.canvas = canvas;
    this.painter = (gpu && GpuPainter.open(canvas, onLost)) || new PixelPainter(canvas);
    this.steady = new Steady();
    /** @type {Background} */
    this.background = { kind: "blur", strength: 0.02 };
  }

  /** @param {Background} background from the next frame on */
  set(background) {
    this.background.picture?.close();
    this.background = background;
    this.painter.forget();
  }

  /** Forgets the last frame. */
  reset() {
    this.steady.reset();
  }

  /** @param {Shot} shot */
  draw(shot) {
    const { frame, width, height, mirror } = shot;
    const { values, alpha, pixels } = turned(shot);
    const steady = this.steady.next(values, alpha, pixels, width, height);
    const { kind, strength = 0.02 } = this.background;
    this.painter.paint(frame, {
      width,
      height,
      mirror,
      fit: fitted(steady, pixels, width, height),
      reach: kind === "picture" || kind === "colour" ? lightReach(steady, width, height) : null,
      blur: kind === "blur" ? outOfFocus(pixels, steady, width, height, strength) : null,
      background: this.background,
    });
  }
}

/**
 * The net's alpha and what it saw, mirrored where that's wanted.
 * @param {Shot} shot
 */
function turned({ alpha, coarse, pixels, width, height, mirror }) {
  const values = new Float32Array(alpha.length);
  const seen = new Uint32Array(pixels.buffer, pixels.byteOffset, alpha.length);
  for (let y = 0, i = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++, i++) values[i] = coarse[mirror ? row + width - 1 - x : i] / 255;
    if (!mirror) continue;
    seen.subarray(row, row + width).reverse();
    alpha.subarray(row, row + width).reverse();
  }
  return { values, alpha, pixels };
}
