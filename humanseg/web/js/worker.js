/** The engine's worker: takes one request after the other, and answers with arrays or with one sentence. */

import { Failure } from "./failure.js";
import { Network } from "./network.js";
import { cutOut, frameAlpha } from "./pipeline.js";
import { filesForFrames } from "./runtime.js";

/** @type {Network | null} */
let network = null;
/** @type {Promise<unknown>} */
let last = Promise.resolve();
/** @type {Set<number>} */
const cancelled = new Set();

/** @typedef {(...values: any[]) => Promise<void>} Progress */

/** @type {Record<string, (request: any, progress: Progress) => Promise<{result: any, moved?: Transferable[]}>>} */
const KINDS = {
  async open({ base, model, device }, progress) {
    network = await Network.open(base, model, device, progress, (changed) => postMessage({ changed }));
    const { on, config } = network;
    return { result: { ...on, config, forFrames: filesForFrames(on.device) } };
  },
  async photo({ source, secondPass }, progress) {
    return cutOut(opened(), source, secondPass, progress);
  },
  async frame({ source, size }) {
    return frameAlpha(opened(), source, size);
  },
};

function opened() {
  if (!network) throw new Failure("The engine isn't open: reload the page.");
  return network;
}

/** @param {any} request */
async function answer(request) {
  const { number, kind } = request;
  try {
    /** @type {Progress} */
    const progress = async (...values) => {
      postMessage({ number, progress: values });
      await messages();
      if (cancelled.has(number)) throw new DOMException("The photo was given up.", "AbortError");
    };
    const { result, moved = [] } = await KINDS[kind](request, progress);
    postMessage({ number, result }, { transfer: moved });
  } catch (error) {
    if (!cancelled.has(number)) console.error(error);
    postMessage({ number, error: sentence(error, kind) });
  } finally {
    cancelled.delete(number);
  }
}

/** Lets messages in that came meanwhile; a timer would wait for several milliseconds each time. */
function messages() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}

// By what was asked for.
const TOO_LITTLE_MEMORY = {
  open: "The browser has too little memory left for the network: close other tabs, and try again.",
  photo: "This picture needs more memory than the browser has left: close other tabs, or make it smaller.",
  frame: "The browser has too little memory left for the camera: close other tabs, then start it again.",
};

/**
 * @param {unknown} error
 * @param {keyof typeof TOO_LITTLE_MEMORY} kind
 * @returns {string}
 */
function sentence(error, kind) {
  if (error instanceof Failure) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  // What browsers, ONNX Runtime and LiteRT say.
  if (error instanceof RangeError || /memory|alloc|\bOOM\b/i.test(reason)) return TOO_LITTLE_MEMORY[kind];
  return `The engine failed (${reason.slice(0, 200)}): reload the page.`;
}

addEventListener("message", ({ data }) => {
  if (data.kind === "cancel") {
    cancelled.add(data.number);
    return;
  }
  last = last.then(() => answer(data));
});
