/** A network open in LiteRT, on the processor: for frames, of which one is as large as the one before. */

import { readOnnx } from "./onnx-graph.js";
import { hasRelaxedSimd, liteBuild, threadCount } from "./runtime.js";
import { writeTflite } from "./tflite-file.js";
import { LiteGraph } from "./tflite-graph.js";

/** @typedef {import("./network.js").Picture} Picture */

/** @typedef {{width: number, height: number, input: any, compiled: any, close: () => void}} Compiled */

export class LiteSession {
  /** @type {any} LiteRT's WebAssembly */ #lite;
  /** @type {any} */ #environment;
  /** @type {any} */ #Builder;
  #onnx;
  #names;
  /** @type {Compiled | null} for pictures of one size */ #compiled = null;

  /**
   * @param {any} lite
   * @param {any} Builder
   * @param {Uint8Array} weights
   * @param {{input: string, output: string}} names
   */
  constructor(lite, Builder, weights, names) {
    this.#lite = lite;
    this.#environment = lite.LiteRtEnvironment.create(null);
    this.#Builder = Builder;
    this.#onnx = readOnnx(weights);
    this.#names = names;
  }

  /**
   * @param {URL} folder of the runtime
   * @param {Uint8Array} weights `model.onnx`
   * @param {{input: string, output: string}} names
   * @param {{width: number, height: number}} size of the first picture, most likely
   * @throws {Error} the browser or the network isn't one for LiteRT
   */
  static async open(folder, weights, names, size) {
    if (!hasRelaxedSimd()) throw new Error("this browser has no relaxed SIMD");
    const [lite, { Builder }] = await Promise.all([load(folder), import(new URL("flatbuffers/builder.js", folder).href)]);
    const session = new LiteSession(lite, Builder, weights, names);
    await session.#compile(size);
    return session;
  }

  /**
   * @param {Picture} picture
   * @returns {Promise<Float32Array>} its alpha, row after row
   */
  async run({ width, height, data }) {
    const known = this.#compiled;
    const { input, compiled } = known?.width === width && known.height === height ? known : await this.#compile({ width, height });
    const { READ, WRITE } = this.#lite.LiteRtTensorBufferLockMode;
    const pixels = input.lock(WRITE);
    fill(new Float32Array(this.#lite.HEAPU8.buffer, pixels, 3 * width * height), data);
    input.unlock();
    const [output] = await compiled.run(0, [input]);
    try {
      const alpha = output.lock(READ);
      return new Float32Array(this.#lite.HEAPU8.buffer, alpha, width * height).slice();
    } finally {
      output.unlock();
      output.delete();
    }
  }

  /**
   * Prepares for pictures of this size alone, since LiteRT plans its memory for one.
   * @param {{width: number, height: number}} size
   * @returns {Promise<Compiled>}
   */
  async #compile({ width, height }) {
    await this.release();
    const lite = this.#lite;
    const file = writeTflite(new LiteGraph(this.#onnx, this.#names, height, width), this.#Builder);
    const address = lite._malloc(file.length);
    if (!address) throw new RangeError("LiteRT has no memory left");
    lite.HEAPU8.set(file, address);
    const model = lite.loadModel(this.#environment, address, file.length);
    const compiled = await lite.compileModel(this.#environment, model, {
      environment: this.#environment,
      accelerator: "wasm",
      cpuOptions: { numThreads: threadCount() },
      gpuOptions: {},
      webNNOptions: {},
    });
    const type = model.getInputTensorType(0, 0);
    const { HOST_MEMORY } = lite.LiteRtTensorBufferType;
    const input = lite.LiteRtTensorBuffer.createManaged(this.#environment, HOST_MEMORY, type, type.bytes());
    type.delete();
    const close = () => {
      for (const one of [input, compiled, model]) one.delete();
      lite._free(address); // which the model reads its constants from
    };
    return (this.#compiled = { width, height, input, compiled, close });
  }

  async release() {
    this.#compiled?.close();
    this.#compiled = null;
  }
}

/**
 * LiteRT's WebAssembly, started. The package's own loader isn't used: it wants what workers of modules don't have.
 * @param {URL} folder
 * @returns {Promise<any>}
 */
async function load(folder) {
  const threads = threadCount();
  const address = new URL(`${liteBuild()}.js`, folder).href;
  /** @type {any} */
  let start = null;
  const scope = /** @type {any} */ (globalThis);
  // It's a script that gives itself to a loader of modules (AMD) where it finds one.
  scope.define = Object.assign((/** @type {unknown} */ _, /** @type {() => any} */ given) => (start = given()), { amd: true });
  try {
    await import(address);
  } finally {
    delete scope.define;
  }
  // It starts a worker for each core; more than the threads, and one to spare, would have nothing to do.
  Object.defineProperty(navigator, "hardwareConcurrency", { value: threads + 1, configurable: true });
  try {
    const lite = await start({
      locateFile: (/** @type {string} */ name) => new URL(name, folder).href,
      mainScriptUrlOrBlob: address, // which its threads start from
      printErr: console.debug, // it tells of each thing that it finds and doesn't find
    });
    lite.setupLogging();
    return lite;
  } finally {
    delete (/** @type {any} */ (navigator).hardwareConcurrency);
  }
}

/**
 * @param {Float32Array} out RGB from 0 to 255, the colours side by side
 * @param {Uint8ClampedArray} data RGBA
 */
function fill(out, data) {
  for (let at = 0, from = 0; at < out.length; at += 3, from += 4) {
    out[at] = data[from];
    out[at + 1] = data[from + 1];
    out[at + 2] = data[from + 2];
  }
}
