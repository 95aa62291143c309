/** Every sentence that the page says by itself, in one place. */

import { isDoubtful, isEmpty } from "./states.js";

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

export const NOBODY_SHORT = "Nobody was found here";
export const WAITING = "Waiting";
export const FAILED_SHORT = "Failed";
export const WORKING_ONE = "Cutting out …";
export const COPIED = "Copied: paste it wherever you like.";
export const NOT_COPIED = "This browser doesn't let the page copy pictures: download it instead.";
export const PACKING = "Packing the ZIP …";
export const ENCODING = "Making the file …";
export const NOTHING_PASTED = "There is no picture in what you pasted: copy a picture, then paste it here.";
export const OWN_UNREADABLE = "Your own picture can't be read: give a JPEG, PNG or WebP.";
export const HEIC = "this browser can't read HEIC photos: Safari can, or save it as JPEG first.";
export const UNREADABLE = "this can't be read as a picture: give a JPEG, PNG, WebP or AVIF.";
export const TOO_LITTLE_MEMORY = "this photo needs more memory than the browser has: make it smaller and try again.";
export const ZIP_TOO_BIG = "All of them together are more than a ZIP can hold (4 GB): download them one by one.";
export const OFFLINE_READY = "It is stored in this browser: it works without a connection now.";

/** @param {number} done @param {number} total */
export const fetching = (done, total) => `Fetching the network: ${megabytes(done)} of ${megabytes(total)} MB, once.`;

/** @param {import("./photos.js").Item} item */
export function doneOne(item) {
  const smaller = item.reduced ? ", made smaller for this device," : ",";
  const said = `${item.file.name}: ${item.width} × ${item.height} pixels${smaller} ${item.seconds.toFixed(1)} s.`;
  return isDoubtful(item) ? `${said} It may have faults: worth a look.` : said;
}

/** @param {string} name */
export const doubtfulCaption = (name) => `Worth a look: ${name}`;

/** @param {string} name */
export const nobody = (name) => `Nobody was found in ${name}.`;

/** @param {string} name @param {string} why */
export const failed = (name, why) => `${name}: ${why}`;

/** @param {number} done @param {number} total */
export const working = (done, total) => `${done} of ${total} photos done.`;

/** @param {number} seconds NaN where it isn't known yet */
export const left = (seconds) => (Number.isNaN(seconds) ? "" : `About ${duration(seconds)} left`);

/** @param {import("./photos.js").Item[]} items all of them */
export function finished(items) {
  const [failures, doubtful, empty] = [(/** @type {any} */ item) => item.state === "failed", isDoubtful, isEmpty].map(
    (fits) => items.filter(fits).length,
  );
  const done = items.length - failures;
  const but = (doubtful ? `, ${doubtful} worth a look` : "") + (empty ? `, ${empty} without anybody` : "");
  if (!failures) return `${done} photos done${but}.`;
  return `${done} of ${items.length} photos done${but}, ${failures} failed: the gallery says why.`;
}

/** @param {number} count */
export const notPictures = (count) =>
  count === 1 ? "That file is no picture: give a JPEG, PNG, WebP or HEIC." : `${count} of these files are no pictures and were left out.`;

/** @param {string} says what the engine runs on */
export const runsOn = (says) => `Runs on ${says}. Nothing is sent.`;

export const DOWNLOAD_CUT_OUT = "Download cut-out";
export const DOWNLOAD_PICTURE = "Download picture";
export const NOT_MADE = "The file couldn't be made: there may be too little memory, so close other tabs and try again.";

/** @param {number} at @param {number} total */
export const packing = (at, total) => `Packing photo ${at} of ${total} …`;
