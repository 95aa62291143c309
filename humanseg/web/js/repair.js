// Repair by hand: a canvas with the photo, painted on with mouse, finger, pen or keys.

import { h } from "./dom.js";
import { Crowd } from "./repair-people.js";
import { handle } from "./repair-hand.js";
import { Sender } from "./repair-sender.js";
import { Tools } from "./repair-tools.js";
import { View } from "./repair-view.js";
import * as words from "./repair-words.js";

/**
 * @typedef {import("./repair-view.js").Point} Point
 * @typedef {{load: string, photo: string, name: string, width: number, height: number, picture: string,
 *   opened: number}} Opened the photo on the canvas, see humanseg/ui/tabs/repair.py
 */

/**
 * Puts the canvas into an element; nothing is seen of it until a photo is opened.
 * @param {HTMLElement} element
 * @param {{server: string, onDone: () => void}} options
 */
export function mount(element, options) {
  const style = h("link", { rel: "stylesheet", href: new URL("repair.css", import.meta.url).href });
  document.head.append(style);
  return new Repair(element, options);
}

const PATIENCE = 15_000; // milliseconds for the result

class Repair {
  /** @param {HTMLElement} element @param {{server: string, onDone: () => void}} options */
  constructor(element, options) {
    this.options = options;
    /** @type {Opened | null} */
    this.photo = null;
    /** @type {{points: Point[], radius: number, keep: boolean, sent: number} | null} being painted */
    this.line = null;
    this.leaving = false;
    this.refused = false; // the status says why
    this.sender = new Sender(options.server, {
      onAnswer: (answer, alpha, acts) => this.#answered(answer, alpha, acts),
      onState: (sentence, bad) => this.#say(sentence, bad),
      onRefused: (photo, sentence) => this.#refused(photo, sentence),
    });
    this.crowd = new Crowd({
      draw: () => this.view?.draw(),
      toggle: (at) => this.#act({ do: "person", at }),
    });
    this.tools = new Tools({
      change: () => this.showBrush?.(),
      choosePeople: (on) => this.crowd.use(on),
      undo: () => this.#act({ do: "undo" }),
      redo: () => this.#act({ do: "redo" }),
      clear: () => this.#act({ do: "clear" }),
      edge: (grow, feather) => this.#act({ do: "edge", grow, feather }),
      enlarge: (factor) => this.view.enlarge(factor),
      fit: () => this.view.fit(),
      done: () => this.#done(),
    });
    this.canvas = h("canvas", { class: "mend-canvas", id: "mend-canvas", tabIndex: 0, role: "application" });
    this.status = h("p", { class: "mend-status", role: "status" });
    const touch = matchMedia("(pointer: coarse)").matches;
    const how = h("p", { class: "mend-how" }, touch ? words.HOW_TOUCH : words.HOW);
    this.root = h("section", { class: "mend", hidden: true, "aria-label": words.TOOLS },
      this.tools.element, this.crowd.buttons, h("div", { class: "mend-stage" }, this.canvas), this.status, how);
    element.append(this.root);
    this.view = new View(this.canvas);
    this.view.overlay = (context, view) => this.crowd.draw(context, view);
    this.showBrush = handle(this.view, {
      radius: () => this.tools.settings.radius,
      keep: () => this.tools.settings.keep,
      canPaint: () => !this.crowd.on,
      begin: (point, radius) => this.#begin(point, radius),
      go: (points) => this.#go(points),
      end: () => this.#end(),
      cancel: () => this.#cancel(),
      tap: (point) => this.crowd.tap(point),
      hover: (point) => this.crowd.hover(point),
    });
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Waits until everything that was painted is with the server. */
  settled() {
    this.#end();
    return this.sender.settled();
  }

  /** @param {Opened} photo */
  async open(photo) {
    if (this.photo?.opened === photo.opened) return;
    this.close();
    this.photo = photo;
    this.root.hidden = false;
    this.root.dataset.photo = photo.photo;
    this.canvas.style.aspectRatio = `${photo.width} / ${photo.height}`;
    this.canvas.setAttribute("aria-label", words.canvasLabel(photo.name, photo.width, photo.height));
    this.#showState({ undo: false, redo: false, repaired: false, grow: 0, feather: 0, people: [] });
    this.#say(words.OPENING, false);
    try {
      const response = await fetch(photo.picture);
      if (!response.ok) throw new Error(`${response.status}`);
      const picture = await createImageBitmap(await response.blob());
      if (this.photo !== photo) return picture.close();
      this.view.show(picture, photo.width);
      this.sender.look(photo);
      this.canvas.focus({ preventScroll: true });
    } catch (error) {
      console.warn(error);
      if (this.photo === photo) this.#say(words.NO_PHOTO, true);
    }
  }

  close() {
    this.#end();
    this.photo = null;
    this.leaving = this.refused = false;
    this.root.hidden = true;
    delete this.root.dataset.photo;
    delete this.root.dataset.number;
    this.view.clear();
    this.#say("", false);
  }

  #done() {
    if (this.leaving || !this.photo) return;
    this.#end();
    this.leaving = true;
    if (this.sender.queue.length) this.#say(words.SAVING, false);
    this.options.onDone();
    setTimeout(() => { this.leaving = false; }, PATIENCE); // an answer that's lost
  }

