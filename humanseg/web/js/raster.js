/** Rows of pixels in one array: what all steps of the pipeline work on. */

/**
 * Rows of pixels, all channels of a pixel side by side: four for a picture (RGBA, 0 to 255), one for an alpha.
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} [T=Uint8ClampedArray | Uint8Array | Float32Array]
 * @typedef {{width: number, height: number, data: T}} Raster
 */

/**
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} like whose kind and channels the new one has
 * @param {number} width
 * @param {number} height
 * @returns {Raster<T>} all 0
 */
export function blank(like, width, height) {
  const kind = /** @type {new (length: number) => T} */ (like.data.constructor);
  return { width, height, data: new kind(width * height * channelsOf(like)) };
}

/** @param {Raster} raster */
export function channelsOf({ width, height, data }) {
  return data.length / (width * height);
}

/**
 * @param {Raster<Float32Array>} raster
 * @param {number} width
 * @param {number} height
 * @returns {Raster<Float32Array>} its upper left part
 */
export function cropped(raster, width, height) {
  if (raster.width === width && raster.height === height) return raster;
  const out = blank(raster, width, height);
  for (let y = 0; y < height; y++) {
    out.data.set(raster.data.subarray(y * raster.width, y * raster.width + width), y * width);
  }
  return out;
}

/**
 * @template {Uint8ClampedArray | Float32Array} T
 * @param {Raster<T>} raster
 * @returns {Raster<T>} its mirror image
 */
export function mirrored(raster) {
  const out = blank(raster, raster.width, raster.height);
  const pixels = raster.data instanceof Uint8ClampedArray; // four bytes are moved at once
  const from = pixels ? new Uint32Array(raster.data.buffer, raster.data.byteOffset) : raster.data;
  const to = pixels ? new Uint32Array(out.data.buffer) : out.data;
  for (let y = 0; y < raster.height; y++) {
    const [first, last] = [y * raster.width, (y + 1) * raster.width - 1];
    for (let x = 0; x < raster.width; x++) to[first + x] = from[last - x];
  }
  return out;
}

/**
 * A picture with its right and lower edge repeated up to a larger size.
 * @param {Raster<Uint8ClampedArray>} picture
 * @param {number} width
 * @param {number} height
 */
export function padded(picture, width, height) {
  if (picture.width === width && picture.height === height) return picture;
  const out = blank(picture, width, height);
  const from = new Uint32Array(picture.data.buffer, picture.data.byteOffset, picture.width * picture.height);
  const to = new Uint32Array(out.data.buffer);
  for (let y = 0; y < height; y++) {
    const row = Math.min(y, picture.height - 1) * picture.width;
    to.set(from.subarray(row, row + picture.width), y * width);
    to.fill(from[row + picture.width - 1], y * width + picture.width, (y + 1) * width);
  }
  return out;
}
