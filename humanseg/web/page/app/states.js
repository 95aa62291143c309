/** What became of a photo. */

/** @typedef {import("./photos.js").Item} Item */

/** The confidence below which a cut-out is worth a look, as in humanseg/confidence.py. */
export const DOUBTFUL = 0.8;

/** Whether there is a cut-out with somebody in it. @param {Item | null} item */
export const isCutOut = (item) => item?.state === "done" && item.found;

/** Whether it was looked at and nobody found. @param {Item} item */
export const isEmpty = (item) => item.state === "done" && !item.found;

/** Whether the cut-out can be expected to have faults. @param {Item} item */
export const isDoubtful = (item) => isCutOut(item) && item.confidence < DOUBTFUL;
