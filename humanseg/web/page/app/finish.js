/** What the visitor takes home: the picture on screen as a file or on the clipboard, or all of them as a ZIP. */

import { outputName, report, save, writesWebp } from "./files.js";
import { isCutOut } from "./states.js";
import * as words from "./words.js";
import { numbered } from "./zip.js";

/** @typedef {import("./photos.js").Item} Item */
/** @typedef {"png" | "jpeg" | "webp"} Format */

/** @param {string} selector @returns {HTMLButtonElement} */
const button = (selector) => /** @type {HTMLButtonElement} */ (document.querySelector(selector));

export class Finish {
  #formats = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('#format input')]);

  /**
   * @param {{photos: import("./photos.js").Photos, studio: import("./studio.js").Studio,
   *     backdrop: import("./backdrop.js").BackdropChoice, view: import("./photo-view.js").PhotoView}} parts
   */
  constructor({ photos, studio, backdrop, view }) {
    this.photos = photos;
    this.studio = studio;
    this.backdrop = backdrop;
    this.view = view;
    this.#onClick("#download", words.ENCODING, (item) => this.#download(item));
    this.#onClick("#copy", "", (item) => this.#copy(item));
    this.#onClick("#share", words.ENCODING, (item) => this.#share(item));
    this.#onClick("#download-all", words.PACKING, () => this.#downloadAll());
    backdrop.addEventListener("change", () => this.#offer());
    photos.addEventListener("change", () => (button("#download-all").disabled = !photos.items.some(isCutOut)));
    void writesWebp().then((can) => this.#input("webp").closest("label")?.toggleAttribute("hidden", !can));
    const probe = new File([], "photo.png", { type: "image/png" });
    button("#share").hidden = !navigator.canShare?.({ files: [probe] });
    this.#offer();
  }

  /** @param {Format} format */
  #input(format) {
    return /** @type {HTMLInputElement} */ (this.#formats.find((input) => input.value === format));
  }

  /** JPEG can't be transparent. */
  #offer() {
    const transparent = this.backdrop.value.kind === "transparent";
    this.#input("jpeg").disabled = transparent;
    if (transparent && this.#input("jpeg").checked) this.#input("png").checked = true;
    button("#download").textContent = transparent ? words.DOWNLOAD_CUT_OUT : words.DOWNLOAD_PICTURE;
  }

  /** @returns {Format} */
  get #format() {
    return /** @type {Format} */ (this.#formats.find((input) => input.checked)?.value ?? "png");
  }

  /** @param {Item} item */
  #name(item) {
    const suffix = this.backdrop.value.kind === "transparent" ? "-cutout" : "-background";
    return outputName(item.file.name, suffix, this.#format);
  }

  /**
   * @param {string} selector @param {string} meanwhile what is said until it's done
   * @param {(item: Item) => Promise<string | void>} action gives a sentence on what was done, where that can't be seen
   */
  #onClick(selector, meanwhile, action) {
    button(selector).addEventListener("click", async () => {
      const item = this.view.shown ?? this.photos.items[0];
      if (!item) return;
      button(selector).disabled = true;
      if (meanwhile) this.view.say(meanwhile);
      try {
        const said = await action(item);
        if (said) this.view.say(said);
        else if (meanwhile) this.view.tell();
      } catch (error) {
        this.view.say(`${this.#explained(/** @type {Error} */ (error))}`, true);
      } finally {
        button(selector).disabled = false;
      }
    });
  }

  /** @param {Error} error */
  #explained(error) {
    if (error.name === "RangeError" && /ZIP/.test(error.message)) return words.ZIP_TOO_BIG;
    if (error.name === "NotAllowedError" || error.name === "TypeError") return words.NOT_COPIED;
    console.error(error);
    return words.NOT_MADE;
  }

  /** @param {Item} item */
  async #download(item) {
    save(await this.studio.export(item, this.backdrop.value, this.#format), this.#name(item));
  }

  /** @param {Item} item */
  async #copy(item) {
    // The clipboard takes PNG alone. Safari wants the promise within the click.
    const png = this.studio.export(item, this.backdrop.value, "png");
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    return words.COPIED;
  }

  /** @param {Item} item */
  async #share(item) {
    const blob = await this.studio.export(item, this.backdrop.value, this.#format);
    const file = new File([blob], this.#name(item), { type: blob.type });
    await navigator.share({ files: [file] }).catch((/** @type {Error} */ error) => {
      if (error.name !== "AbortError") save(blob, file.name); // it took so long that the click doesn't count any more
    });
  }

  async #downloadAll() {
    const done = this.photos.items.filter(isCutOut);
    const names = numbered(["report.csv", ...done.map((item) => this.#name(item))]).slice(1);
    const [backdrop, format] = [this.backdrop.value, this.#format];
    const files = [];
    for (const [at, item] of done.entries()) {
      this.view.say(words.packing(at + 1, done.length));
      files.push({ name: names[at], blob: await this.studio.export(item, backdrop, format) });
    }
    files.push({ name: "report.csv", blob: new Blob([report(this.photos.items)]) });
    save(await this.studio.zip(files), "cutouts.zip");
  }
}
