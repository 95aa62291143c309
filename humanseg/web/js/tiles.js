/** Work at full size part by part, where there is an edge; the twin of humanseg/tiles.py. */

import {K} from "./constants.js";
import {channelsOf, taps} from "./resize.js";

/** @typedef {{top: number, left: number, bottom: number, right: number}} Tile */
/** @typedef {{width: number, height: number}} Size */

/**
 * The tiles of a raster of this size in which a mask, of any size, has anything.
 * @param {import("./resize.js").Raster} mask
 * @param {Size} size
 * @returns {Tile[]}
 */
export function tilesWith(mask, {width, height}) {
  const tiles = [];
  for (let top = 0; top < height; top += K.tiles.TILE) {
    for (let left = 0; left < width; left += K.tiles.TILE) {
      const tile = {top, left, bottom: Math.min(height, top + K.tiles.TILE), right: Math.min(width, left + K.tiles.TILE)};
      if (hasAny(mask, tile, {width, height})) tiles.push(tile);
    }
  }
  return tiles;
}

/**
 * @param {import("./resize.js").Raster} mask
 * @param {Tile} tile
 * @param {Size} size
 */
function hasAny(mask, {top, left, bottom, right}, {width, height}) {
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
 * For each pixel of a tile, a smaller raster's values there as if it had been enlarged, pixel centres aligned.
 * @param {import("./resize.js").Raster<Float32Array>} raster of one or four channels
 * @param {Size} size that it's enlarged to
 * @returns {(tile: Tile, use: (at: number, values: Float32Array) => void) => void} `use` is called with each pixel's
 *     place in the large raster and with the values, in an array that is used again
 */
export function sampler(raster, {width, height}) {
  const channels = channelsOf(raster);
  const [across, down] = [taps(raster.width, width), taps(raster.height, height)];
  const {data} = raster;
  const stride = raster.width * channels;
  const values = new Float32Array(channels);
  return ({top, left, bottom, right}, use) => {
    for (let y = top; y < bottom; y++) {
      const upper = down.index[y] * stride;
      const lower = Math.min(down.index[y] + 1, raster.height - 1) * stride;
      const v = down.weight[y];
      for (let x = left, at = y * width + left; x < right; x++, at++) {
        const near = across.index[x] * channels;
        const far = Math.min(near + channels, stride - channels);
        const h = across.weight[x];
        for (let c = 0; c < channels; c++) {
          const above = data[upper + near + c] + h * (data[upper + far + c] - data[upper + near + c]);
          const below = data[lower + near + c] + h * (data[lower + far + c] - data[lower + near + c]);
          values[c] = above + v * (below - above);
        }
        use(at, values);
      }
    }
  };
}
