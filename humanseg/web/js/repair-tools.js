// The buttons beside the canvas of the repair.

import { h } from "./dom.js";
import * as words from "./repair-words.js";

export const SMALLEST = 3; // of the brush's radius, in CSS pixels
export const LARGEST = 120;
const EDGE = 20; // pixels of the photo by which the edge moves at most (history.py)

const ICONS = {
  people: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 20a5.5 5.5 0 0 1 11 0M16 11a3 3 0 1 0-1-5.8M17 14.7a5.5 5.5 0 0 1 4.5 5.3",
  keep: "M12 5v14M5 12h14",
  remove: "M5 12h14",
  undo: "M9 7 4 12l5 5M4 12h10a6 6 0 0 1 0 12h-2",
  redo: "m15 7 5 5-5 5M20 12H10a6 6 0 0 0 0 12h2",
};

/** @param {keyof typeof ICONS} name */
function icon(name) {
  const box = h("span", { class: "mend-icon", "aria-hidden": "true" });
  const top = name === "undo" || name === "redo" ? "0 3 24 22" : "0 0 24 24";
  box.innerHTML = `<svg viewBox="${top}" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"`
    + ` stroke-linejoin="round"><path d="${ICONS[name]}"/></svg>`;
  return box;
}

/**
 * @typedef {{keep: boolean, radius: number, snap: boolean}} Settings radius in CSS pixels
 * @typedef {{change: () => void, choosePeople: (on: boolean) => void, undo: () => void, redo: () => void, clear: () => void,
 *   edge: (grow: number, feather: number) => void, enlarge: (factor: number) => void, fit: () => void,
 *   done: () => void}} Actions
 */

export class Tools {
  /** @param {Actions} actions */
  constructor(actions) {
    /** @type {Settings} */
    this.settings = { keep: true, radius: matchMedia("(pointer: coarse)").matches ? 22 : 24, snap: true };
    this.actions = actions;
    const button = (/** @type {string} */ id, /** @type {any[]} */ inside, /** @type {string} */ help,
      /** @type {() => void} */ onclick) => h("button", { type: "button", id, title: help, onclick }, ...inside);
    this.keep = button("mend-keep", [icon("keep"), words.KEEP], words.KEEP_HELP, () => this.choose(true));
    this.remove = button("mend-remove", [icon("remove"), words.REMOVE], words.REMOVE_HELP, () => this.choose(false));
    this.people = button("mend-people", [icon("people"), words.PEOPLE], words.PEOPLE_HELP, () => this.choosePeople());
    this.people.hidden = true;
    this.size = h("input", {
      type: "range", id: "mend-brush", min: SMALLEST, max: LARGEST, step: 1, title: words.BRUSH_HELP,
      oninput: () => this.resize(Number(this.size.value)),
    });
    this.seen = h("i", { class: "mend-size", "aria-hidden": "true" });
    this.undo = button("mend-undo", [icon("undo"), words.UNDO], words.UNDO_HELP, actions.undo);
    this.redo = button("mend-redo", [icon("redo"), words.REDO], words.REDO_HELP, actions.redo);
    this.clear = button("undo-all", [words.CLEAR], words.CLEAR, actions.clear);
    this.snap = h("input", {
      type: "checkbox", id: "mend-snap", checked: true, onchange: () => { this.settings.snap = this.snap.checked; },
    });
    this.grow = this.#slider("grow", -EDGE);
    this.feather = this.#slider("feather", 0);
    const zoom = (/** @type {string} */ id, /** @type {string} */ sign, /** @type {string} */ help,
      /** @type {number} */ factor) => {
      const made = button(id, [sign], help, () => actions.enlarge(factor));
      made.setAttribute("aria-label", help);
      return made;
    };
    this.element = h("div", { class: "mend-tools", role: "group", "aria-label": words.TOOLS },
      h("div", { class: "mend-brushes" }, this.keep, this.remove, this.people),
      h("label", { class: "mend-line" }, h("span", { class: "mend-dot" }, this.seen), words.BRUSH, this.size),
      button("mend-done", [words.DONE], words.DONE_HELP, actions.done),
      h("div", { class: "mend-row" }, this.undo, this.redo, this.clear),
      h("div", { class: "mend-row" }, zoom("mend-out", "−", words.SMALLER, 1 / 1.5),
        zoom("mend-in", "+", words.LARGER, 1.5), button("mend-fit", [words.FIT], words.FIT_HELP, actions.fit)),
      h("label", { class: "mend-line", title: words.SNAP_HELP }, this.snap, words.SNAP),
      h("details", { class: "mend-edge" }, h("summary", {}, words.EDGE),
        ...[[words.GROW, this.grow], [words.FEATHER, this.feather]].map(([name, slider]) =>
          h("label", {}, h("span", {}, name, " ", slider.seen), slider))),
    );
    this.choose(true);
    this.resize(this.settings.radius);
  }

