// Sizes and colours that composing needs.

/**
 * @param {VideoFrame | ImageBitmap} frame
 * @returns {{width: number, height: number}} in pixels as they are shown
 */
export function sizeOf(frame) {
  return "displayWidth" in frame
    ? { width: frame.displayWidth, height: frame.displayHeight }
    : { width: frame.width, height: frame.height };
}

/**
 * The part of a picture that is seen when it fills a frame.
 * @param {{width: number, height: number}} picture @param {number} width @param {number} height
 */
export function covering(picture, width, height) {
  const scale = Math.max(width / picture.width, height / picture.height);
  const seen = { width: width / scale, height: height / scale };
  return { left: (picture.width - seen.width) / 2, top: (picture.height - seen.height) / 2, ...seen };
}

/**
 * @param {string | undefined} colour "#rrggbb"
 * @returns {[number, number, number]} 0 to 255
 */
export function parsed(colour) {
  const value = parseInt((colour ?? "#ffffff").slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
