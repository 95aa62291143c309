/** The engine with the photos' network: opened when it's first needed, once, and again after a failure. */

import { Engine } from "../js/engine.js";

const BASE = new URL("../", import.meta.url).href;

export class Network {
  /** @type {Promise<Engine> | null} */
  #opening = null;

  /** @param {(loaded: number, total: number) => void} onProgress bytes of the runtime and the weights */
  constructor(onProgress) {
    this.onProgress = onProgress;
  }

  /**
   * @returns {Promise<Engine>}
   * @throws {Error} whose message is a sentence: it can't be loaded or doesn't run here
   */
  open() {
    this.#opening ??= Engine.open({ base: BASE, model: "photo", device: "auto", onProgress: this.onProgress }).catch(
      (/** @type {Error} */ error) => {
        this.#opening = null;
        throw error;
      },
    );
    return this.#opening;
  }
}
