/** A network open in ONNX Runtime Web, on the processor or on the graphics chip. */

import { loadRuntime } from "./runtime.js";

/** @typedef {import("./network.js").Picture} Picture */
/** @typedef {import("./runtime.js").Device} Device */

export class OnnxSession {
  /** @type {any} */ #ort;
  /** @type {any} */ #session;
  #names;
  /** @type {Promise<never> | null} rejects when the GPU is lost */ #lost;

  /**
   * @param {any} ort
   * @param {any} session
   * @param {{input: string, output: string}} names
   * @param {Promise<never> | null} lost
   */
  constructor(ort, session, names, lost) {
    this.#ort = ort;
    this.#session = session;
    this.#names = names;
    this.#lost = lost;
  }

  /**
   * @param {URL} folder of the runtime
   * @param {Device} device
   * @param {Uint8Array} weights `model.onnx`
   * @param {{input: string, output: string}} names
   */
  static async open(folder, device, weights, names) {
    const ort = await loadRuntime(folder, device);
    const session = await ort.InferenceSession.create(weights, { executionProviders: [device] });
    const gpu = device === "webgpu" ? await ort.env.webgpu.device : null;
    return new OnnxSession(ort, session, names, gpu && loss(gpu));
  }

  /**
   * @param {Picture} picture
   * @returns {Promise<Float32Array>} its alpha, row after row
   */
  async run({ width, height, data }) {
    const tensor = new this.#ort.Tensor("float32", planes(data, width * height), [1, 3, height, width]);
    const running = this.#session.run({ [this.#names.input]: tensor });
    const answer = await (this.#lost ? Promise.race([running, this.#lost]) : running);
    return answer[this.#names.output].data;
  }

  async release() {
    await this.#session.release();
  }
}

/**
 * @param {{lost: Promise<{message: string}>}} gpu
 * @returns {Promise<never>}
 */
function loss(gpu) {
  const rejected = gpu.lost.then(({ message }) => Promise.reject(new Error(`The GPU was lost: ${message}`)));
  rejected.catch(() => {}); // whoever runs the next frame hears of it
  return rejected;
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
