/** Work at full size part by part, where there is an edge; the twin of humanseg/tiles.py. */

import { K } from "./constants.js";
import { channelsOf } from "./raster.js";
import { taps } from "./resize.js";

/** @typedef {{top: number, left: number, bottom: number, right: number}} Tile */
/** @typedef {{width: number, height: number}} Size */

/**
 * The tiles of a raster of this size in which a mask, of any size, has anything.
 * @param {import("./raster.js").Raster} mask
 * @param {Size} size
 * @returns {Tile[]}
 */
export function tilesWith(mask, { width, height }) {
  const tiles = [];
  for (let top = 0; top < height; top += K.tiles.TILE) {
    for (let left = 0; left < width; left += K.tiles.TILE) {
      const tile = {
        top,
        left,
        bottom: Math.min(height, top + K.tiles.TILE),
        right: Math.min(width, left + K.tiles.TILE),
      };
      if (hasAny(mask, tile, { width, height })) tiles.push(tile);
    }
  }
  return tiles;
}

/**
 * @param {import("./raster.js").Raster} mask
 * @param {Tile} tile
 * @param {Size} size
 */
function hasAny(mask, { top, left, bottom, right }, { width, height }) {
  // One more on each side, since interpolation reaches that far.
  const y0 = Math.max(0, Math.floor((top * mask.height) / height) - 1);
  const x0 = Math.max(0, Math.floor((left * mask.width) / width) - 1);
  const y1 = Math.min(mask.height, Math.ceil((bottom * mask.height) / height) + 1);
  const x1 = Math.min(mask.width, Math.ceil((right * mask.width) / width) + 1);
  for (let y = y0; y < y1; y++) {
    for (let x = x0, at = y * mask.width + x0; x < x1; x++, at++) if (mask.data[at]) return true;
  }
  return false;
}

/**
 * A smaller raster as if it had been enlarged, pixel centres aligned, row by row: only what is asked for is computed.
 *
 * @example
 * const row = enlarged.row(y, left, right);
 * for (let x = left; x < right; x++) use(mix(row, enlarged.index[x], enlarged.weight[x], channels));
 */
export class Enlarged {
  /**
   * @param {import("./raster.js").Raster<Float32Array>} raster
   * @param {Size} size
   */
  constructor(raster, { width, height }) {
    this.channels = channelsOf(raster);
    this.raster = raster;
    const across = taps(raster.width, width);
    this.down = taps(raster.height, height);
    /** For each pixel of a row, where in `row`'s array it starts to be mixed from, and the share of what comes next. */
    this.index = across.index.map((x) => x * this.channels);
    this.weight = across.weight;
    // With one more pixel at the end, which repeats the last one.
    this.mixed = new Float32Array((raster.width + 1) * this.channels);
  }

  /**
   * Between the two rows of the raster that a row of the enlarged one lies between.
   * @param {number} y
   * @param {number} left
   * @param {number} right
   * @returns {Float32Array} which is used again for the next row
   */
  row(y, left, right) {
    const { channels, mixed, raster } = this;
    const stride = raster.width * channels;
    const upper = this.down.index[y] * stride;
    const lower = Math.min(this.down.index[y] + 1, raster.height - 1) * stride;
    const share = this.down.weight[y];
    const end = Math.min(stride, this.index[right - 1] + 2 * channels);
    for (let i = this.index[left]; i < end; i++) {
      const above = raster.data[upper + i];
      mixed[i] = above + share * (raster.data[lower + i] - above);
    }
    if (end === stride) mixed.copyWithin(stride, stride - channels, stride);
    return mixed;
  }
}

/**
 * @param {Float32Array} row
 * @param {number} at
 * @param {number} share
 * @param {number} step to the next pixel: the channels
 */
export function mix(row, at, share, step) {
  return row[at] + share * (row[at + step] - row[at]);
}
