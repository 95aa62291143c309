/** The pixels of whatever a page hands over: a file, a picture, a frame of a camera. */

import { Failure } from "./failure.js";

/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture */

const MOST_PIXELS = 100_000_000; // as on the server
// Read at a time: a phone's canvas holds no whole photo.
const STRIP = 1 << 20;
/** @type {OffscreenCanvas | null} */
let canvas = null;

/**
 * RGBA, upright, sRGB. Bitmaps and frames are closed.
 * @param {Blob | ImageBitmap | ImageData | VideoFrame} source
 * @returns {Promise<Picture>}
 */
export async function pixelsOf(source) {
  if (source instanceof ImageData) return { width: source.width, height: source.height, data: source.data };
  const drawn = source instanceof Blob ? await decoded(source) : source;
  try {
    const width = "displayWidth" in drawn ? drawn.displayWidth : drawn.width;
    const height = "displayHeight" in drawn ? drawn.displayHeight : drawn.height;
    if (width * height > MOST_PIXELS) {
      throw new Failure(`This picture has more than ${MOST_PIXELS / 1e6} megapixels: make it smaller.`);
    }
    return read(drawn, width, height);
  } finally {
    drawn.close();
  }
}

/**
 * @param {CanvasImageSource} drawn
 * @param {number} width
 * @param {number} height
 * @returns {Picture}
 */
function read(drawn, width, height) {
  const rows = Math.min(height, Math.max(1, Math.floor(STRIP / width)));
  if (!canvas || canvas.width !== width || canvas.height !== rows) canvas = new OffscreenCanvas(width, rows);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Failure("The browser has no memory left for pictures: close other tabs.");
  if (rows === height) {
    context.clearRect(0, 0, width, height);
    context.drawImage(drawn, 0, 0, width, height);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  }
  const data = new Uint8ClampedArray(4 * width * height);
  for (let top = 0; top < height; top += rows) {
    const some = Math.min(rows, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(drawn, 0, top, width, some, 0, 0, width, some);
    data.set(context.getImageData(0, 0, width, some).data, 4 * top * width);
  }
  return { width, height, data };
}

/** @param {Blob} file */
async function decoded(file) {
  if (!file.size) throw new Failure("This file is empty (0 bytes): choose it again.");
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image", premultiplyAlpha: "none" });
  } catch {
    throw new Failure("This file isn't a picture that your browser can read: use JPEG, PNG or WebP.");
  }
}
