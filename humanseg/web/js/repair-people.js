// Who stays: each of several people can be dropped and brought back, on the photo or by a button of their own.

import { h } from "./dom.js";
import * as words from "./repair-words.js";

/**
 * @typedef {import("./repair-view.js").Point} Point
 * @typedef {{at: Point, box: [number, number, number, number], kept: boolean, outlines: Point[][]}} Person in pixels
 *   of the photo
 */

const COLOURS = { true: "#16a34a", false: "#dc2626" };

export class Crowd {
  /** @param {{draw: () => void, toggle: (at: Point) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    /** @type {Person[]} from left to right */
    this.people = [];
    this.over = -1;
    this.on = false;
    this.buttons = h("div", { class: "mend-people", role: "group", "aria-label": words.PEOPLE, hidden: true });
  }

  /** @param {Person[]} people */
  show(people) {
    this.people = [...people].sort((one, other) => one.at[0] - other.at[0]);
    const held = [...this.buttons.children].indexOf(document.activeElement);
    const over = (/** @type {number} */ number) => () => this.#point(number);
    this.buttons.replaceChildren(...this.people.map(({ at, kept }, number) => h("button", {
      type: "button", "aria-pressed": `${kept}`, title: words.PERSON_HELP, onclick: () => this.actions.toggle(at),
      onmouseenter: over(number), onfocus: over(number), onmouseleave: over(-1), onblur: over(-1),
    }, words.person(number + 1))));
    this.buttons.children[held]?.focus();
    if (this.people.length < 2) this.use(false);
    this.actions.draw();
  }

  /** @param {boolean} on whether the canvas is for choosing people rather than for painting */
  use(on) {
    this.on = on;
    this.over = -1;
    this.buttons.hidden = !on;
    this.actions.draw();
  }

  /** @param {Point | null} point */
  hover(point) {
    if (this.on) this.#point(point ? this.#at(point) : -1);
  }

  /** @param {Point} point */
  tap(point) {
    const number = this.#at(point);
    if (this.on && number >= 0) this.actions.toggle(this.people[number].at);
    this.#point(number);
  }

  /** @param {number} number */
  #point(number) {
    if (number === this.over) return;
    this.over = number;
    this.actions.draw();
  }

  /** The number of whoever is at a point. @param {Point} point */
  #at(point) {
    return this.people.findIndex(({ outlines }) => outlines.some((line) => isInside(line, point)));
  }

  /** @param {CanvasRenderingContext2D} context in pixels of the picture
   * @param {{full: number, zoom: number}} view */
  draw(context, { full, zoom }) {
    if (!this.on) return;
    for (const [number, { outlines, kept }] of this.people.entries()) {
      context.beginPath();
      for (const line of outlines) {
        for (const [index, [x, y]] of line.entries()) context[index ? "lineTo" : "moveTo"](x / full, y / full);
        context.closePath();
      }
      const over = number === this.over;
      if (over) {
        context.fillStyle = kept ? "rgba(220, 38, 38, .28)" : "rgba(22, 163, 74, .28)"; // what a click would do
        context.fill();
      }
      context.setLineDash(kept ? [] : [6 / zoom, 5 / zoom]);
      for (const [width, colour] of /** @type {[number, string][]} */ ([[over ? 6 : 4, "#fff"], [over ? 3 : 2,
        COLOURS[`${kept}`]]])) {
        context.lineWidth = width / zoom;
        context.strokeStyle = colour;
        context.stroke();
      }
      context.setLineDash([]);
    }
  }
}

/** Whether a point is inside a closed line (a ray from it crosses the line an odd number of times).
 * @param {Point[]} line @param {Point} point */
function isInside(line, [x, y]) {
  let inside = false;
  for (let at = 0, before = line.length - 1; at < line.length; before = at++) {
    const [[ax, ay], [bx, by]] = [line[at], line[before]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
