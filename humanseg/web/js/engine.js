/**
 * The engine as a page sees it: photos and frames in, alphas out. All work is done in a worker, so that the page never
 * waits.
 *
 * @example
 * const engine = await Engine.open({base: "web/", model: "photo"});
 * const {cutout} = await engine.photo(file);
 * canvas.getContext("2d").putImageData(cutout, 0, 0);
 * engine.close();
 */

/**
 * @typedef {object} Options
 * @property {string | URL} base where `engine.json` lies; relative addresses count from the page's own
 * @property {"photo" | "live"} [model] which network
 * @property {"auto" | "webgpu" | "wasm"} [device] what it runs on; by default whichever is faster here
 * @property {(loaded: number, total: number) => void} [onProgress] bytes of the weights
 * @property {AbortSignal} [signal] ends the loading
 */

/**
 * @typedef {object} Photo
 * @property {number} width
 * @property {number} height
 * @property {ImageData} cutout the people's own colours, with the alpha as fourth channel
 * @property {Uint8Array} alpha 0 to 255, row after row
 * @property {boolean} personFound
 * @property {number} confidence the IoU with the truth that can be expected, 0 to 1
 */

/**
 * @typedef {object} Frame
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} alpha of the frame's aspect, at the network's size, 0 to 255: without doubtful parts, and
 *     empty where nobody is found
 * @property {Uint8Array} coarse the network's own, neither judged nor decided
 * @property {boolean} personFound
 * @property {Uint8ClampedArray} pixels of the frame at that size, RGBA
 * @property {number} ms that it took in the worker
 */

/** An error whose message is one sentence for people. */
export class EngineError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "EngineError";
  }
}

/**
 * @typedef {object} Waiting
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {(...values: any[]) => void} [progress]
 */

export class Engine {
  #worker;
  #next = 0;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** What it runs on: `webgpu` or `wasm`. */
  device = "";
  /** Of the processor, where it runs there. */
  threads = 0;
  /** What computes the network: `LiteRT` or `ONNX Runtime`. */
  runtime = "";
  /** What it runs on, in words. */
  says = "";
  /** @type {string[]} beginnings of the names of the runtime's files that frames will need besides */
  forFrames = [];
  /** @type {any} `config.json` of the weights */
  config = null;

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => this.#receive(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(
        new EngineError(`The engine stopped (${event.message || "its worker didn't start"}): reload the page.`),
      );
    });
  }

  /**
   * Loads runtime and weights, and chooses what they run on.
   * @param {Options} options
   * @returns {Promise<Engine>}
   * @throws {EngineError} with one sentence: what is missing or damaged, and what to do
   */
  static async open({ base, model = "photo", device = "auto", onProgress, signal }) {
    signal?.throwIfAborted();
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    const engine = new Engine(worker);
    const stop = () => engine.close(signal?.reason);
    signal?.addEventListener("abort", stop);
    try {
      const address = new URL(base, document.baseURI).href;
      Object.assign(engine, await engine.#ask("open", { base: address, model, device }, [], onProgress));
      return engine;
    } catch (error) {
      engine.close();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Cuts the people out of a photo.
   * @param {Blob | ImageBitmap | ImageData} source a bitmap is taken over and closed
   * @param {object} [options]
   * @param {boolean} [options.secondPass] takes twice the time, and is better at edges and small people
   * @param {(share: number, words: string) => void} [options.onProgress] what is done, 0 to 1, and what comes next
   * @param {AbortSignal} [options.signal] gives the photo up
   * @returns {Promise<Photo>}
   * @throws {EngineError} with one sentence: the file can't be read, too little memory
   */
  photo(source, { secondPass = true, onProgress, signal } = {}) {
    const done = this.#ask("photo", { source, secondPass }, movable(source), onProgress, signal);
    return done.then((found) => ({ ...found, cutout: new ImageData(found.cutout, found.width, found.height) }));
  }

  /**
   * The alpha of one frame of a camera or clip, by itself: smoothing over time is the caller's.
   * @param {VideoFrame | ImageBitmap | ImageData} source is taken over and closed
   * @param {{size?: number}} [options] long side in pixels that the network is shown; by default the weights' own
   * @returns {Promise<Frame>}
   */
  frame(source, { size } = {}) {
    return this.#ask("frame", { source, size }, movable(source));
  }

  /**
   * Ends the worker and frees its memory; what is under way is rejected.
   * @param {Error} [reason]
   */
  close(reason) {
    this.#worker.terminate();
    this.#fail(reason ?? new DOMException("The engine was closed.", "AbortError"));
  }

  /**
   * @param {string} kind
   * @param {object} content
   * @param {Transferable[]} [moved]
   * @param {(...values: any[]) => void} [progress]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  #ask(kind, content, moved = [], progress, signal) {
    const number = this.#next++;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#waiting.set(number, { resolve, reject, progress });
      this.#worker.postMessage({ number, kind, ...content }, moved);
      signal?.addEventListener("abort", () => {
        if (!this.#waiting.delete(number)) return;
        this.#worker.postMessage({ number, kind: "cancel" });
        reject(signal.reason);
      });
    });
  }

  /** @param {any} message */
  #receive({ number, result, error, progress, changed }) {
    if (changed) Object.assign(this, changed);
    const waiting = this.#waiting.get(number);
    if (!waiting) return;
    if (progress) {
      waiting.progress?.(...progress);
      return;
    }
    this.#waiting.delete(number);
    if (error) waiting.reject(new EngineError(error));
    else waiting.resolve(result);
  }

  /** @param {Error} error */
  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/**
 * @param {any} source
 * @returns {Transferable[]}
 */
function movable(source) {
  const frame = typeof VideoFrame === "function" && source instanceof VideoFrame;
  return frame || source instanceof ImageBitmap ? [source] : [];
}
