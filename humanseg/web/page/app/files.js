/** Picture files in and out: which ones can be read, what those that came out are called, how they get to the visitor. */

import { isDoubtful, isEmpty } from "./states.js";
import * as words from "./words.js";

const PICTURE = /\.(jpe?g|png|webp|gif|bmp|avif|heic|heif|tiff?)$/i;
const EXTENSIONS = { png: ".png", jpeg: ".jpg", webp: ".webp" };
const KINDS_OF_HEIC = ["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"]; // ISO/IEC 23008-12, annex B

/** @param {File} file */
export const isPicture = (file) => file.type.startsWith("image/") || PICTURE.test(file.name);

/** @param {Blob} file */
async function isHeic(file) {
  const head = new TextDecoder("latin1").decode(await file.slice(4, 12).arrayBuffer());
  return head.startsWith("ftyp") && KINDS_OF_HEIC.includes(head.slice(4));
}

/** Pixels of a photo that are worked on at most: on phones and tablets as many as a canvas of iOS holds. */
const MOST_PIXELS = 50e6;
const MOST_ON_PHONES = 16.7e6;
const LONGEST_SIDE = 16383; // pixels: of a canvas in Chrome, and of a WebP file

const isSmallDevice = () =>
  /** @type {any} */ (navigator).deviceMemory <= 4 || (navigator.maxTouchPoints > 1 && /iPhone|iPad|Mac|Android/.test(navigator.userAgent));

/**
 * The photo, or a smaller copy where it has more pixels than this device can work on.
 *
 * @param {File} file
 * @returns {Promise<File | ImageBitmap>}
 */
export async function bearable(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    // Unlike `decode`, this reads no more of it than its size.
    await new Promise((resolve, reject) => ((image.onload = resolve), (image.onerror = reject)));
    const { naturalWidth: width, naturalHeight: height } = image;
    const most = isSmallDevice() ? MOST_ON_PHONES : MOST_PIXELS;
    const scale = Math.min(1, Math.sqrt(most / (width * height)), LONGEST_SIDE / Math.max(width, height));
    if (!(scale < 1)) return file;
    const [resizeWidth, resizeHeight] = [width, height].map((side) => Math.max(1, Math.floor(side * scale)));
    return await createImageBitmap(file, { resizeWidth, resizeHeight, resizeQuality: "high" });
  } catch {
    return file; // the engine says what is wrong with it
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/**
 * What went wrong with a photo, as a sentence that goes on from its name.
 *
 * @param {Error} error @param {Blob} file
 */
export async function explained(error, file) {
  const decodes = await createImageBitmap(file, { resizeWidth: 1, resizeHeight: 1 }).then(
    (bitmap) => (bitmap.close(), true),
    () => false,
  );
  if (!decodes) return (await isHeic(file).catch(() => false)) ? words.HEIC : words.UNREADABLE;
  if (error.name === "EngineError") return error.message;
  console.error(error);
  return words.TOO_LITTLE_MEMORY;
}

/** @param {string} name @param {string} suffix @param {keyof typeof EXTENSIONS} format */
export function outputName(name, suffix, format) {
  return `${name.replace(/\.[^.]*$/, "") || "photo"}${suffix}${EXTENSIONS[format]}`;
}

/** Hands a file over as a download. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // slow disks and questions where to put it take a while
}

/** Whether this browser writes WebP; some give a PNG instead. */
export async function writesWebp() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const blob = await new Promise((/** @type {BlobCallback} */ resolve) => canvas.toBlob(resolve, "image/webp"));
  return blob?.type === "image/webp";
}

/** @param {import("./photos.js").Item[]} items @returns {string} CSV with a line per photo, as the server writes it */
export function report(items) {
  const rows = items.map((item) => {
    const known = item.state === "done";
    const size = known ? [item.width, item.height] : ["", ""];
    const look = isDoubtful(item) || isEmpty(item) ? "yes" : "no";
    const found = [item.found ? "yes" : "no", item.confidence.toFixed(3), look, item.seconds.toFixed(2)];
    return [harmless(item.file.name), ...size, ...(known ? found : ["", "", "", ""]), item.error];
  });
  const head = ["name", "width", "height", "person_found", "confidence", "worth_a_look", "seconds", "error"];
  return "\ufeff" + [head, ...rows].map((row) => row.map(quoted).join(",") + "\r\n").join("");
}

/** A spreadsheet would take a name that starts with one of these for a formula. @param {string} name */
const harmless = (name) => (/^[=+\-@]/.test(name) ? `'${name}` : name);

/** @param {string | number} value */
const quoted = (value) => (/[",\r\n]/.test(`${value}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value}`);
