/** A network in ONNX Runtime Web: weights that are checked, the device that suits this computer, pixels in, alpha out. */

import {K} from "./constants.js";
import {Failure} from "./failure.js";

/** @typedef {{width: number, height: number, data: Uint8ClampedArray}} Picture RGBA, row after row */
/** @typedef {{width: number, height: number, data: Float32Array}} Plane an alpha in [0, 1], row after row */

// More threads gain nothing for networks of this size, and a page isn't alone on a computer.
const MOST_THREADS = 8;
const BUNDLES = {wasm: "ort.wasm.min.mjs", webgpu: "ort.webgpu.min.mjs"};

export class Network {
  #ort;
  #session;

  /**
   * @param {any} ort
   * @param {any} session
   * @param {any} config
   * @param {{device: string, threads: number, says: string}} on
   */
  constructor(ort, session, config, on) {
    this.#ort = ort;
    this.#session = session;
    this.config = config.humanseg;
    Object.assign(K, config.constants);
    this.described = {...on, config: config.humanseg};
    this.names = config.onnx;
  }

  /**
   * @param {string} base where `engine.json` lies
   * @param {string} model
   * @param {string} device
   * @param {(loaded: number, total: number) => Promise<void>} progress
   */
  static async open(base, model, device, progress) {
    if (typeof WebAssembly !== "object") {
      throw new Failure("This browser has no WebAssembly, or it's turned off: use a current Firefox, Chrome, Edge or Safari.");
    }
    const site = await json(new URL("engine.json", base));
    if (!site.ready) throw new Failure(site.says);
    const folder = new URL(site.models[model], base);
    const runtime = new URL(site.runtime, base);
    const config = await json(new URL("config.json", folder));
    const weights = await loaded(new URL("model.onnx", folder), config.onnx, progress);
    const threads = globalThis.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
    const ort = await imported(runtime, "wasm");
    ort.env.wasm.wasmPaths = runtime.href;
    ort.env.wasm.numThreads = threads;
    const session = await ort.InferenceSession.create(weights, {executionProviders: ["wasm"]});
    const words = threads > 1 ? `${threads} threads of this computer's processor` : "one thread of this computer's processor";
    return new Network(ort, session, config, {device: "wasm", threads, says: words});
  }

  /**
   * The network's alpha of a picture, both of whose sides are multiples of its stride.
   * @param {Picture} picture
   * @returns {Promise<Plane>}
   */
  async run({width, height, data}) {
    const tensor = new this.#ort.Tensor("float32", planes(data, width * height), [1, 3, height, width]);
    const {[this.names.output]: output} = await this.#session.run({[this.names.input]: tensor});
    return {width, height, data: output.data};
  }
}

/**
 * @param {Uint8ClampedArray} data
 * @param {number} count
 * @returns {Float32Array} RGB from 0 to 255, one colour after the other
 */
function planes(data, count) {
  const out = new Float32Array(3 * count);
  for (let pixel = 0, at = 0; pixel < count; pixel++, at += 4) {
    out[pixel] = data[at];
    out[pixel + count] = data[at + 1];
    out[pixel + 2 * count] = data[at + 2];
  }
  return out;
}

/**
 * @param {URL} runtime
 * @param {keyof typeof BUNDLES} device
 * @returns {Promise<any>}
 */
async function imported(runtime, device) {
  try {
    return await import(new URL(BUNDLES[device], runtime).href);
  } catch {
    throw new Failure("The browser's runtime can't be loaded: check the connection and reload the page.");
  }
}

/** @param {URL} address */
async function json(address) {
  try {
    const answer = await fetch(address);
    if (answer.ok) return await answer.json();
  } catch {
    // Said below: there's one thing to do about all of it.
  }
  throw new Failure("The engine can't be loaded: check the connection and reload the page.");
}

/**
 * The bytes of the weights, checked.
 * @param {URL} address
 * @param {{bytes: number, sha256: string}} expected
 * @param {(loaded: number, total: number) => Promise<void>} progress
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function loaded(address, expected, progress) {
  const bytes = new Uint8Array(expected.bytes);
  let at = 0;
  try {
    const answer = await fetch(address);
    if (!answer.ok || !answer.body) throw new Failure("it isn't there");
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes.set(part.value, at);
      at += part.value.length;
      await progress(at, expected.bytes);
    }
  } catch {
    throw new Failure("The weights can't be loaded: check the connection and reload the page.");
  }
  if (at !== expected.bytes || !(await matches(bytes, expected.sha256))) {
    throw new Failure("The weights arrived damaged: empty the browser's cache for this page and reload it.");
  }
  return bytes;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} expected
 */
async function matches(bytes, expected) {
  if (!globalThis.crypto?.subtle) return true; // an address without https: there it's the length alone
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === expected;
}
