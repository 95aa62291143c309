/** Sizes, by OpenCV's rules: what the network is shown, and its alpha at others. The twin of humanseg/resize.py. */

import { area, halved } from "./area.js";
import { K } from "./constants.js";
import { blank, channelsOf, mirrored, padded } from "./raster.js";

/**
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} [T=Uint8ClampedArray | Uint8Array | Float32Array]
 * @typedef {import("./raster.js").Raster<T>} Raster
 */

/**
 * As `resize.averaged` in Python: each pixel the mean of those that it covers; nearly the same size is interpolated.
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} raster
 * @param {number} width
 * @param {number} height
 * @param {number} [near]
 * @returns {Raster<T>}
 */
export function averaged(raster, width, height, near = K.resize.NEAR) {
  let at = raster;
  while (at.width % 2 === 0 && at.height % 2 === 0 && at.width >= 2 * width && at.height >= 2 * height) at = halved(at);
  if (at.width === width && at.height === height)
    return at === raster ? { ...at, data: /** @type {T} */ (at.data.slice()) } : at;
  const interpolated = at.width < near * width && at.height < near * height;
  return interpolated || at.width < width || at.height < height ? linear(at, width, height) : area(at, width, height);
}

/**
 * With the long side at most `side`; itself where it fits already.
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} raster
 * @param {number} side
 * @param {number} [near]
 * @returns {Raster<T>}
 */
export function shrink(raster, side, near) {
  const scale = side / Math.max(raster.width, raster.height);
  if (scale >= 1) return raster;
  return averaged(raster, Math.max(1, round(raster.width * scale)), Math.max(1, round(raster.height * scale)), near);
}

/**
 * An alpha at another size; always a new one.
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} alpha
 * @param {number} width
 * @param {number} height
 * @returns {Raster<T>}
 */
export function resizeAlpha(alpha, width, height) {
  return width * height < alpha.width * alpha.height ? averaged(alpha, width, height) : linear(alpha, width, height);
}

/**
 * The photo with its long side at `size`, its edge repeated until both sides are multiples of `stride`.
 * @param {Raster<Uint8ClampedArray>} picture
 * @param {number} size
 * @param {number} stride
 * @param {boolean} [flip] shows its mirror image
 * @returns {{boxed: Raster<Uint8ClampedArray>, inner: Raster<Uint8ClampedArray>}} `inner` is the photo within it
 */
export function letterbox(picture, size, stride, flip = false) {
  const scale = size / Math.max(picture.width, picture.height);
  const width = Math.max(1, round(picture.width * scale));
  const height = Math.max(1, round(picture.height * scale));
  let inner = picture;
  if (width !== picture.width || height !== picture.height) {
    inner = scale > 1 ? linear(picture, width, height) : averaged(picture, width, height);
  }
  if (flip) inner = mirrored(inner);
  return { boxed: padded(inner, upTo(width, stride), upTo(height, stride)), inner };
}

/**
 * Python's rounding: halves to the even number.
 * @param {number} value
 */
export function round(value) {
  const whole = Math.floor(value);
  const rest = value - whole;
  return rest < 0.5 || (rest === 0.5 && whole % 2 === 0) ? whole : whole + 1;
}

/**
 * @param {number} value
 * @param {number} stride
 */
function upTo(value, stride) {
  return Math.ceil(value / stride) * stride;
}

/**
 * Bilinear, pixel centres aligned, edges repeated, as `cv2.INTER_LINEAR`.
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<any>} raster
 * @param {number} width
 * @param {number} height
 * @param {Raster<T>} [out] to write to; by default a new one of the same kind
 * @returns {Raster<T>}
 */
export function linear(raster, width, height, out = blank(raster, width, height)) {
  if (raster.width === width && raster.height === height && raster.data.constructor === out.data.constructor) {
    out.data.set(raster.data);
    return out;
  }
  const channels = channelsOf(raster);
  const across = taps(raster.width, width);
  const down = taps(raster.height, height);
  // Of the two rows between which one is interpolated, the lower one is the upper one of the next.
  let [upper, lower] = [new Float32Array(width * channels), new Float32Array(width * channels)];
  let [above, below] = [-1, -1];
  const add = out.data instanceof Uint8Array ? 0.5 : 0; // before it's cut off; what clamps rounds by itself
  for (let y = 0, at = 0; y < height; y++) {
    const row = down.index[y];
    const next = Math.min(row + 1, raster.height - 1);
    if (above !== row) {
      if (below === row) [upper, lower, below] = [lower, upper, above];
      else stretchRow(raster, row, channels, across, upper);
      above = row;
    }
    if (below !== next) stretchRow(raster, (below = next), channels, across, lower);
    const share = down.weight[y];
    for (let i = 0; i < upper.length; i++, at++) out.data[at] = upper[i] + share * (lower[i] - upper[i]) + add;
  }
  return out;
}

/**
 * @param {Raster} raster
 * @param {number} row
 * @param {number} channels
 * @param {ReturnType<typeof taps>} across
 * @param {Float32Array} out
 */
function stretchRow({ data, width }, row, channels, { index, weight }, out) {
  const start = row * width * channels;
  const last = start + (width - 1) * channels;
  for (let x = 0, at = 0; x < index.length; x++) {
    const left = start + index[x] * channels;
    const right = Math.min(left + channels, last);
    const share = weight[x];
    for (let c = 0; c < channels; c++, at++) out[at] = data[left + c] + share * (data[right + c] - data[left + c]);
  }
}

/**
 * Where each pixel of a line of another length is interpolated from: the pixel before it, and the next one's weight.
 * @param {number} from
 * @param {number} to
 */
export function taps(from, to) {
  const index = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    index[i] = Math.floor(at);
    weight[i] = at - index[i];
  }
  return { index, weight };
}