  // Painting

  /** @param {Point} point @param {number} radius in pixels of the photo */
  #begin(point, radius) {
    // What is painted once the result is being drawn wouldn't be on it.
    if (!this.photo || !this.root.dataset.number || this.leaving) return;
    this.line = { points: [point], radius: Math.max(0.5, radius), keep: this.tools.settings.keep, sent: 0 };
    this.view.lines.push(this.line);
    this.view.stamp(point, point, radius, this.line.keep);
  }

  /** @param {Point[]} points */
  #go(points) {
    const { line } = this;
    if (!line) return;
    for (const point of points) {
      const last = line.points[line.points.length - 1];
      const apart = Math.hypot(point[0] - last[0], point[1] - last[1]);
      if (apart < Math.max(0.5, line.radius / 10)) continue;
      line.points.push(point);
      this.view.stamp(last, point, line.radius, line.keep);
    }
    if (line.points.length > 1500) {
      const last = line.points[line.points.length - 1];
      this.#end();
      this.#begin(last, line.radius);
    }
  }

  #end() {
    const { line } = this;
    this.line = null;
    if (!line) return;
    const { points, radius, keep } = line;
    this.#act({ do: "stroke", points, radius: Math.round(radius * 10) / 10, keep, snap: this.tools.settings.snap });
  }

  /** What was begun is no stroke. */
  #cancel() {
    if (!this.line || !this.photo) return;
    this.view.lines = this.view.lines.filter((line) => line !== this.line);
    this.line = null;
    this.sender.look(this.photo);
  }

  /** @param {import("./repair-sender.js").Act} act */
  #act(act) {
    if (!this.photo || this.leaving) return;
    this.tools.undo.disabled = false;
    this.sender.add({ load: this.photo.load, photo: this.photo.photo }, act);
  }

  // What the server says

  /** @param {import("./repair-sender.js").Answer} answer @param {Uint8Array} alpha
   * @param {import("./repair-sender.js").Act[]} acts */
  #answered(answer, alpha, acts) {
    if (answer.photo !== this.photo?.photo || !this.view.picture) return;
    this.view.put(answer.box, alpha);
    const strokes = this.sender.pending(answer.photo).filter((act) => act.do === "stroke");
    // What the server doesn't know yet stays on top.
    const waiting = this.line ? [...strokes, this.line] : strokes;
    for (const { points, radius, keep } of waiting) {
      for (let at = 0; at < points.length; at++) this.view.stamp(points[Math.max(0, at - 1)], points[at], radius, keep);
    }
    this.view.lines = /** @type {any[]} */ (waiting);
    this.view.draw();
    this.#showState(answer);
    if (this.sender.pending(answer.photo).length > acts.length) this.tools.undo.disabled = false;
    this.root.dataset.number = `${answer.number}`;
    if (acts.length) this.refused = false;
    this.#say("", false);
  }

  /** @param {Omit<import("./repair-sender.js").Answer, "photo" | "number" | "box">} state */
  #showState(state) {
    this.tools.show(state);
    this.crowd.show(state.people);
  }

  /** @param {string} photo @param {string} sentence */
  #refused(photo, sentence) {
    if (photo !== this.photo?.photo) return;
    this.#say(sentence, true);
    // What was painted and refused isn't there. If the photo is gone, that's said once more and no more.
    if (!this.refused) this.sender.look(this.photo);
    this.refused = true;
  }

  /** @param {string} sentence @param {boolean} bad */
  #say(sentence, bad) {
    if (!sentence && this.refused) return;
    if (this.status.textContent !== sentence) this.status.textContent = sentence;
    this.status.classList.toggle("mend-bad", bad);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.photo || !this.root.offsetParent || event.defaultPrevented) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]")) return;
    if (target.matches("input[type=range]") && /^[+\-0]$/.test(event.key)) return;
    if (this.tools.key(event)) event.preventDefault();
  }
}