  /** @param {string} id @param {number} least */
  #slider(id, least) {
    const seen = h("output", {}, "0");
    return h("input", {
      seen, oninput: (/** @type {any} */ event) => { seen.value = event.target.value; },
      type: "range", id, min: least, max: EDGE, step: 1, value: 0, title: words.PIXELS,
      onchange: () => this.actions.edge(Number(this.grow.value), Number(this.feather.value)),
    });
  }

  /** @param {boolean} keep */
  choose(keep) {
    this.settings.keep = keep;
    this.people.setAttribute("aria-pressed", "false");
    this.actions.choosePeople(false);
    this.keep.setAttribute("aria-pressed", `${keep}`);
    this.remove.setAttribute("aria-pressed", `${!keep}`);
    this.actions.change();
  }

  /** People are chosen on the canvas rather than painted. */
  choosePeople() {
    for (const button of [this.keep, this.remove]) button.setAttribute("aria-pressed", "false");
    this.people.setAttribute("aria-pressed", "true");
    this.actions.choosePeople(true);
  }

  /** @param {number} radius in CSS pixels */
  resize(radius) {
    this.settings.radius = Math.max(SMALLEST, Math.min(LARGEST, Math.round(radius)));
    this.size.value = this.settings.radius;
    const side = `${Math.min(28, Math.max(4, this.settings.radius / 2))}px`;
    Object.assign(this.seen.style, { width: side, height: side });
    this.actions.change();
  }

  /** What the server says of the photo's repair.
   * @param {{undo: boolean, redo: boolean, repaired: boolean, grow: number, feather: number, people: any[]}} state */
  show({ undo, redo, repaired, grow, feather, people }) {
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
    this.clear.disabled = !repaired;
    this.people.hidden = people.length < 2;
    if (this.people.hidden && this.people.getAttribute("aria-pressed") === "true") this.choose(true);
    for (const [slider, value] of [[this.grow, grow], [this.feather, feather]]) slider.value = slider.seen.value = value;
  }

  /** Keys that mean the same wherever the focus is. @param {KeyboardEvent} event @returns {boolean} whether it was one */
  key(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey) {
      const letter = key.toLowerCase();
      if (letter === "z") event.shiftKey ? this.actions.redo() : this.actions.undo();
      else if (letter === "y") this.actions.redo();
      return letter === "z" || letter === "y";
    }
    if (event.altKey) return false;
    if (key === "[" || key === "]") {
      const { radius } = this.settings;
      this.resize(key === "[" ? Math.min(radius - 1, radius / 1.2) : Math.max(radius + 1, radius * 1.2));
    } else if (key === "+" || key === "=") this.actions.enlarge(1.5);
    else if (key === "-") this.actions.enlarge(1 / 1.5);
    else if (key === "0") this.actions.fit();
    else if (key === "k" || key === "r") this.choose(key === "k");
    else if (key === "p" && !this.people.hidden) this.choosePeople();
    else if (key === "Escape") this.actions.done();
    else return false;
    return true;
  }
}
