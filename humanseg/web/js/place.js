// Where people are on their background: dragged and scaled on the picture, shown at once; the server draws it anew.

import { h } from "./dom.js";
import { handle } from "./place-hand.js";
import { FIRST, PlaceView, boxOf, kept } from "./place-view.js";
import * as words from "./place-words.js";

/**
 * @typedef {import("./place-view.js").Placed} Placed
 * @typedef {{photo: string, token: string, number: number, seq: number, size: string, name: string, pixels: [number, number],
 *   placed: Placed, ground: string, people: string, picture: string} & import("./place-view.js").Scene} Shown see
 *   humanseg/ui/tabs/placing.py
 */

/**
 * Puts the canvas into an element; nothing is seen of it until there's a photo.
 * @param {HTMLElement} element
 * @param {{url: (path: string) => string, onPlace: (shown: Shown) => void}} options
 */
export function mount(element, options) {
  const style = h("link", { rel: "stylesheet", href: new URL("place.css", import.meta.url).href });
  document.head.append(style);
  return new Place(element, options);
}

const BUTTON = 1.1; // times as large, by one press
const PATIENCE = 4000; // milliseconds without an answer after which the visitor reads why

class Place {
  /** @param {HTMLElement} element @param {{url: (path: string) => string, onPlace: (shown: Shown) => void}} options */
  constructor(element, options) {
    this.options = options;
    /** @type {Shown | null} */
    this.shown = null;
    this.newest = 0;
    this.seq = 0;
    this.late = 0;
    /** @type {Map<string, Promise<ImageBitmap>>} */
    this.pictures = new Map();
    const button = (/** @type {string} */ id, /** @type {string} */ name, /** @type {string} */ help,
      /** @type {() => void} */ act) => h("button", { type: "button", id, title: help, onclick: () => this.#once(act) }, name);
    this.canvas = h("canvas", { class: "place-canvas", id: "place-canvas", tabIndex: 0, role: "application" });
    this.back = button("place-back", words.BACK, words.BACK_HELP, () => this.#place(FIRST));
    const tools = h("div", { class: "place-tools", role: "group", "aria-label": words.TOOLS },
      button("place-smaller", `− ${words.SMALLER}`, words.SMALLER_HELP, () => this.#grow(1 / BUTTON, null)),
      button("place-larger", `+ ${words.LARGER}`, words.LARGER_HELP, () => this.#grow(BUTTON, null)),
      this.back);
    const touch = matchMedia("(pointer: coarse)").matches;
    this.status = h("p", { class: "place-status", role: "status" });
    this.root = h("section", { class: "place", hidden: true, "aria-label": words.TOOLS },
      h("div", { class: "place-stage" }, this.canvas), tools, this.status,
      h("p", { class: "place-how" }, touch ? words.HOW_TOUCH : words.HOW));
    element.append(this.root);
    this.view = new PlaceView(this.canvas);
    document.addEventListener("humanseg-copied", (/** @type {any} */ { detail: well }) =>
      this.#say(well ? words.COPIED : words.NOT_COPIED, !well));
    handle(this.canvas, {
      move: (right, down) => this.#move(right * this.view.scale, down * this.view.scale),
      step: (right, down) => this.#step(right, down),
      grow: (factor, at) => this.#grow(factor, at),
      back: () => this.#place(FIRST),
      end: () => this.#send(),
    });
  }

  /** Where the people are that are seen, for what is made of them. */
  get value() {
    return this.shown && { ...this.shown, placed: this.view.placed, seq: this.seq };
  }

  /** @param {Shown | null} shown what the server says */
  async show(shown) {
    if (!shown?.photo) return this.#close();
    if (shown.number < this.newest) return;
    this.newest = shown.number;
    let layers;
    try {
      const [ground, people, picture] = await Promise.all(
        [shown.ground, shown.people, shown.picture].map((path) => this.#picture(path)));
      layers = { ground, people, picture };
    } catch (error) {
      console.warn(error);
      if (shown.number === this.newest) this.#say(words.NO_PICTURE, true);
      return;
    }
    if (shown.number !== this.newest) return;
    this.#forgetBut([shown.ground, shown.people, shown.picture]);
    const moved = this.seq > shown.seq && this.shown?.photo === shown.photo && this.shown?.size === shown.size;
    this.shown = moved ? { ...shown, placed: this.view.placed } : shown;
    this.view.finished = !moved;
    this.view.placed = this.shown.placed;
    this.view.show(shown, layers);
    this.root.hidden = false;
    Object.assign(this.root.dataset, { photo: shown.photo, number: `${shown.number}` });
    this.canvas.style.setProperty("--ratio", `${shown.frame.width / shown.frame.height}`);
    this.canvas.setAttribute("aria-label", words.label(shown.name, ...shown.pixels));
    this.#tell();
    if (moved) return this.#post(); // it doesn't know yet
    this.seq = shown.seq;
    clearTimeout(this.late);
    this.#say("", false);
  }

  #close() {
    this.shown = null;
    this.root.hidden = true;
    delete this.root.dataset.photo;
    clearTimeout(this.late);
    this.#say("", false);
    this.view.clear();
    this.#forgetBut([]);
  }

  /** @param {string} path */
  #picture(path) {
    const known = this.pictures.get(path);
    if (known) return known;
    const loading = fetch(this.options.url(path)).then((response) => {
      if (!response.ok) throw new Error(`${response.status}`);
      return response.blob();
    }).then((blob) => createImageBitmap(blob));
    loading.catch(() => this.pictures.delete(path));
    this.pictures.set(path, loading);
    return loading;
  }

  /** @param {string[]} paths */
  #forgetBut(paths) {
    for (const path of this.pictures.keys()) if (!paths.includes(path)) this.pictures.delete(path);
  }

  // Moving

  /** @param {() => void} act */
  #once(act) {
    act();
    this.#send();
  }

  /** @param {number} right @param {number} down in pixels of the picture */
  #move(right, down) {
    if (this.shown) this.#step(right / this.shown.frame.width, down / this.shown.frame.height);
  }

  /** @param {number} right @param {number} down as shares of the picture */
  #step(right, down) {
    const { placed } = this.view;
    this.#place({ ...placed, right: placed.right + right, down: placed.down + down });
  }

  /** @param {number} factor @param {{x: number, y: number} | null} at on the canvas; null for the people's feet */
  #grow(factor, at) {
    if (!this.shown) return;
    const before = this.view.placed;
    const { scale } = kept(this.shown, { ...before, scale: before.scale * factor });
    const box = boxOf(this.shown, before), by = scale / before.scale;
    const x = at ? at.x * this.view.scale : (box.left + box.right) / 2, y = at ? at.y * this.view.scale : box.bottom;
    const right = (1 - by) * (x - (box.left + box.right) / 2), down = (1 - by) * (y - box.bottom);
    const { width, height } = this.shown.frame;
    this.#place({ scale, right: before.right + right / width, down: before.down + down / height });
  }

  /** @param {Placed} placed */
  #place(placed) {
    if (!this.shown) return;
    const { view } = this;
    const next = kept(this.shown, placed);
    if (["scale", "right", "down"].every((name) => next[/** @type {keyof Placed} */ (name)] === view.placed[/** @type {keyof Placed} */ (name)])) return;
    view.placed = next;
    view.finished = false;
    this.seq = Math.max(this.seq, this.shown.seq) + 1;
    this.#tell();
    view.draw();
  }

  #send() {
    if (this.shown && this.seq !== this.shown.seq) this.#post();
  }

  #post() {
    clearTimeout(this.late);
    this.late = setTimeout(() => this.#say(words.LOST, true), PATIENCE);
    if (this.value) this.options.onPlace(this.value);
  }

  #tell() {
    const { scale, right, down } = this.view.placed;
    this.back.disabled = scale === 1 && right === 0 && down === 0;
    Object.assign(this.root.dataset, { scale: scale.toFixed(3), right: right.toFixed(3), down: down.toFixed(3) });
  }

  /** @param {string} sentence @param {boolean} bad */
  #say(sentence, bad) {
    if (this.status.textContent !== sentence) this.status.textContent = sentence;
    this.status.classList.toggle("place-bad", bad);
  }
}
