// A camera with another background, live: camera -> net -> background -> canvas, the newest frame each time.

import { Camera } from "./camera.js";
import { ComposerClient } from "./composer-client.js";
import { Engine, EngineError } from "./engine.js";
import { Ladder } from "./ladder.js";
import { Rate } from "./rate.js";
import { ServerEngine } from "./server-engine.js";
import { cutOut } from "./snapshot.js";

/** @typedef {import("./background.js").Background} Background */

const GPU_LOST = "The graphics chip was taken away: your processor goes on drawing.";
const STOPPED = "The camera was stopped before the snapshot was done: start it again.";
// Long side in pixels of what the server is sent: the size that the webcam's net was made for.
const SENT = 256;
// Frames in a row that may fail before the camera is stopped.
const MOST_FAILURES = 3;

/**
 * @typedef {object} LiveOptions
 * @property {string} base address of the engine's files, see engine.js
 * @property {string | null} server address of the server's frames, null where there's no server
 * @property {HTMLElement} stage in which the canvas is put
 * @property {(sentence: string, bad?: boolean) => void} onSay
 * @property {(rate: import("./rate.js").Measured) => void} onRate once a second
 * @property {(loaded: number, total: number) => void} onProgress while weights are loaded, in bytes
 * @property {(sentence: string) => void} onEnd it has ended by itself
 * @property {() => void} onServer it goes on with the server, `why` says why
 * @property {() => void | Promise<void>} onReplace the canvas is about to be replaced by another one
 */

export class Live {
  /** @param {LiveOptions} options */
  constructor(options) {
    this.options = options;
    /** @type {Camera | null} */
    this.camera = null;
    /** @type {HTMLCanvasElement | null} */
    this.canvas = null;
    this.mirror = true;
    /** @type {() => Promise<Background>} */
    this.background = async () => ({ kind: "blur", strength: 0.02 });
    // Why it runs on the server although it was to run here.
    this.why = "";
    // Whether a snapshot is being cut out.
    this.shooting = false;
    // Each start has a number: what belongs to an earlier one ends by itself.
    this.run = 0;
  }

  get isOnServer() {
    return this.engine instanceof ServerEngine;
  }

  get isOn() {
    return this.camera !== null;
  }

