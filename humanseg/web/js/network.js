/** A network in the browser: pixels in, alpha out, on what is faster here; the processor takes over from a lost GPU. */

import { K } from "./constants.js";
import { described, hasGpu, loadRuntime } from "./runtime.js";
import { Failure } from "./failure.js";
import { loadJson, loadWeights } from "./weights.js";

/** @typedef {import("./runtime.js").Device} Device */
/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture RGBA */
/** @typedef {import("./raster.js").Raster<Float32Array>} Plane an alpha in [0, 1] */

// A graphics chip that takes less for a frame, in milliseconds, is good enough: the processor isn't tried.
const QUICK = 15;

export class Network {
  /** @type {any} */ #ort = null;
  /** @type {any} */ #session = null;
  /** @type {URL} */ #runtime;
  /** @type {() => Promise<Uint8Array>} */ #weights;
  /** @type {Promise<never> | null} rejects when the GPU is lost */ #lost = null;
  /** @type {(changed: object) => void} */ #onChange;

  /**
   * @param {any} config as it's served
   * @param {URL} runtime
   * @param {() => Promise<Uint8Array>} weights
   * @param {(changed: object) => void} onChange
   */
  constructor(config, runtime, weights, onChange) {
    this.config = config.humanseg;
    this.names = config.onnx;
    this.#runtime = runtime;
    this.#weights = weights;
    this.#onChange = onChange;
    /** What it runs on, for the page. */
    this.on = described("wasm");
  }

  /**
   * @param {string} base where `engine.json` lies
   * @param {string} model
   * @param {"auto" | Device} device
   * @param {(loaded: number, total: number) => void} progress
   * @param {(changed: object) => void} onChange is told when it runs on something else
   */
  static async open(base, model, device, progress, onChange) {
    const site = await loadJson(new URL("engine.json", base));
    if (!site.ready) throw new Failure(site.says);
    const folder = new URL(site.models[model], base);
    const config = await loadJson(new URL("config.json", folder));
    Object.assign(K, config.constants);
    const address = new URL("model.onnx", folder);
    const first = await loadWeights(address, config.onnx, progress);
    const network = new Network(config, new URL(site.runtime, base), () => loadWeights(address, config.onnx), onChange);
    await network.#choose(device, model === "live" ? config.humanseg.live_size : config.humanseg.size, first);
    return network;
  }

  /**
   * The network's alpha of a picture, both of whose sides are multiples of its stride.
   * @param {Picture} picture
   * @returns {Promise<Plane>}
   */
  async run(picture) {
    try {
      return await this.#run(picture);
    } catch (error) {
      if (this.on.device !== "webgpu") throw error;
      console.warn(error);
    }
    await this.#open("wasm", await this.#weights());
    const says = `${this.on.says}, since the graphics chip was lost`;
    this.#onChange((this.on = { ...this.on, says }));
    return this.#run(picture);
  }

  /**
   * Opens the network on what was asked for, or on what is faster.
   * @param {"auto" | Device} device
   * @param {number} size in pixels of a frame to measure with
   * @param {Uint8Array} weights
   */
  async #choose(device, size, weights) {
    const gpu = device !== "wasm" && (await hasGpu(device === "webgpu"));
    if (device === "webgpu" && !gpu) {
      throw new Failure("This browser can't use a graphics chip (WebGPU): choose the processor.");
    }
    if (gpu && (await this.#tryGpu(device === "webgpu", size, weights))) return;
    await this.#open("wasm", weights);
  }

  /**
   * Opens the network on the GPU, unless that fails or the processor turns out to be faster.
   * @param {boolean} wanted however fast it is
   * @param {number} size
   * @param {Uint8Array} weights
   * @returns {Promise<boolean>} whether it's open there
   */
  async #tryGpu(wanted, size, weights) {
    try {
      await this.#open("webgpu", weights);
      if (wanted) return true;
      const onGpu = await this.#time(size);
      if (onGpu <= QUICK) return true;
      const [session, lost, on] = [this.#session, this.#lost, this.on];
      await this.#open("wasm", weights);
      if ((await this.#time(size)) < onGpu) {
        await session.release();
        return true;
      }
      await this.#session.release();
      [this.#session, this.#lost, this.on] = [session, lost, on];
      return true;
    } catch (error) {
      if (wanted) throw error;
      console.warn(error);
      this.#ort = null; // its WebAssembly may be in no state to go on
      return false;
    }
  }

  /**
   * The time of one frame, in milliseconds: the best of three, after one that prepares everything.
   * @param {number} size
   */
  async #time(size) {
    const height = Math.max(this.config.stride, Math.round((size * 0.75) / this.config.stride) * this.config.stride);
    const frame = { width: size, height, data: new Uint8ClampedArray(4 * size * height) };
    let best = Infinity;
    for (let round = 0; round < 4; round++) {
      const start = performance.now();
      await this.#run(frame);
      if (round) best = Math.min(best, performance.now() - start);
    }
    return best;
  }

  /**
   * @param {Device} device
   * @param {Uint8Array} weights
   */
  async #open(device, weights) {
    this.#ort ??= await loadRuntime(this.#runtime, device);
    this.#lost = null;
    this.#session = await this.#ort.InferenceSession.create(weights, { executionProviders: [device] });
    this.on = described(device);
    if (device === "webgpu") {
      const { lost } = await this.#ort.env.webgpu.device;
      this.#lost = lost.then((/** @type {any} */ info) =>
        Promise.reject(new Error(`The GPU was lost: ${info.message}`)),
      );
      this.#lost?.catch(() => {}); // whoever runs the next frame hears of it
    }
  }

  /**
   * @param {Picture} picture
   * @returns {Promise<Plane>}
   */
  async #run({ width, height, data }) {
    const tensor = new this.#ort.Tensor("float32", planes(data, width * height), [1, 3, height, width]);
    const running = this.#session.run({ [this.names.input]: tensor });
    const answer = await (this.#lost ? Promise.race([running, this.#lost]) : running);
    return { width, height, data: answer[this.names.output].data };
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
