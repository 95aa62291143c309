/** The visitor's photos: cut out one at a time, in the order in which they came. */

import { bearable, explained } from "./files.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./studio.js").Studio} Studio */

/**
 * A photo and what became of it.
 *
 * @typedef {object} Item
 * @property {number} id
 * @property {File} file
 * @property {"waiting" | "working" | "done" | "failed"} state
 * @property {number} share of the work that is done, 0 to 1
 * @property {string} error why it failed, as a sentence without the photo's name
 * @property {Blob} png the cut-out, once it's done
 * @property {string} thumbnail its address
 * @property {number} width in pixels, upright
 * @property {number} height
 * @property {boolean} reduced whether it was made smaller, since this device can't hold all of it
 * @property {boolean} found whether anybody was found
 * @property {number} confidence 0 to 1
 * @property {number} seconds that it took
 */

/** Tells `change` whenever a photo or the list is different, with the photo in `detail` or null for the list. */
export class Photos extends EventTarget {
  /** @type {Item[]} */
  items = [];
  #next = 0;
  #running = false;
  #stop = new AbortController();

  /** @param {Network} network @param {Studio} studio */
  constructor(network, studio) {
    super();
    this.network = network;
    this.studio = studio;
  }

  /** @param {Item["state"]} state */
  count(state) {
    return this.items.filter((item) => item.state === state).length;
  }

  get busy() {
    return this.#running;
  }

  /** Seconds until all are done, or NaN before the first one is. */
  get left() {
    const done = this.items.filter((item) => item.state === "done");
    const each = done.reduce((sum, item) => sum + item.seconds, 0) / done.length;
    const under = this.items.filter((item) => item.state === "working").reduce((sum, item) => sum + 1 - item.share, 0);
    return each * (this.count("waiting") + under);
  }

  /** @param {File[]} files @returns {Item[]} what they are in the list */
  add(files) {
    const added = files.map((file) => this.#item(file));
    this.items.push(...added);
    this.#changed(null);
    void this.#work();
    return added;
  }

  /** Tries those again that failed. @param {Item} item */
  again(item) {
    Object.assign(item, { state: "waiting", error: "", share: 0 });
    this.#changed(item);
    void this.#work();
  }

  /** Drops all photos; what is under way is given up. */
  clear() {
    this.#stop.abort();
    this.#stop = new AbortController();
    for (const item of this.items) if (item.thumbnail) URL.revokeObjectURL(item.thumbnail);
    this.items = [];
    void this.studio.forget();
    this.#changed(null);
  }

  /** @param {File} file @returns {Item} */
  #item(file) {
    const nothing = { error: "", thumbnail: "", png: new Blob(), share: 0 };
    const unknown = { width: 0, height: 0, reduced: false, found: false, confidence: 0, seconds: 0 };
    return { id: ++this.#next, file, state: "waiting", ...nothing, ...unknown };
  }

  /** @param {Item | null} item */
  #changed(item) {
    this.dispatchEvent(new CustomEvent("change", { detail: item }));
  }

  async #work() {
    if (this.#running) return;
    this.#running = true;
    for (let item = this.#waiting(); item; item = this.#waiting()) await this.#cutOut(item, this.#stop.signal);
    this.#running = false;
    this.#changed(null);
  }

  #waiting() {
    return this.items.find((item) => item.state === "waiting");
  }

  /** @param {Item} item @param {AbortSignal} signal */
  async #cutOut(item, signal) {
    item.state = "working";
    this.#changed(item);
    try {
      const engine = await this.network.open();
      const begin = performance.now();
      const onProgress = (/** @type {number} */ share) => {
        item.share = share;
        if (!signal.aborted) this.#changed(item);
      };
      const source = await bearable(item.file);
      item.reduced = source !== item.file;
      const cut = await engine.photo(source, { secondPass: true, onProgress, signal });
      const { width, height } = cut;
      const { png, thumbnail } = await this.studio.keep(cut.cutout.data, width);
      if (signal.aborted) return;
      Object.assign(item, { width, height, png, found: cut.personFound, confidence: cut.confidence, share: 1 });
      item.thumbnail = URL.createObjectURL(cut.personFound ? thumbnail : item.file);
      item.seconds = (performance.now() - begin) / 1000;
      item.state = "done";
    } catch (error) {
      if (signal.aborted) return;
      item.error = await explained(/** @type {Error} */ (error), item.file);
      item.state = "failed";
    }
    this.#changed(item);
  }
}
