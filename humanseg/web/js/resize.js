/** Sizes: what the network is shown, and its alpha at other sizes. The twin of humanseg/resize.py, with OpenCV's rules. */

import {K} from "./constants.js";

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
  return {width, height, data: new kind(width * height * channelsOf(like))};
}

/** @param {Raster} raster */
export function channelsOf({width, height, data}) {
  return data.length / (width * height);
}

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
  if (at.width === width && at.height === height) return at === raster ? {...at, data: /** @type {T} */ (at.data.slice())} : at;
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
  return {boxed: padded(inner, upTo(width, stride), upTo(height, stride)), inner};
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
 * @param {Raster<Uint8ClampedArray>} picture
 * @param {number} width
 * @param {number} height
 */
function padded(picture, width, height) {
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

/**
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} raster both of whose sides are even
 * @returns {Raster<T>}
 */
function halved(raster) {
  const out = blank(raster, raster.width / 2, raster.height / 2);
  if (channelsOf(raster) === 4 && raster.data instanceof Uint8ClampedArray) return halvedColours(raster, out);
  const channels = channelsOf(raster);
  const below = raster.width * channels;
  const whole = !(raster.data instanceof Float32Array);
  const {data} = raster;
  for (let y = 0, at = 0; y < out.height; y++) {
    for (let x = 0, from = 2 * y * below; x < out.width; x++, from += 2 * channels) {
      for (let c = from; c < from + channels; c++, at++) {
        const sum = data[c] + data[c + channels] + data[c + below] + data[c + below + channels];
        out.data[at] = whole ? (sum + 2) >> 2 : sum / 4; // as OpenCV rounds
      }
    }
  }
  return out;
}

/**
 * As `halved`, two of a pixel's four bytes at a time.
 * @template T
 * @param {any} raster
 * @param {T & Raster} out
 * @returns {T}
 */
function halvedColours(raster, out) {
  const from = new Uint32Array(raster.data.buffer, raster.data.byteOffset, raster.width * raster.height);
  const to = new Uint32Array(out.data.buffer);
  const mask = 0x00ff00ff;
  for (let y = 0, at = 0; y < out.height; y++) {
    for (let x = 0, i = 2 * y * raster.width; x < out.width; x++, i += 2, at++) {
      const [a, b, c, d] = [from[i], from[i + 1], from[i + raster.width], from[i + raster.width + 1]];
      const even = (a & mask) + (b & mask) + (c & mask) + (d & mask) + 0x00020002;
      const odd = ((a >>> 8) & mask) + ((b >>> 8) & mask) + ((c >>> 8) & mask) + ((d >>> 8) & mask) + 0x00020002;
      to[at] = ((even >>> 2) & mask) | (((odd >>> 2) & mask) << 8);
    }
  }
  return out;
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
function stretchRow({data, width}, row, channels, {index, weight}, out) {
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
  return {index, weight};
}

/**
 * Means over the pixels that each new one covers, as `cv2.INTER_AREA`.
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} raster
 * @param {number} width
 * @param {number} height
 * @returns {Raster<T>}
 */
function area(raster, width, height) {
  const channels = channelsOf(raster);
  const out = blank(raster, width, height);
  const across = spans(raster.width, width);
  const down = spans(raster.height, height);
  const stride = raster.width * channels;
  const sums = new Float32Array(width * channels);
  const add = raster.data instanceof Uint8Array ? 0.5 : 0;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = down.first[y]; row < down.end[y]; row++) {
      const share = shareOf(down, y, row);
      addRow(raster.data, row * stride, across, channels, share, sums);
    }
    const start = y * sums.length;
    for (let i = 0; i < sums.length; i++) out.data[start + i] = sums[i] + add;
  }
  return out;
}

/** @typedef {{first: Int32Array, end: Int32Array, atFirst: Float32Array, atLast: Float32Array, whole: number}} Spans */

/**
 * Which old pixels each new one of a line covers, and with what weights: the first one's, the last one's, the others'.
 * @param {number} from
 * @param {number} to
 * @returns {Spans}
 */
function spans(from, to) {
  const scale = from / to;
  const first = new Int32Array(to);
  const end = new Int32Array(to);
  const atFirst = new Float32Array(to);
  const atLast = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const [low, high] = [i * scale, Math.min((i + 1) * scale, from)];
    first[i] = Math.floor(low + 1e-3); // what is covered by less isn't counted
    end[i] = Math.min(from, Math.max(first[i] + 1, Math.ceil(high - 1e-3)));
    atFirst[i] = (Math.min(first[i] + 1, high) - Math.max(low, first[i])) / scale;
    atLast[i] = (Math.min(high, end[i]) - Math.max(low, end[i] - 1)) / scale;
  }
  return {first, end, atFirst, atLast, whole: 1 / scale};
}

/**
 * @param {Spans} line
 * @param {number} i
 * @param {number} at
 */
function shareOf(line, i, at) {
  if (at === line.first[i]) return line.atFirst[i];
  return at === line.end[i] - 1 ? line.atLast[i] : line.whole;
}

/**
 * @param {Uint8ClampedArray | Uint8Array | Float32Array} data
 * @param {number} start
 * @param {Spans} across
 * @param {number} channels
 * @param {number} share
 * @param {Float32Array} sums
 */
function addRow(data, start, across, channels, share, sums) {
  const {first, end, atFirst, atLast, whole} = across;
  const count = first.length;
  for (let x = 0; x < count; x++) {
    const last = end[x] - 1;
    for (let c = 0; c < channels; c++) {
      let at = start + first[x] * channels + c;
      let sum = data[at] * atFirst[x];
      at += channels;
      for (let i = first[x] + 1; i < last; i++, at += channels) sum += data[at] * whole;
      if (last > first[x]) sum += data[at] * atLast[x];
      sums[x * channels + c] += sum * share;
    }
  }
}
