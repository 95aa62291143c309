/** Smaller rasters, each of whose pixels is the mean of those that it covers, as `cv2.INTER_AREA`. */

import { blank, channelsOf } from "./raster.js";

/**
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} [T=Uint8ClampedArray | Uint8Array | Float32Array]
 * @typedef {import("./raster.js").Raster<T>} Raster
 */

/**
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} raster both of whose sides are even
 * @returns {Raster<T>}
 */
export function halved(raster) {
  const out = blank(raster, raster.width / 2, raster.height / 2);
  if (channelsOf(raster) === 4 && raster.data instanceof Uint8ClampedArray) return halvedColours(raster, out);
  const channels = channelsOf(raster);
  const below = raster.width * channels;
  const whole = !(raster.data instanceof Float32Array);
  const { data } = raster;
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
 * Means over the pixels that each new one covers, as `cv2.INTER_AREA`.
 * @template {Uint8ClampedArray | Uint8Array | Float32Array} T
 * @param {Raster<T>} raster
 * @param {number} width
 * @param {number} height
 * @returns {Raster<T>}
 */
export function area(raster, width, height) {
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
  return { first, end, atFirst, atLast, whole: 1 / scale };
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
  if (channels === 4) return addColours(data, start, across, share, sums);
  const { first, end, atFirst, atLast, whole } = across;
  for (let x = 0; x < first.length; x++) {
    const last = start + end[x] - 1;
    let at = start + first[x];
    let sum = data[at++] * atFirst[x];
    while (at < last) sum += data[at++] * whole;
    if (at === last) sum += data[at] * atLast[x];
    sums[x] += sum * share;
  }
}

/**
 * As `addRow`, for four channels.
 * @param {Uint8ClampedArray | Uint8Array | Float32Array} data
 * @param {number} start
 * @param {Spans} across
 * @param {number} share
 * @param {Float32Array} sums
 */
function addColours(data, start, { first, end, atFirst, atLast, whole }, share, sums) {
  for (let x = 0, to = 0; x < first.length; x++, to += 4) {
    const last = start + 4 * (end[x] - 1);
    let at = start + 4 * first[x];
    let weight = atFirst[x];
    let a = data[at] * weight;
    let b = data[at + 1] * weight;
    let c = data[at + 2] * weight;
    let d = data[at + 3] * weight;
    for (at += 4; at <= last; at += 4) {
      weight = at < last ? whole : atLast[x];
      a += data[at] * weight;
      b += data[at + 1] * weight;
      c += data[at + 2] * weight;
      d += data[at + 3] * weight;
    }
    sums[to] += a * share;
    sums[to + 1] += b * share;
    sums[to + 2] += c * share;
    sums[to + 3] += d * share;
  }
}
