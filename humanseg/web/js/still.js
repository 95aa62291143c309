// A photo on its background: what a snapshot is saved as.

import { outOfFocus } from "./background.js";
import { covering } from "./geometry.js";

/** @typedef {import("./background.js").Background} Background */

// Long side in pixels at which a photo's background is blurred: a blur leaves no detail.
const BLUR_SIDE = 480;

/**
 * The finished picture as a PNG.
 * @param {ImageBitmap} photo closed here
 * @param {ImageData} cutout the people's own colours and their alpha, as large as the photo
 * @param {Background} background
 * @returns {Promise<Blob>}
 */
export async function still(photo, cutout, background) {
  const { width, height } = cutout;
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.imageSmoothingQuality = "high";
  if (background.kind === "colour") {
    context.fillStyle = background.colour ?? "#ffffff";
    context.fillRect(0, 0, width, height);
  } else if (background.kind === "picture" && background.picture) {
    const part = covering(background.picture, width, height);
    context.drawImage(background.picture, part.left, part.top, part.width, part.height, 0, 0, width, height);
  } else if (background.kind === "blur") {
    context.drawImage(behind(photo, cutout, background.strength ?? 0.02), 0, 0, width, height);
  }
  photo.close();
  context.drawImage(await createImageBitmap(cutout), 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** @param {ImageBitmap} photo @param {ImageData} cutout @param {number} strength */
function behind(photo, cutout, strength) {
  const scale = Math.min(1, BLUR_SIDE / Math.max(photo.width, photo.height));
  const width = Math.max(1, Math.round(photo.width * scale)), height = Math.max(1, Math.round(photo.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  context.drawImage(photo, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height).data;
  const alpha = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.min(cutout.height - 1, Math.round((y + 0.5) / scale)) * cutout.width;
    for (let x = 0; x < width; x++, i++) {
      alpha[i] = cutout.data[4 * (row + Math.min(cutout.width - 1, Math.round((x + 0.5) / scale))) + 3] / 255;
    }
  }
  const soft = outOfFocus(pixels, alpha, width, height, strength);
  Object.assign(canvas, { width: soft.width, height: soft.height });
  context.putImageData(soft, 0, 0);
  return canvas;
}
