/** Which parts of a photo a second pass is shown, and how large; the twin of humanseg/crops.py. */

import { K } from "./constants.js";
import { connected, distances } from "./morphology.js";

/** @typedef {import("./morphology.js").Mask} Mask */
/** @typedef {{top: number, left: number, bottom: number, right: number}} Box in a picture's pixels */
/** @typedef {{width: number, height: number}} Size */

/**
 * The crops for a second pass over a photo, the largest first; none where nobody was found.
 * @param {Mask} person what the first pass found, at its own size
 * @param {Size} photo
 * @param {number} usualRadius see `Calibration.usual_inscribed_radius` in Python
 * @returns {{box: Box, scale: number}[]} `scale`: how many times larger its long side is shown than a whole photo's
 */
export function chooseCrops(person, photo, usualRadius) {
  const boxes = boxesOf(person, photo);
  const scales = scalesOf(person, boxes, photo, usualRadius);
  return boxes.map((box, i) => ({ box, scale: scales[i] }));
}

/**
 * @param {Mask} person
 * @param {Size} photo
 * @returns {Box[]}
 */
function boxesOf(person, photo) {
  const least = Math.max(1, K.crops.SMALLEST_COMPONENT * person.data.length);
  const components = connected(person)
    .components.slice(1)
    .filter(({ area }) => area >= least);
  if (!components.length) return [];
  /** @type {Box[]} */
  let groups = [];
  if (components.length <= K.crops.MOST_COMPONENTS) {
    groups = grouped(components.map((one) => withMargin(one, K.crops.GROUP_MARGIN, person)));
  }
  if (groups.length < 2 || groups.length > K.crops.MOST_GROUPS) {
    groups = [withMargin(components.map(boxOnly).reduce(around), K.crops.CROP_MARGIN, person)];
  }
  const boxes = groups.map((group) => scaled(group, person, photo));
  if (boxes.length === 1 && sides(boxes[0]).long > K.crops.CROP_BELOW * Math.max(photo.width, photo.height)) {
    return [{ top: 0, left: 0, bottom: photo.height, right: photo.width }];
  }
  return boxes.sort((one, other) => area(other) - area(one));
}

/**
 * The boxes, joined wherever one crop around two of them has fewer pixels than two crops.
 * @param {Box[]} boxes
 * @returns {Box[]}
 */
function grouped(boxes) {
  for (let i = 0; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length; j++) {
      const both = around(boxes[i], boxes[j]);
      if (area(both) < area(boxes[i]) + area(boxes[j])) {
        return grouped([both, ...boxes.filter((_, number) => number !== i && number !== j)]);
      }
    }
  }
  return boxes;
}

/**
 * A scale for each box, by how slim the people in it are; together never more pixels than one square photo at the
 * largest scale.
 * @param {Mask} person
 * @param {Box[]} boxes
 * @param {Size} photo
 * @param {number} usualRadius
 * @returns {number[]}
 */
function scalesOf(person, boxes, photo, usualRadius) {
  const { SMALLEST_SCALE, LARGEST_SCALE } = K.crops;
  const scales = boxes.map((box) => {
    const radius = inscribedRadius(person, scaled(box, photo, person));
    return Math.min(Math.max(Math.sqrt(usualRadius / radius), SMALLEST_SCALE), LARGEST_SCALE);
  });
  const squares = scales.reduce(
    (sum, scale, i) => sum + (scale ** 2 * sides(boxes[i]).short) / sides(boxes[i]).long,
    0,
  );
  const share = LARGEST_SCALE / Math.max(LARGEST_SCALE, Math.sqrt(squares));
  return scales.map((scale) => scale * share);
}

/**
 * The radius of the largest circle that fits into the people in a box, by the box's long side.
 * @param {Mask} person
 * @param {Box} box
 */
function inscribedRadius(person, { top, left, bottom, right }) {
  const [width, height] = [right - left, bottom - top];
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = (top + y) * person.width;
    data.set(person.data.subarray(row + left, row + right), y * width);
  }
  if (!data.includes(0)) return 1;
  const radius = distances({ width, height, data }).data.reduce((most, one) => Math.max(most, one), 0);
  return Math.max(radius, 0.5) / Math.max(width, height);
}

/** @param {Box} box */
function sides({ top, left, bottom, right }) {
  return { short: Math.min(bottom - top, right - left), long: Math.max(bottom - top, right - left) };
}

/** @param {Box} box */
function area({ top, left, bottom, right }) {
  return (bottom - top) * (right - left);
}

/**
 * @param {Box} box
 * @returns {Box}
 */
function boxOnly({ top, left, bottom, right }) {
  return { top, left, bottom, right };
}

/**
 * @param {Box} one
 * @param {Box} other
 * @returns {Box} the smallest around both
 */
function around(one, other) {
  return {
    top: Math.min(one.top, other.top),
    left: Math.min(one.left, other.left),
    bottom: Math.max(one.bottom, other.bottom),
    right: Math.max(one.right, other.right),
  };
}

/**
 * Larger by this share of the long side on each side, but within the picture.
 * @param {Box} box
 * @param {number} margin
 * @param {Size} picture
 * @returns {Box}
 */
function withMargin(box, margin, { width, height }) {
  const more = margin * sides(box).long;
  return {
    top: Math.max(0, box.top - more),
    left: Math.max(0, box.left - more),
    bottom: Math.min(height, box.bottom + more),
    right: Math.min(width, box.right + more),
  };
}

/**
 * The same part of a picture of another size, in whole pixels.
 * @param {Box} box
 * @param {Size} from
 * @param {Size} to
 * @returns {Box}
 */
function scaled(box, from, to) {
  const [down, across] = [to.height / from.height, to.width / from.width];
  return {
    top: Math.trunc(box.top * down),
    left: Math.trunc(box.left * across),
    bottom: Math.min(to.height, Math.ceil(box.bottom * down)),
    right: Math.min(to.width, Math.ceil(box.right * across)),
  };
}
