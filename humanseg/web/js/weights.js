/** Files of the engine, over the network or from the browser's cache; weights are checked. */

import { Failure } from "./failure.js";

/** @typedef {(loaded: number, total: number) => unknown} Progress bytes */

/**
 * @param {URL} address
 * @returns {Promise<any>}
 */
export async function loadJson(address) {
  try {
    const answer = await fetch(address);
    if (answer.ok) return await answer.json();
  } catch {
    // Said below: there's one thing to do about all of it.
  }
  throw new Failure("The engine can't be loaded: check the connection and reload the page.");
}

/**
 * The bytes of the weights, whole.
 * @param {URL} address
 * @param {{bytes: number, sha256: string}} expected
 * @param {Progress} [progress]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function loadWeights(address, expected, progress = () => {}) {
  const bytes = await received(address, expected.bytes, progress);
  if (bytes && (await matches(bytes, expected.sha256))) return bytes;
  // What the browser has kept may be damaged; what lies on the server then isn't.
  const again = await received(address, expected.bytes, progress, "reload");
  if (again && (await matches(again, expected.sha256))) return again;
  throw new Failure("The weights arrived damaged twice: reload the page later, or tell whoever runs it.");
}

/**
 * @param {URL} address
 * @param {number} length
 * @param {Progress} progress
 * @param {RequestCache} [cache]
 * @returns {Promise<Uint8Array<ArrayBuffer> | null>} null if there are more or fewer bytes than there should be
 */
async function received(address, length, progress, cache = "default") {
  const bytes = new Uint8Array(length);
  let at = 0;
  try {
    const answer = await fetch(address, { cache });
    if (!answer.ok || !answer.body) throw new TypeError(answer.statusText);
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > length) return null;
      bytes.set(part.value, at);
      at += part.value.length;
      progress(at, length);
    }
  } catch {
    throw new Failure("The weights can't be loaded: check the connection and try again.");
  }
  return at === length ? bytes : null;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} expected
 */
async function matches(bytes, expected) {
  if (!globalThis.crypto?.subtle) return true; // an address without https: there the length has to do
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === expected;
}
