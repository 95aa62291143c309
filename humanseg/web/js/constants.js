/** The pipeline's constants by module and name, as they stand in Python; they come along with the weights. */

/** @type {Record<string, Record<string, any>>} */
export const K = {};
