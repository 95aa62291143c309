// Draws frames on the processor, for browsers without a GPU that they'd use: as good as paint-gpu.js, only slower.

import { covering, parsed, sizeOf } from "./geometry.js";

/** @typedef {import("./compose.js").Fitted} Fitted */

export class PixelPainter {
  /** @param {OffscreenCanvas} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = context2d(canvas);
    this.behind = new OffscreenCanvas(1, 1);
    this.soft = new OffscreenCanvas(1, 1);
    this.forget();
  }

  get says() {
    return "the processor";
  }

  /** Another background has been chosen. */
  forget() {
    /** @type {ImageData | null} */
    this.still = null;
  }

  /**
   * @param {VideoFrame | ImageBitmap} frame
   * @param {Fitted} fitted
   */
  paint(frame, fitted) {
    const { width, height } = sizeOf(frame);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.forget();
    }
    const mirror = fitted.mirror;
    this.context.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? width : 0, 0);
    this.context.drawImage(frame, 0, 0, width, height);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    const image = this.context.getImageData(0, 0, width, height);
    if (fitted.background.kind === "transparent") cutOut(image, fitted);
    else blend(image, this.#background(fitted, width, height), fitted);
    this.context.putImageData(image, 0, 0);
  }

  /** @param {Fitted} fitted @param {number} width @param {number} height */
  #background({ background, blur }, width, height) {
    if (this.still && !blur) return this.still;
    if (this.behind.width !== width || this.behind.height !== height) Object.assign(this.behind, { width, height });
    const context = context2d(this.behind);
    if (blur) {
      Object.assign(this.soft, { width: blur.width, height: blur.height });
      context2d(this.soft).putImageData(blur, 0, 0);
      context.drawImage(this.soft, 0, 0, width, height);
    } else if (background.picture) {
      const part = covering(background.picture, width, height);
      context.imageSmoothingQuality = "high";
      context.drawImage(background.picture, part.left, part.top, part.width, part.height, 0, 0, width, height);
    } else {
      context.fillStyle = `rgb(${parsed(background.colour).join(" ")})`;
      context.fillRect(0, 0, width, height);
    }
    this.still = context.getImageData(0, 0, width, height);
    return this.still;
  }
}

/** @param {OffscreenCanvas} canvas */
function context2d(canvas) {
  return /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
}

// What two neighbouring columns of the fit say of the pixels between them.
const DEPENDS = 0, GONE = 1, KEPT = 2;

/** The alpha of a frame's pixels, row after row, from the fit at the net's size. */
class Rows {
  /** @param {ImageData} image @param {Fitted} fitted */
  constructor(image, fitted) {
    this.image = image;
    this.fitted = fitted;
    this.fit = new Float32Array(4 * fitted.width);
    this.says = new Uint8Array(fitted.width);
    this.alpha = new Float32Array(image.width);
    // Which two columns of the fit each pixel lies between, and the first pixel of each.
    this.left = new Int32Array(image.width);
    this.share = new Float32Array(image.width);
    this.starts = new Int32Array(fitted.width).fill(image.width);
    for (let x = image.width - 1; x >= 0; x--) {
      const at = Math.min(Math.max(((x + 0.5) * fitted.width) / image.width - 0.5, 0), fitted.width - 1);
      this.left[x] = Math.min(Math.floor(at), fitted.width - 2);
      this.share[x] = at - this.left[x];
      this.starts[this.left[x]] = x;
    }
  }

  /**
   * A row in runs of pixels that are alike; those of `KEPT` pixels are left out.
   * @param {number} y
   * @param {(from: number, to: number, gone: boolean) => void} put whose pixels are gone, or have their `alpha` now
   */
  each(y, put) {
    this.#interpolate(y);
    const { says, starts } = this;
    const last = says.length - 2;
    for (let column = 0; column <= last; ) {
      const said = says[column], from = starts[column];
      while (column <= last && says[column] === said) column++;
      const to = column > last ? this.alpha.length : starts[column];
      if (said === DEPENDS) this.#fill(y, from, to);
      if (said !== KEPT && to > from) put(from, to, said === GONE);
    }
  }

  /** @param {number} y @param {number} from @param {number} to */
  #fill(y, from, to) {
    const { alpha, fit, left, share } = this;
    const data = this.image.data;
    for (let x = from, k = 4 * (y * alpha.length + from); x < to; x++, k += 4) {
      const j = 4 * left[x], s = share[x];
      const constant = fit[j + 3] + s * (fit[j + 7] - fit[j + 3]);
      const red = fit[j] + s * (fit[j + 4] - fit[j]);
      const green = fit[j + 1] + s * (fit[j + 5] - fit[j + 1]);
      const blue = fit[j + 2] + s * (fit[j + 6] - fit[j + 2]);
      const value = (red * data[k] + green * data[k + 1] + blue * data[k + 2]) / 255 + constant;
      // What is nearly 0 or 1 becomes that; paint-gpu.js does the same.
      alpha[x] = Math.min(Math.max(1.25 * value - 0.125, 0), 1);
    }
  }

  /** The fit at a row of the frame. */
  #interpolate(/** @type {number} */ y) {
    const { fit: all, reach, width, height } = this.fitted;
    const { fit, says } = this;
    const at = Math.min(Math.max(((y + 0.5) * height) / this.image.height - 0.5, 0), height - 1);
    const above = Math.floor(at), share = at - above;
    const first = above * width * 4, second = Math.min(above + 1, height - 1) * width * 4;
    for (let k = 0; k < fit.length; k++) fit[k] = all[first + k] + share * (all[second + k] - all[first + k]);
    let next = DEPENDS;
    for (let x = width - 1, k = 4 * x; x >= 0; x--, k -= 4) {
      const flat = fit[k] === 0 && fit[k + 1] === 0 && fit[k + 2] === 0;
      const lit = reach !== null && reach[above * width + x] > 0;
      const said = flat && fit[k + 3] === 0 ? GONE : flat && fit[k + 3] === 1 && !lit ? KEPT : DEPENDS;
      says[x] = said === next ? said : DEPENDS;
      next = said;
    }
  }
}

/** @param {ImageData} image @param {Fitted} fitted */
function cutOut(image, fitted) {
  const rows = new Rows(image, fitted);
  for (let y = 0; y < image.height; y++) {
    const row = 4 * y * image.width;
    rows.each(y, (from, to, gone) => {
      for (let x = from; x < to; x++) image.data[row + 4 * x + 3] = gone ? 0 : 255 * rows.alpha[x];
    });
  }
}

/** @param {ImageData} image @param {ImageData} behind @param {Fitted} fitted */
function blend(image, behind, fitted) {
  const { width, height, data } = image;
  const under = behind.data, reach = fitted.reach;
  const pixels = new Uint32Array(data.buffer), below = new Uint32Array(under.buffer);
  const rows = new Rows(image, fitted);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    const lights = Math.floor((y * fitted.height) / height) * fitted.width;
    rows.each(y, (from, to, gone) => {
      if (gone) {
        pixels.set(below.subarray(start + from, start + to), start + from);
        return;
      }
      for (let x = from, k = 4 * (start + from); x < to; x++, k += 4) {
        const share = rows.alpha[x] * (reach ? 1 - reach[lights + rows.left[x]] / 255 : 1);
        data[k] = under[k] + share * (data[k] - under[k]);
        data[k + 1] = under[k + 1] + share * (data[k + 1] - under[k + 1]);
        data[k + 2] = under[k + 2] + share * (data[k + 2] - under[k + 2]);
      }
    });
  }
}
