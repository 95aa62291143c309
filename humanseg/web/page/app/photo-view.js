/** What the Photo tab shows: which photo, on which background, and how far the work is. */

import { isCutOut, isEmpty } from "./states.js";
import * as words from "./words.js";

/** @typedef {import("./photos.js").Item} Item */
/** @typedef {import("./photos.js").Photos} Photos */
/** @typedef {import("./studio.js").Studio} Studio */
/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./gallery.js").Gallery} Gallery */
/** @typedef {import("./backdrop.js").BackdropChoice} BackdropChoice */

/** @param {string} selector @returns {HTMLElement} */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

export class PhotoView {
  /** @type {Item | null} */
  shown = null;
  #drawing = false;
  #stale = false;
  #status = find("#status");
  #progress = /** @type {HTMLProgressElement} */ (find("#progress"));

  /** @param {{photos: Photos, studio: Studio, backdrop: BackdropChoice, stage: Stage, gallery: Gallery}} parts */
  constructor({ photos, studio, backdrop, stage, gallery }) {
    this.photos = photos;
    this.studio = studio;
    this.backdrop = backdrop;
    this.stage = stage;
    this.gallery = gallery;
    photos.addEventListener("change", (event) => this.#changed(/** @type {CustomEvent<Item | null>} */ (event).detail));
    backdrop.addEventListener("change", () => void this.#draw());
    find("#clear").addEventListener("click", () => this.clear());
    find("#again").addEventListener("click", () => this.shown && this.photos.again(this.shown));
  }

  /** @param {File[]} files */
  take(files) {
    const [first] = this.photos.add(files);
    this.show(first);
  }

  clear() {
    this.shown = null;
    this.photos.clear();
    this.say("");
    find("#pick").focus();
  }

  /** @param {Item} item */
  show(item) {
    this.shown = item;
    this.#changed(item);
    void this.#draw();
  }

  /** @param {string} sentence @param {boolean} [bad] */
  say(sentence, bad = false) {
    if (this.#status.textContent !== sentence) this.#status.textContent = sentence;
    this.#status.classList.toggle("bad", bad);
  }

  /** @param {Item | null} item that changed, null for the list */
  #changed(item) {
    const { photos, shown } = this;
    const some = photos.items.length > 0;
    find("#photo").classList.toggle("has-photos", some);
    find("#examples").hidden = some;
    find("#batch").hidden = !some;
    this.gallery.draw(photos.items, shown);
    this.tell();
    if (item === null || item === shown) this.#lay();
    if (item === shown && isCutOut(shown)) void this.#draw();
  }

  /** Shows the parts that belong to the state of the photo on screen. */
  #lay() {
    const done = isCutOut(this.shown);
    find("#empty").hidden = done;
    find("#finish").hidden = !done;
    find("#again").hidden = this.shown?.state !== "failed";
    const line = find("#waiting-words");
    line.textContent = this.shown && !done ? this.#words(this.shown) : (line.dataset.empty ?? "");
    if (!done) this.stage.hide();
    this.#showWaiting(done ? null : this.shown);
  }

  /** Shows a photo as it is, until its cut-out is there. @param {Item | null} item */
  #showWaiting(item) {
    const image = /** @type {HTMLImageElement} */ (find("#waiting-photo"));
    if (image.dataset.id === `${item?.id ?? ""}`) return;
    URL.revokeObjectURL(image.src);
    image.hidden = true;
    image.dataset.id = `${item?.id ?? ""}`;
    image.onload = () => (image.hidden = false); // one that the browser can't read stays hidden
    if (item) image.src = URL.createObjectURL(item.file);
    else image.removeAttribute("src");
  }

  /** @param {Item} item */
  #words(item) {
    if (item.state === "failed") return words.failed(item.file.name, item.error);
    if (isEmpty(item)) return words.nobody(item.file.name);
    return item.state === "working" ? words.WORKING_ONE : words.WAITING;
  }

  /** Says how far all of them are, or what came of the one on screen. */
  tell() {
    const { photos, shown } = this;
    const total = photos.items.length;
    const done = photos.count("done");
    const failures = photos.count("failed");
    this.#progress.hidden = !photos.busy;
    // Beside what is read out, which would otherwise be read anew every second.
    find("#left").textContent = photos.busy ? words.left(photos.left) : "";
    if (!total) return;
    if (photos.busy) {
      const begun = photos.items.find((item) => item.state === "working");
      this.#progress.max = total;
      this.#progress.value = done + failures + (begun?.share ?? 0);
      this.say(total === 1 ? words.WORKING_ONE : words.working(done + failures, total));
    } else if (shown) {
      const one = isCutOut(shown) ? words.doneOne(shown) : this.#words(shown);
      this.say(total === 1 ? one : `${words.finished(photos.items)} ${one}`, !isCutOut(shown));
    }
  }

  /** Draws the photo on screen with the background as it's chosen now; while it draws, only the latest wish counts. */
  async #draw() {
    if (this.#drawing) {
      this.#stale = true;
      return;
    }
    this.#drawing = true;
    do {
      this.#stale = false;
      const item = this.shown;
      if (!item || !isCutOut(item)) break;
      try {
        const pictures = await this.studio.preview(item, this.backdrop.value);
        if (this.shown === item) this.stage.show(pictures);
      } catch {
        this.say(this.backdrop.value.kind === "picture" ? words.OWN_UNREADABLE : words.TOO_LITTLE_MEMORY, true);
      }
    } while (this.#stale);
    this.#drawing = false;
  }
}
