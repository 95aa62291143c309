/** Composes and encodes pictures in a worker, so that the page never waits for it. See studio.js for what it's asked. */

import { canvas, paint } from "./paint.js";
import { zip } from "./zip.js";

/** @typedef {import("./paint.js").Backdrop} Backdrop */
/** @typedef {{id: number, file: Blob, png: Blob, width: number, height: number}} Done a photo with its cut-out */

const PREVIEW_SIDE = 1600; // pixels of the long side on the page: enough for the widest stage at two pixels to a point
const THUMBNAIL_SIDE = 320;
const PICTURE_SIDE = 4096; // of a picture behind the people
const TYPES = { png: "image/png", jpeg: "image/jpeg", webp: "image/webp" };
const QUALITY = 0.92;
const STRIP = 1 << 20; // pixels that are put on a canvas at once

/** The small copies of the photo that was looked at last. @type {{id: number, photo: ImageBitmap, cut: ImageBitmap} | null} */
let small = null;
/** The picture that was behind people last. @type {{from: Blob | string, side: number, bitmap: ImageBitmap} | null} */
let behind = null;

/** @param {number} width @param {number} height @param {number} side */
function fit(width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  return { resizeWidth: Math.max(1, Math.round(width * scale)), resizeHeight: Math.max(1, Math.round(height * scale)) };
}

/** @param {Blob} blob @param {number} width @param {number} height @param {number} side @returns {Promise<ImageBitmap>} */
function decode(blob, width, height, side) {
  return createImageBitmap(blob, { ...fit(width, height, side), resizeQuality: "high" });
}

/** @param {Done} photo */
async function smallCopies(photo) {
  if (small?.id !== photo.id) {
    small?.photo.close();
    small?.cut.close();
    small = null;
    const { file, png, width, height } = photo;
    // One after the other, since each is decoded at its full size first.
    const before = await decode(file, width, height, PREVIEW_SIDE);
    small = { id: photo.id, photo: before, cut: await decode(png, width, height, PREVIEW_SIDE) };
  }
  return small;
}

/** @param {Backdrop} backdrop @param {number} side @returns {Promise<ImageBitmap | null>} */
async function pictureOf(backdrop, side) {
  const from = backdrop.picture;
  if (backdrop.kind !== "picture" || !from) return null;
  if (behind?.from !== from || behind.side !== side) {
    behind?.bitmap.close();
    behind = null;
    const blob = typeof from === "string" ? await (await fetch(from)).blob() : from;
    const full = await createImageBitmap(blob);
    const wanted = fit(full.width, full.height, side);
    const bitmap = wanted.resizeWidth < full.width ? await createImageBitmap(full, { ...wanted, resizeQuality: "high" }) : full;
    if (bitmap !== full) full.close();
    behind = { from, side, bitmap };
  }
  return behind.bitmap;
}

const OPERATIONS = {
  /** The cut-out as a PNG, and what the gallery shows of it. @param {{rgba: ImageDataArray, width: number}} asked */
  async keep({ rgba, width }) {
    const height = rgba.length / 4 / width;
    const context = canvas(width, height);
    const rows = Math.max(1, Math.floor(STRIP / width));
    for (let top = 0; top < height; top += rows) {
      const part = rgba.subarray(4 * width * top, 4 * width * Math.min(height, top + rows));
      context.putImageData(new ImageData(/** @type {ImageDataArray} */ (part), width), 0, top);
    }
    const { resizeWidth, resizeHeight } = fit(width, height, THUMBNAIL_SIDE);
    const little = canvas(resizeWidth, resizeHeight);
    little.drawImage(context.canvas, 0, 0, resizeWidth, resizeHeight);
    const png = await context.canvas.convertToBlob({ type: TYPES.png });
    context.canvas.width = context.canvas.height = 0;
    return { png, thumbnail: await little.canvas.convertToBlob({ type: TYPES.png }) };
  },

  /** Before and after, for the page. @param {{photo: Done, backdrop: Backdrop}} asked */
  async preview({ photo, backdrop }) {
    const picture = await pictureOf(backdrop, PREVIEW_SIDE);
    const copies = await smallCopies(photo);
    const after = paint(copies.cut, backdrop, { photo: copies.photo, picture }).transferToImageBitmap();
    return { before: await createImageBitmap(copies.photo), after };
  },

  /** The finished picture at the photo's size. @param {{photo: Done, backdrop: Backdrop, format: "png" | "jpeg" | "webp"}} asked */
  async export({ photo, backdrop, format }) {
    if (backdrop.kind === "transparent" && format === "png") return photo.png;
    const picture = await pictureOf(backdrop, PICTURE_SIDE);
    const cut = await createImageBitmap(photo.png);
    // Of the photo itself no more is needed than the blur's detail.
    const before = backdrop.kind === "blur" ? await decode(photo.file, photo.width, photo.height, PREVIEW_SIDE) : null;
    const made = paint(cut, backdrop, { photo: before, picture });
    cut.close();
    before?.close();
    const blob = await made.convertToBlob({ type: TYPES[format], quality: QUALITY });
    made.width = made.height = 0;
    return blob;
  },

  /** @param {{files: {name: string, blob: Blob}[]}} asked */
  zip: ({ files }) => zip(files),

  /** Drops what is kept. */
  async forget() {
    small?.photo.close();
    small?.cut.close();
    small = null;
  },
};

/** @param {any} result @returns {Transferable[]} */
const transferable = (result) => [result?.before, result?.after].filter(Boolean);

/** One after another: a large photo alone may take most of the memory that there is. */
let last = Promise.resolve();

self.onmessage = ({ data: { number, kind, asked } }) => {
  last = last.then(async () => {
    try {
      const result = await OPERATIONS[/** @type {keyof typeof OPERATIONS} */ (kind)](asked);
      self.postMessage({ number, result }, { transfer: transferable(result) });
    } catch (error) {
      self.postMessage({ number, error: { name: /** @type {Error} */ (error).name, message: `${error}` } });
    }
  });
};
