/** A photo's background out of focus, without the people in it: as `blurred` in humanseg/compose.py. */

const PER_SIGMA = 4; // pixels of the small copy to a standard deviation: a wide blur leaves no more detail than that
const GROWN = 1.05; // a person's colour reaches a little beyond where alpha is 1

/**
 * The size at which the background is blurred, and the standard deviation there in pixels.
 *
 * @param {number} width of the photo
 * @param {number} height
 * @param {number} strength standard deviation as a share of the photo's diagonal
 */
export function blurSize(width, height, strength) {
  const sigma = Math.max(0.3, strength * Math.hypot(width, height));
  const scale = Math.min(1, PER_SIGMA / sigma);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    sigma: sigma * scale,
  };
}

/**
 * Blurs what is behind the people; the hole that they leave is filled by what surrounds it.
 *
 * @param {ImageData} photo small, see `blurSize`; it's written over
 * @param {Uint8ClampedArray} cut RGBA of the cut-out at the same size, of which the alpha is read
 * @param {number} sigma standard deviation in pixels
 */
export function blurBackground(photo, cut, sigma) {
  const { width, height, data } = photo;
  const planes = [0, 1, 2, 3].map(() => new Float32Array(width * height));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const weight = Math.min(1, Math.max(0, 1 - (grownAlpha(cut, width, height, x, y) / 255) * GROWN)) + 1e-4;
      for (let channel = 0; channel < 3; channel++) planes[channel][at] = data[4 * at + channel] * weight;
      planes[3][at] = weight;
    }
  }
  const [red, green, blue, weight] = planes.map((plane) => gaussian(plane, width, height, sigma));
  for (let at = 0; at < weight.length; at++) {
    data[4 * at] = red[at] / weight[at] + 0.5;
    data[4 * at + 1] = green[at] / weight[at] + 0.5;
    data[4 * at + 2] = blue[at] / weight[at] + 0.5;
    data[4 * at + 3] = 255;
  }
}

/** @param {Uint8ClampedArray} rgba @param {number} width @param {number} height @param {number} x @param {number} y */
function grownAlpha(rgba, width, height, x, y) {
  let most = 0;
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      most = Math.max(most, rgba[4 * (row * width + column) + 3]);
    }
  }
  return most;
}

/**
 * @param {Float32Array} plane @param {number} width @param {number} height @param {number} sigma in pixels
 * @returns {Float32Array} blurred by rows and by columns, mirrored where it ends
 */
export function gaussian(plane, width, height, sigma) {
  const reach = Math.max(1, Math.ceil(3 * sigma));
  const kernel = Float32Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-((at - reach) ** 2) / (2 * sigma * sigma)));
  const sum = kernel.reduce((total, value) => total + value);
  const across = along(plane, width, height, 1, width, kernel, sum);
  return along(across, height, width, width, 1, kernel, sum);
}

/**
 * @param {Float32Array} plane @param {number} length of a line @param {number} lines
 * @param {number} step from a pixel to the next of its line @param {number} next from a line to the next
 * @param {Float32Array} kernel @param {number} sum of the kernel
 */
function along(plane, length, lines, step, next, kernel, sum) {
  const out = new Float32Array(plane.length);
  const reach = (kernel.length - 1) / 2;
  const period = 2 * length;
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      let total = 0;
      for (let tap = -reach; tap <= reach; tap++) {
        let place = at + tap;
        if (place < 0 || place >= length) {
          place = ((place % period) + period) % period;
          if (place >= length) place = period - 1 - place;
        }
        total += kernel[tap + reach] * plane[line * next + place * step];
      }
      out[line * next + at * step] = total / sum;
    }
  }
  return out;
}
