/** A network in the browser: pixels in, alpha out, on what is faster here; the processor takes over from a lost GPU. */

import { K } from "./constants.js";
import { Failure } from "./failure.js";
import { LiteSession } from "./lite-session.js";
import { OnnxSession } from "./onnx-session.js";
import { described, hasGpu } from "./runtime.js";
import { loadJson, loadWeights } from "./weights.js";

/** @typedef {import("./runtime.js").Device} Device */
/** @typedef {import("./raster.js").Raster<Uint8ClampedArray>} Picture RGBA */
/** @typedef {import("./raster.js").Raster<Float32Array>} Plane an alpha in [0, 1] */

// A graphics chip that takes less for a frame, in milliseconds, is good enough: the processor isn't tried.
const QUICK = 15;

export class Network {
  /** @type {LiteSession | OnnxSession | null} */ #session = null;
  /** @type {URL} */ #runtime;
  /** @type {boolean} */ #forFrames;
  /** @type {() => Promise<Uint8Array>} */ #weights;
  /** @type {(changed: object) => void} */ #onChange;

  /**
   * @param {any} config as it's served
   * @param {boolean} forFrames rather than for photos
   * @param {URL} runtime
   * @param {() => Promise<Uint8Array>} weights
   * @param {(changed: object) => void} onChange
   */
  constructor(config, forFrames, runtime, weights, onChange) {
    this.config = config.humanseg;
    this.names = config.onnx;
    this.#forFrames = forFrames;
    this.#runtime = runtime;
    this.#weights = weights;
    this.#onChange = onChange;
    /** What it runs on, for the page. */
    this.on = { ...described("wasm"), runtime: "" };
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
    const again = () => loadWeights(address, config.onnx);
    const network = new Network(config, model === "live", new URL(site.runtime, base), again, onChange);
    await network.#choose(device, first);
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
   * @param {Picture} picture
   * @returns {Promise<Plane>}
   */
  async #run(picture) {
    const session = /** @type {LiteSession | OnnxSession} */ (this.#session);
    return { width: picture.width, height: picture.height, data: await session.run(picture) };
  }

  /**
   * Opens the network on what was asked for, or on what is faster.
   * @param {"auto" | Device} device
   * @param {Uint8Array} weights
   */
  async #choose(device, weights) {
    const gpu = device !== "wasm" && (await hasGpu(device === "webgpu"));
    if (device === "webgpu" && !gpu) {
      throw new Failure("This browser can't use a graphics chip (WebGPU): choose the processor.");
    }
    if (gpu && (await this.#tryGpu(device === "webgpu", weights))) return;
    await this.#open("wasm", weights);
  }

  /**
   * Opens the network on the GPU, unless that fails or the processor turns out to be faster.
   * @param {boolean} wanted however fast it is
   * @param {Uint8Array} weights
   * @returns {Promise<boolean>} whether it's open there, or on the processor already
   */
  async #tryGpu(wanted, weights) {
    try {
      await this.#open("webgpu", weights);
      if (wanted) return true;
      const onGpu = await this.#time();
      if (onGpu <= QUICK) return true;
      const [session, on] = [this.#session, this.on];
      await this.#open("wasm", weights);
      const isFaster = (await this.#time()) < onGpu;
      await (isFaster ? session : this.#session)?.release();
      if (!isFaster) [this.#session, this.on] = [session, on];
      return true;
    } catch (error) {
      if (wanted) throw error;
      console.warn(error);
      return false;
    }
  }

  /** The time of one frame, in milliseconds: the best of three, after one that prepares everything. */
  async #time() {
    const frame = { ...this.#usual, data: new Uint8ClampedArray(4 * this.#usual.width * this.#usual.height) };
    let best = Infinity;
    for (let round = 0; round < 4; round++) {
      const start = performance.now();
      await this.#run(frame);
      if (round) best = Math.min(best, performance.now() - start);
    }
    return best;
  }

  /** The size in pixels at which the network sees a picture of the usual shape. */
  get #usual() {
    const { stride, size, live_size: liveSize } = this.config;
    const width = this.#forFrames ? liveSize : size;
    return { width, height: Math.max(stride, Math.round((0.75 * width) / stride) * stride) };
  }

  /**
   * @param {Device} device
   * @param {Uint8Array} weights
   */
  async #open(device, weights) {
    const lite = device === "wasm" && this.#forFrames ? await this.#openLite(weights) : null;
    this.#session = lite ?? (await OnnxSession.open(this.#runtime, device, weights, this.names));
    this.on = { ...described(device), runtime: lite ? "LiteRT" : "ONNX Runtime" };
  }

  /**
   * LiteRT takes about half of ONNX Runtime's time on a processor, and prepares for each size of picture anew: frames
   * have one, photos have several each.
   * @param {Uint8Array} weights
   */
  async #openLite(weights) {
    try {
      return await LiteSession.open(this.#runtime, weights, this.names, this.#usual);
    } catch (error) {
      console.info("ONNX Runtime runs the frames, since LiteRT can't:", error);
      return null;
    }
  }
}
