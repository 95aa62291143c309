// Filters on planes of numbers (Float32Array, one value a pixel, row after row).

/**
 * The mean over a square of 2 * radius + 1 pixels; the plane's edge is repeated.
 * @param {Float32Array} plane @param {number} width @param {number} height @param {number} radius
 * @returns {Float32Array}
 */
export function boxBlur(plane, width, height, radius) {
  const across = new Float32Array(plane.length);
  const scale = 1 / (2 * radius + 1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const last = row + width - 1;
    let sum = plane[row] * radius;
    for (let x = 0; x <= radius; x++) sum += plane[Math.min(row + x, last)];
    for (let x = 0; x < width; x++) {
      across[row + x] = sum * scale;
      sum += plane[Math.min(row + x + radius + 1, last)] - plane[Math.max(row + x - radius, row)];
    }
  }
  const out = new Float32Array(plane.length);
  const sums = new Float32Array(width);
  const bottom = (height - 1) * width;
  for (let x = 0; x < width; x++) {
    sums[x] = across[x] * radius;
    for (let y = 0; y <= radius; y++) sums[x] += across[Math.min(y * width, bottom) + x];
  }
  for (let y = 0; y < height; y++) {
    const comes = Math.min((y + radius + 1) * width, bottom);
    const goes = Math.max((y - radius) * width, 0);
    const row = y * width;
    for (let x = 0; x < width; x++) {
      out[row + x] = sums[x] * scale;
      sums[x] += across[comes + x] - across[goes + x];
    }
  }
  return out;
}

/**
 * Nearly a Gaussian: two box blurs, together of about this standard deviation in pixels.
 * @param {Float32Array} plane @param {number} width @param {number} height @param {number} sigma
 */
export function blurred(plane, width, height, sigma) {
  // The variance of one box is (w * w - 1) / 12.
  const radius = Math.max(1, Math.round((Math.sqrt(6 * sigma * sigma + 1) - 1) / 2));
  return boxBlur(boxBlur(plane, width, height, radius), width, height, radius);
}