  /**
   * Starts; resolves with the first frame on the canvas, rejects as `Camera.open` does or with the engine's sentence.
   * @param {import("./camera.js").Wanted & {onServer: boolean}} wanted
   */
  async start({ onServer, ...wanted }) {
    this.stop();
    const run = ++this.run;
    this.loading = new AbortController();
    // Both at once: the visitor needs as long to allow the camera as the weights need to come.
    const opening = this.#opened(onServer, this.loading.signal);
    const letGo = () => opening.then((engine) => engine.close(), () => {});
    const camera = await Camera.open(wanted, (sentence) => this.#end(run, sentence)).catch((error) => {
      letGo();
      throw error;
    });
    if (run !== this.run) {
      camera.close();
      letGo();
      return;
    }
    this.camera = camera;
    const engine = await opening;
    if (run !== this.run) return engine.close();
    this.engine = engine;
    this.ladder = new Ladder();
    this.rate = new Rate();
    this.#openCanvas(run, await this.background(), true);
    await new Promise((resolve) => {
      this.#loop(run, () => resolve(undefined));
    });
  }

  /**
   * The engine in the browser, or, where that can't be, the server's.
   * @param {boolean} onServer @param {AbortSignal} signal
   */
  async #opened(onServer, signal) {
    const { base, server } = this.options;
    const onProgress = (/** @type {number} */ done, /** @type {number} */ total) => {
      if (this.camera) this.options.onProgress(done, total);
    };
    this.why = "";
    if (onServer && server) return new ServerEngine(server);
    try {
      return await Engine.open({ base, model: "live", device: "auto", onProgress, signal });
    } catch (error) {
      if (!server || !(error instanceof EngineError)) throw error;
      this.why = error.message;
      return new ServerEngine(server);
    }
  }

  /** @param {number} run @param {Background} background @param {boolean} gpu */
  #openCanvas(run, background, gpu) {
    this.composer?.close();
    this.canvas?.remove();
    this.canvas = document.createElement("canvas");
    this.composer = new ComposerClient(this.canvas, {
      gpu,
      onLost: () => this.#openAgain(run),
    });
    this.composer.set(background);
    this.options.stage.append(this.canvas);
  }

  /** @param {number} run whose graphics chip was taken away */
  async #openAgain(run) {
    const background = await this.background();
    if (run !== this.run) return;
    await this.options.onReplace();
    this.#openCanvas(run, background, false);
    this.options.onSay(GPU_LOST);
  }

  /** @param {number} run @param {() => void} onFirst */
  async #loop(run, onFirst) {
    let failures = 0;
    /** @type {Promise<void>} */
    let drawing = Promise.resolve();
    while (run === this.run && this.camera && this.engine && this.ladder) {
      const captured = await this.camera.next();
      if (run !== this.run) return;
      const start = performance.now();
      const frame = await this.camera.take();
      try {
        const twin = "clone" in frame ? frame.clone() : await createImageBitmap(frame);
        const found = await this.engine.frame(twin, { size: this.isOnServer ? SENT : this.ladder.size });
        await drawing;
        if (run !== this.run) return frame.close();
        // A snapshot takes the processor for itself, for once.
        if (!this.isOnServer && !this.shooting) this.ladder.note({ busy: performance.now() - start, net: found.ms });
        drawing = this.#draw(run, captured, frame, found).then(onFirst);
        failures = 0;
      } catch (error) {
        frame.close();
        if (run !== this.run) return;
        if (++failures < MOST_FAILURES) continue;
        failures = 0;
        const sentence = String(/** @type {any} */ (error)?.message ?? error);
        if (!this.#goToServer(sentence)) return this.#end(run, sentence);
      }
    }
  }

  /**
   * Goes on with the server's engine where there is one.
   * @param {string} why
   */
  #goToServer(why) {
    if (this.isOnServer || !this.options.server) return false;
    this.engine?.close();
    this.engine = new ServerEngine(this.options.server);
    this.why = why;
    this.options.onServer();
    return true;
  }

  /**
   * @param {number} run @param {number} captured @param {VideoFrame | ImageBitmap} frame
   * @param {import("./engine.js").Frame} found
   */
  async #draw(run, captured, frame, { ms, ...found }) {
    try {
      const drawn = await this.composer?.draw({ frame, ...found, mirror: this.mirror });
      if (run !== this.run || !drawn || !this.rate || !this.engine) return;
      const measured = this.rate.note(captured, { net: ms, drawing: drawn.ms });
      if (measured) this.options.onRate(measured);
    } catch {
      // The canvas was replaced meanwhile: the next frame goes to the new one.
    }
  }

  /** Draws the next frames on `background()`. */
  async change() {
    this.composer?.set(await this.background());
  }

  /** Frames come again after a pause: what was before says nothing about now. */
  resume() {
    if (!this.rate) return;
    this.rate = new Rate();
    this.composer?.reset();
  }

  /** @param {number} run @param {string} sentence */
  #end(run, sentence) {
    if (run !== this.run) return;
    this.stop();
    this.options.onEnd(sentence);
  }

  /**
   * A photo of this moment, cut out as a photo is: slower and finer than a frame.
   * @param {(share: number) => void} onProgress 0 to 1
   * @returns {Promise<Blob>} PNG of the camera's full size on the background
   */
  async snapshot(onProgress) {
    const { run, composer } = this;
    const photo = await this.still();
    this.shooting = true;
    try {
      const cutout = await cutOut(this.options.base, await createImageBitmap(photo), onProgress);
      if (run !== this.run || !composer) throw new Error(STOPPED);
      return await composer.still(photo, cutout);
    } finally {
      this.shooting = false;
    }
  }

  /** The camera's picture as it is now, mirrored where it's shown so; whoever takes it closes it. */
  async still() {
    if (!this.camera) throw new Error("Start the camera first.");
    const frame = await this.camera.take();
    const { width, height } = this.camera.size;
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    if (this.mirror) context.setTransform(-1, 0, 0, 1, width, 0);
    context.drawImage(frame, 0, 0, width, height);
    frame.close();
    return canvas.transferToImageBitmap();
  }

  /** Ends camera and workers; nothing stays on the stage. */
  stop() {
    this.run++;
    this.loading?.abort();
    this.camera?.close();
    this.engine?.close();
    this.composer?.close();
    this.canvas?.remove();
    this.camera = this.canvas = null;
    this.engine = this.composer = this.ladder = this.rate = this.loading = undefined;
  }
}
