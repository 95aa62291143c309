// Draws frames on the processor, for browsers without a GPU that they'd use: as good as paint-gpu.js, only slower.

import { covering, parsed, sizeOf } from "./geometry.js";

/** @typedef {import("./compose.js").Fitted} Fitted */

export class PixelPainter {
  /** @param {OffscreenCanvas} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = context2d(canvas);
    this.behind = new OffscreenCanvas(1, 1);
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
      this.soft ??= new OffscreenCanvas(1, 1);
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

/**
 * The rows of the fit, interpolated one after the other: 4 numbers for each of its columns.
 * @param {Fitted} fitted @param {number} y row of the frame @param {number} height of the frame
 * @param {Float32Array} row
 */
function rowOf({ fit, width, height: rows }, y, height, row) {
  const at = Math.min(Math.max(((y + 0.5) * rows) / height - 0.5, 0), rows - 1);
  const above = Math.floor(at), share = at - above;
  const first = above * width * 4, second = Math.min(above + 1, rows - 1) * width * 4;
  for (let k = 0; k < row.length; k++) row[k] = fit[first + k] + share * (fit[second + k] - fit[first + k]);
}

/**
 * Which two columns of the fit each column of the frame lies between.
 * @param {number} width @param {number} columns
 */
function columnsOf(width, columns) {
  const left = new Int32Array(width), share = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const at = Math.min(Math.max(((x + 0.5) * columns) / width - 0.5, 0), columns - 1);
    left[x] = Math.min(Math.floor(at), columns - 2);
    share[x] = at - left[x];
  }
  return { left, share };
}

/**
 * Calls `put(index of the first byte, alpha, light)` for each pixel that isn't simply kept.
 * @param {ImageData} image @param {Fitted} fitted @param {(k: number, alpha: number, light: number) => void} put
 */
function eachChange(image, fitted, put) {
  const { width, height, data } = image;
  const { reach, height: rows, width: columns } = fitted;
  const row = new Float32Array(4 * columns);
  const { left, share } = columnsOf(width, columns);
  for (let y = 0, k = 0; y < height; y++) {
    rowOf(fitted, y, height, row);
    const lights = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++, k += 4) {
      const j = 4 * left[x], s = share[x];
      const constant = row[j + 3] + s * (row[j + 7] - row[j + 3]);
      const red = row[j] + s * (row[j + 4] - row[j]);
      const green = row[j + 1] + s * (row[j + 5] - row[j + 1]);
      const blue = row[j + 2] + s * (row[j + 6] - row[j + 2]);
      const alpha = crisp((red * data[k] + green * data[k + 1] + blue * data[k + 2]) / 255 + constant);
      const light = reach ? reach[lights + left[x]] / 255 : 0;
      if (alpha < 1 || light > 0) put(k, alpha, light);
    }
  }
}

/** @param {number} alpha as it's fitted: what is nearly 0 or 1 becomes that; paint-gpu.js does the same */
function crisp(alpha) {
  return Math.min(Math.max(1.25 * alpha - 0.125, 0), 1);
}

/** @param {ImageData} image @param {Fitted} fitted */
function cutOut(image, fitted) {
  const data = image.data;
  eachChange(image, fitted, (k, alpha) => {
    data[k + 3] = 255 * alpha;
  });
}

/** @param {ImageData} image @param {ImageData} behind @param {Fitted} fitted */
function blend(image, behind, fitted) {
  const data = image.data, under = behind.data;
  eachChange(image, fitted, (k, alpha, light) => {
    const share = alpha * (1 - light);
    data[k] = under[k] + share * (data[k] - under[k]);
    data[k + 1] = under[k + 1] + share * (data[k + 1] - under[k + 1]);
    data[k + 2] = under[k + 2] + share * (data[k + 2] - under[k + 2]);
  });
}
