/** The list of the visitor's photos: each with its thumbnail and how far it is. */

import { isDoubtful } from "./states.js";
import * as words from "./words.js";

/** @typedef {import("./photos.js").Item} Item */

export class Gallery {
  #list = /** @type {HTMLElement} */ (document.querySelector("#results"));
  /** @type {Map<number, HTMLElement>} */
  #entries = new Map();

  /** @param {(item: Item) => void} onPick */
  constructor(onPick) {
    this.onPick = onPick;
  }

  /** @param {Item[]} items all there are @param {Item | null} shown */
  draw(items, shown) {
    for (const [id, entry] of this.#entries) {
      if (items.some((item) => item.id === id)) continue;
      entry.remove();
      this.#entries.delete(id);
    }
    for (const item of items) this.#update(item, item === shown);
  }

  /** @param {Item} item @param {boolean} isShown */
  #update(item, isShown) {
    const entry = this.#entries.get(item.id) ?? this.#add(item);
    const button = /** @type {HTMLButtonElement} */ (entry.querySelector("button"));
    const image = /** @type {HTMLImageElement} */ (entry.querySelector("img"));
    const state = /** @type {HTMLElement} */ (entry.querySelector(".state"));
    button.setAttribute("aria-pressed", `${isShown}`);
    if (item.thumbnail && !image.src) image.src = item.thumbnail;
    state.textContent = stateOf(item);
    state.hidden = !state.textContent;
    state.classList.toggle("wrong", item.state === "failed");
    button.title = item.error;
    const name = /** @type {HTMLElement} */ (entry.querySelector(".name"));
    name.textContent = isDoubtful(item) ? words.doubtfulCaption(item.file.name) : item.file.name;
  }

  /** @param {Item} item */
  #add(item) {
    const entry = document.createElement("li");
    entry.innerHTML = '<button><img alt="" /><span class="state"></span><span class="name"></span></button>';
    entry.querySelector("button")?.addEventListener("click", () => this.onPick(item));
    this.#list.append(entry);
    this.#entries.set(item.id, entry);
    return entry;
  }
}

/** @param {Item} item */
function stateOf(item) {
  if (item.state === "waiting") return words.WAITING;
  if (item.state === "working") return item.share ? `${Math.round(100 * item.share)} %` : words.WORKING_ONE;
  if (item.state === "failed") return words.FAILED_SHORT;
  return item.found ? "" : words.NOBODY_SHORT;
}
