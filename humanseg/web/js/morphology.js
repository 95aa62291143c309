/** Masks and the shapes in them, as OpenCV finds them: neighbourhoods, connected components, distances. */

/** @typedef {import("./raster.js").Raster<Float32Array>} Plane */
/** @typedef {import("./raster.js").Raster<Uint8Array>} Mask 0 or 1 */

// Of one step to a neighbour beside and across, in OpenCV's distance transform with DIST_L2 and a mask of 3.
const BESIDE = 0.955;
const ACROSS = 1.3693;
const FAR = 1e9;

/**
 * @param {Plane} plane
 * @param {(value: number, i: number) => boolean} test
 * @returns {Mask}
 */
export function where({ width, height, data }, test) {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = test(data[i], i) ? 1 : 0;
  return { width, height, data: out };
}

/**
 * A mask that reaches so many pixels further to all sides.
 * @param {Mask} mask
 * @param {number} [reach]
 * @returns {Mask}
 */
export function dilate({ width, height, data }, reach = 1) {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) spread(data, out, y * width, 1, width, reach);
  const across = out.slice();
  for (let x = 0; x < width; x++) spread(across, out, x, width, height, reach);
  return { width, height, data: out };
}

/**
 * A mask that is so many pixels smaller on all sides, but not at the picture's border.
 * @param {Mask} mask
 * @param {number} [reach]
 * @returns {Mask}
 */
export function erode({ width, height, data }, reach = 1) {
  const outside = dilate({ width, height, data: data.map((one) => 1 - one) }, reach).data;
  return { width, height, data: outside.map((one) => 1 - one) };
}

/**
 * Marks what is within reach of a mark, along a line.
 * @param {Uint8Array} data
 * @param {Uint8Array} out where marks are left that are there already
 * @param {number} start
 * @param {number} step
 * @param {number} length
 * @param {number} reach
 */
function spread(data, out, start, step, length, reach) {
  const end = start + (length - 1) * step;
  let left = 0; // pixels that the last mark reaches from here on
  for (let at = start; at <= end; at += step) {
    if (data[at]) left = reach + 1;
    if (left > 0) {
      out[at] = 1;
      left--;
    }
  }
  left = 0;
  for (let at = end; at >= start; at -= step) {
    if (data[at]) left = reach + 1;
    if (left > 0) {
      out[at] = 1;
      left--;
    }
  }
}

/**
 * Where of a pixel and its neighbours one is above `low` and one below `high`.
 * @param {Plane} plane
 * @param {number} low
 * @param {number} high
 * @returns {Mask}
 */
export function edgesOf({ width, height, data }, low, high) {
  const across = new Uint8Array(data.length); // 1: something above, 2: something below
  for (let y = 0, at = 0; y < height; y++) {
    let before = 0;
    let here = sideOf(data[at], low, high);
    for (let x = 1; x <= width; x++, at++) {
      const next = x < width ? sideOf(data[at + 1], low, high) : 0;
      across[at] = before | here | next;
      before = here;
      here = next;
    }
  }
  const out = new Uint8Array(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    const [above, below] = [y > 0 ? -width : 0, y < height - 1 ? width : 0];
    for (let x = 0; x < width; x++, at++) {
      out[at] = (across[at] | across[at + above] | across[at + below]) === 3 ? 1 : 0;
    }
  }
  return { width, height, data: out };
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function sideOf(value, low, high) {
  return (value > low ? 1 : 0) | (value < high ? 2 : 0);
}

/**
 * The border between inside and outside, both of its sides.
 * @param {Mask} mask
 * @returns {Mask}
 */
export function contourOf({ width, height, data }) {
  return edgesOf(/** @type {any} */ ({ width, height, data }), 0.5, 0.5);
}

/**
 * The smallest of each pixel and its four neighbours beside it.
 * @param {Plane} plane
 * @returns {Plane}
 */
export function erodeByCross({ width, height, data }) {
  const out = data.slice();
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      let least = data[at];
      if (x > 0) least = Math.min(least, data[at - 1]);
      if (x < width - 1) least = Math.min(least, data[at + 1]);
      if (y > 0) least = Math.min(least, data[at - width]);
      if (y < height - 1) least = Math.min(least, data[at + width]);
      out[at] = least;
    }
  }
  return { width, height, data: out };
}

