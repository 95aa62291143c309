/**
 * Puts a cut-out on a background, on a 2D canvas of any size: as `on_picture`, `on_colour` and `blurred` in
 * humanseg/compose.py.
 */

import { blurBackground, blurSize, gaussian } from "./blur.js";

/**
 * What goes behind the people.
 *
 * @typedef {object} Backdrop
 * @property {"transparent" | "colour" | "blur" | "picture"} kind
 * @property {string} colour #rrggbb
 * @property {number} strength of the blur: standard deviation as a share of the photo's diagonal
 * @property {Blob | string | null} picture a file, or the address of one on this site
 */

/** How far the picture's light reaches over the people's edge, 0 to 1: the default of the Gradio page's slider. */
const LIGHT_WRAP = 0.15;
const LARGEST_SMALL = 512; // pixels: light has no detail, so it's worked out on a small copy
const STRIP = 1024; // rows that are blended at once, so that a large photo needs no second canvas of its size

/**
 * @param {number} width @param {number} height
 * @returns {OffscreenCanvasRenderingContext2D}
 * @throws {RangeError} there is no memory for it
 */
export function canvas(width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: false });
  if (!context) throw new RangeError("no memory for a canvas");
  context.imageSmoothingQuality = "high";
  return context;
}

/**
 * @param {CanvasImageSource} source @param {number} width @param {number} height
 * @returns {ImageData} the picture at a small size
 */
function pixels(source, width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new RangeError("no memory for a canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/**
 * @param {ImageBitmap} cut the cut-out; the finished picture has its size
 * @param {Backdrop} backdrop
 * @param {{photo?: ImageBitmap | null, picture?: ImageBitmap | null}} behind the photo, for a blur, or the picture
 * @returns {OffscreenCanvas}
 */
export function paint(cut, backdrop, behind) {
  const { width, height } = cut;
  const context = canvas(width, height);
  if (backdrop.kind === "colour") {
    context.fillStyle = backdrop.colour;
    context.fillRect(0, 0, width, height);
  } else if (backdrop.kind === "blur" && behind.photo) {
    context.drawImage(blurred(behind.photo, cut, backdrop.strength), 0, 0, width, height);
  } else if (backdrop.kind === "picture" && behind.picture) {
    cover(context, behind.picture, width, height);
    drawLit(context, cut, behind.picture);
    return context.canvas;
  }
  context.drawImage(cut, 0, 0);
  return context.canvas;
}

/** @param {ImageBitmap} photo of any size @param {ImageBitmap} cut @param {number} strength @returns {OffscreenCanvas} */
function blurred(photo, cut, strength) {
  const { width, height, sigma } = blurSize(cut.width, cut.height, strength);
  const small = pixels(photo, width, height);
  blurBackground(small, pixels(cut, width, height).data, sigma);
  const context = canvas(width, height);
  context.putImageData(small, 0, 0);
  return context.canvas;
}

/**
 * Draws a picture so that it fills a frame; what is too much of it is cut off on both sides alike.
 *
 * @param {OffscreenCanvasRenderingContext2D} context @param {ImageBitmap} picture
 * @param {number} width @param {number} height
 */
function cover(context, picture, width, height) {
  const scale = Math.max(width / picture.width, height / picture.height);
  const [across, down] = [width / scale, height / scale];
  context.drawImage(picture, (picture.width - across) / 2, (picture.height - down) / 2, across, down, 0, 0, width, height);
}

/**
 * Draws the cut-out with the picture's light on its edges.
 *
 * @param {OffscreenCanvasRenderingContext2D} context @param {ImageBitmap} cut @param {ImageBitmap} picture
 */
function drawLit(context, cut, picture) {
  const { width, height } = cut;
  const light = glow(cut, picture);
  for (let top = 0; top < height; top += STRIP) {
    const rows = Math.min(STRIP, height - top);
    const strip = canvas(width, rows);
    strip.drawImage(cut, 0, top, width, rows, 0, 0, width, rows);
    strip.globalCompositeOperation = "source-atop";
    strip.drawImage(light, 0, -top, width, height);
    context.drawImage(strip.canvas, 0, top);
  }
}

/** @param {ImageBitmap} cut @param {ImageBitmap} picture @returns {OffscreenCanvas} the light, see-through where none is */
function glow(cut, picture) {
  const scale = Math.min(1, LARGEST_SMALL / Math.max(cut.width, cut.height));
  const width = Math.max(1, Math.round(cut.width * scale));
  const height = Math.max(1, Math.round(cut.height * scale));
  const sigma = 0.01 * Math.hypot(width, height);
  const context = canvas(width, height);
  cover(context, picture, width, height);
  const light = context.getImageData(0, 0, width, height);
  const alpha = pixels(cut, width, height).data;
  const outside = gaussian(Float32Array.from({ length: width * height }, (_, at) => 255 - alpha[4 * at + 3]), width, height, sigma);
  for (let channel = 0; channel < 3; channel++) {
    const plane = Float32Array.from({ length: width * height }, (_, at) => light.data[4 * at + channel]);
    gaussian(plane, width, height, sigma).forEach((value, at) => (light.data[4 * at + channel] = value + 0.5));
  }
  outside.forEach((value, at) => (light.data[4 * at + 3] = 0.6 * LIGHT_WRAP * value));
  context.putImageData(light, 0, 0);
  return context.canvas;
}
