// The controls beside the camera's picture; everything can be changed while it's live.

import { h, radios } from "./dom.js";
import { WORDS } from "./live-words.js";

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./background.js").Background} Background */

// Long side in pixels of a picture behind the person: more can't be seen.
const PICTURE_SIDE = 1920;

export class Choice {
  /**
   * @param {Settings} settings changed in place
   * @param {{name: string, url: string}[]} places
   * @param {object} options
   * @param {boolean} options.hasServer
   * @param {(what: "background" | "mirror" | "camera" | "kept") => void} options.onChange
   * @param {(sentence: string, bad?: boolean) => void} options.onSay
   */
  constructor(settings, places, { hasServer, onChange, onSay }) {
    this.settings = settings;
    this.places = places;
    this.onChange = onChange;
    this.onSay = onSay;
    /** @type {File | null} */
    this.own = null;
    /** @type {HTMLButtonElement[]} */
    this.buttons = [];
    if (settings.place >= places.length) settings.place = 0;
    this.element = h("div", { class: "live-choice" }, ...this.#background(), ...this.#camera(), ...this.#more(hasServer));
    this.#fold();
  }

  #background() {
    const { settings } = this;
    const kinds = radios("live-kind", WORDS.behind, WORDS.kinds, settings.kind, (kind) => {
      this.#set({ kind: /** @type {Settings["kind"]} */ (kind) }, "background");
      this.#fold();
    });
    const strength = h("input", {
      type: "range", id: "live-strength", min: 0.2, max: 6, step: 0.2, value: settings.strength,
      oninput: () => this.#set({ strength: Number(strength.value) }, "background"),
    });
    const colour = h("input", {
      type: "color", id: "live-colour", value: settings.colour,
      oninput: () => this.#set({ colour: colour.value }, "background"),
    });
    this.strength = h("label", {}, WORDS.strength, strength);
    this.colour = h("label", { class: "live-line" }, WORDS.colour, colour);
    this.pictures = h("div", { class: "live-pictures" }, ...this.#pictures());
    return [kinds, this.strength, this.colour, this.pictures];
  }

  #pictures() {
    const places = this.places.map(({ name, url }, index) => {
      const button = h("button", { class: "live-place", title: name, "aria-label": name },
        h("img", { src: url, alt: "", loading: "lazy" }));
      button.onclick = () => {
        this.own = null;
        this.#set({ place: index }, "background");
        this.#mark();
      };
      return button;
    });
    this.buttons = places;
    this.file = h("input", { type: "file", accept: "image/*", id: "live-own", class: "live-file" });
    this.file.onchange = () => this.#take(this.file.files[0]);
    const own = h("label", { class: "live-button" }, WORDS.own, this.file);
    this.owns = own;
    return [h("div", { class: "live-places" }, ...places), own];
  }

  #camera() {
    const { settings } = this;
    this.cameras = h("select", { id: "live-camera" }, h("option", { value: "" }, WORDS.anyCamera));
    this.cameras.onchange = () => this.#set({ camera: this.cameras.value }, "camera");
    const sizes = ["640x480", "1280x720"].map((size) => /** @type {[string, string]} */ ([size, size.replace("x", " × ")]));
    return [
      h("label", {}, WORDS.camera, this.cameras),
      radios("live-size", WORDS.size, sizes, settings.size, (size) => this.#set({ size }, "camera")),
    ];
  }

  /** @param {boolean} hasServer */
  #more(hasServer) {
    const { settings } = this;
    const tick = (/** @type {string} */ id, /** @type {string} */ words, /** @type {"mirror" | "sound"} */ name) => {
      const box = h("input", { type: "checkbox", id, checked: settings[name] });
      box.onchange = () => this.#set({ [name]: box.checked }, name === "mirror" ? "mirror" : "kept");
      return h("label", { class: "live-line" }, box, words);
    };
    const where = radios("live-where", WORDS.where, WORDS.wheres, settings.where, (value) =>
      this.#set({ where: /** @type {Settings["where"]} */ (value) }, "camera"));
    return [
      tick("live-mirror", WORDS.mirror, "mirror"),
      tick("live-sound", WORDS.sound, "sound"),
      ...(hasServer ? [where] : []),
    ];
  }

  /** @param {Partial<Settings>} change @param {"background" | "mirror" | "camera" | "kept"} what */
  #set(change, what) {
    Object.assign(this.settings, change);
    this.onChange(what);
  }

  /** Shows what belongs to the chosen kind. */
  #fold() {
    const { kind } = this.settings;
    this.strength.hidden = kind !== "blur";
    this.colour.hidden = kind !== "colour";
    this.pictures.hidden = kind !== "picture";
    this.#mark();
  }

  #mark() {
    this.buttons.forEach((button, index) =>
      button.setAttribute("aria-pressed", String(!this.own && index === this.settings.place)));
    this.owns.classList.toggle("live-chosen", this.own !== null);
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (!file) return;
    try {
      (await createImageBitmap(file)).close();
    } catch {
      return this.onSay(WORDS.ownBad, true);
    }
    this.own = file;
    this.#mark();
    this.onChange("background");
  }

  /**
   * Fills the list of cameras.
   * @param {{id: string, name: string}[]} found
   * @param {string} current the one that is on
   */
  name(found, current) {
    if (!found.length) return;
    this.cameras.replaceChildren(...found.map(({ id, name }) => h("option", { value: id }, name)));
    this.cameras.value = current;
  }

  /** @returns {Promise<Background>} what is chosen, with a picture of its own */
  async background() {
    const { kind, colour, strength } = this.settings;
    return { kind, colour, strength: strength / 100, picture: kind === "picture" ? await this.#picture() : null };
  }

  async #picture() {
    const place = this.places[this.settings.place];
    if (!this.own && !place) return null;
    try {
      const bitmap = await createImageBitmap(this.own ?? (await (await fetch(place.url)).blob()));
      const scale = PICTURE_SIDE / Math.max(bitmap.width, bitmap.height);
      if (scale >= 1) return bitmap;
      const size = { resizeWidth: Math.round(bitmap.width * scale), resizeHeight: Math.round(bitmap.height * scale) };
      const smaller = await createImageBitmap(bitmap, { ...size, resizeQuality: "high" });
      bitmap.close();
      return smaller;
    } catch {
      this.onSay(WORDS.ownBad, true);
      return null;
    }
  }
}