/** @typedef {{left: number, top: number, right: number, bottom: number, area: number}} Component its box and pixels */

/**
 * Connected components, diagonal neighbours included. Label 0 is the background, for which there is no component.
 * @param {Mask} mask
 * @returns {{labels: Int32Array, components: Component[]}} `components[label]`, from 1 on
 */
export function connected({ width, height, data }) {
  const labels = new Int32Array(data.length);
  // Of each label another one of the same component, or itself: the root, which has the lowest number of all.
  const parents = new Int32Array(Math.ceil(data.length / 2) + 2);
  let count = 1;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (!data[at]) continue;
      const above = y > 0 ? labels[at - width] : 0;
      let label = above;
      if (!above) {
        // These three touch one another only through the pixel above.
        label = x > 0 ? labels[at - 1] : 0;
        if (y > 0) {
          const before = x > 0 ? labels[at - width - 1] : 0;
          const after = x < width - 1 ? labels[at - width + 1] : 0;
          if (before) label = label && label !== before ? united(parents, label, before) : before;
          if (after) label = label && label !== after ? united(parents, label, after) : after;
        }
      }
      if (!label) parents[(label = count)] = count++;
      labels[at] = label;
    }
  }
  return { labels, components: measured(labels, width, parents, count) };
}

/**
 * @param {Int32Array} parents
 * @param {number} label
 */
function rootOf(parents, label) {
  while (parents[label] !== label) label = parents[label] = parents[parents[label]];
  return label;
}

/**
 * @param {Int32Array} parents
 * @param {number} one
 * @param {number} other
 * @returns {number} the root of both
 */
function united(parents, one, other) {
  const [a, b] = [rootOf(parents, one), rootOf(parents, other)];
  return (parents[Math.max(a, b)] = Math.min(a, b));
}

/**
 * Numbers the components one after the other, and measures them.
 * @param {Int32Array} labels
 * @param {number} width
 * @param {Int32Array} parents
 * @param {number} count of labels
 * @returns {Component[]}
 */
function measured(labels, width, parents, count) {
  const numbers = new Int32Array(count);
  /** @type {Component[]} */
  const components = [{ left: 0, top: 0, right: 0, bottom: 0, area: 0 }];
  for (let label = 1; label < count; label++) {
    const root = rootOf(parents, label);
    if (root !== label) numbers[label] = numbers[root];
    else {
      numbers[label] = components.length;
      components.push({ left: Infinity, top: Infinity, right: 0, bottom: 0, area: 0 });
    }
  }
  for (let at = 0, x = 0, y = 0; at < labels.length; at++) {
    if (labels[at]) {
      const one = components[(labels[at] = numbers[labels[at]])];
      one.area++;
      if (x < one.left) one.left = x;
      if (x >= one.right) one.right = x + 1;
      if (y < one.top) one.top = y;
      one.bottom = y + 1;
    }
    if (++x === width) {
      x = 0;
      y++;
    }
  }
  return components;
}

/**
 * How far each pixel is from the nearest 0, in pixels; very far where there is none.
 * @param {Mask} mask
 * @returns {Plane}
 */
export function distances({ width, height, data }) {
  // A frame of one pixel, which is very far, saves asking at each border.
  const wide = width + 2;
  const all = new Float32Array(wide * (height + 2)).fill(FAR);
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = (y + 1) * wide + 1; x < width; x++, at++) {
      if (!data[y * width + x]) {
        all[at] = 0;
        continue;
      }
      const above = Math.min(all[at - wide - 1], all[at - wide + 1]) + ACROSS;
      all[at] = Math.min(above, Math.min(all[at - 1], all[at - wide]) + BESIDE);
    }
  }
  const out = new Float32Array(width * height);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1, at = (y + 1) * wide + width; x >= 0; x--, at--) {
      const below = Math.min(all[at + wide - 1], all[at + wide + 1]) + ACROSS;
      all[at] = Math.min(all[at], below, Math.min(all[at + 1], all[at + wide]) + BESIDE);
      out[y * width + x] = all[at];
    }
  }
  return { width, height, data: out };
}
