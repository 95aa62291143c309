/** The choice of what goes behind the people. */

/** @typedef {import("./paint.js").Backdrop} Backdrop */

const KEY = "humanseg-background";

/** Tells `change` with each choice. */
export class BackdropChoice extends EventTarget {
  /** @type {File | null} */
  #own = null;

  /** @param {HTMLElement} element where the controls go; `data-first` names the kind that is chosen at first */
  constructor(element) {
    super();
    const template = /** @type {HTMLTemplateElement} */ (document.querySelector("template#backdrop"));
    element.append(template.content.cloneNode(true));
    this.element = element;
    const stored = remembered();
    this.#set("kind", stored.kind ?? element.dataset.first);
    this.#set("place", stored.place ?? this.#inputs("place")[0]?.value);
    for (const name of ["colour", "strength"]) if (stored[name]) this.#inputs(name)[0].value = stored[name];
    element.addEventListener("input", (event) => this.#changed(/** @type {HTMLInputElement} */ (event.target)));
    this.#show();
  }

  /** @returns {Backdrop} */
  get value() {
    return {
      kind: /** @type {Backdrop["kind"]} */ (this.#chosen("kind")),
      colour: this.#inputs("colour")[0].value,
      strength: Number(this.#inputs("strength")[0].value) / 100,
      picture: this.#own ?? new URL(this.#chosen("place"), document.baseURI).href,
    };
  }

  /** The places, by name and address. */
  get places() {
    return this.#inputs("place").map(({ ariaLabel, value }) => ({ name: ariaLabel ?? "", url: new URL(value, document.baseURI).href }));
  }

  /** @param {string} name @returns {HTMLInputElement[]} */
  #inputs(name) {
    return [...this.element.querySelectorAll("input")].filter((input) => input.name === name);
  }

  /** @param {string} name */
  #chosen(name) {
    return this.#inputs(name).find((input) => input.checked)?.value ?? "";
  }

  /** @param {string} name @param {string | undefined} value */
  #set(name, value) {
    for (const input of this.#inputs(name)) input.checked = input.value === value;
  }

  /** @param {HTMLInputElement} input */
  #changed(input) {
    if (input.name === "own") {
      this.#own = input.files?.[0] ?? null;
      if (this.#own) this.#set("place", undefined);
      else this.#set("place", this.#inputs("place")[0]?.value);
    }
    if (input.name === "place") {
      this.#own = null;
      this.#inputs("own")[0].value = "";
    }
    this.#show();
    this.#remember();
    this.dispatchEvent(new Event("change"));
  }

  #show() {
    const kind = this.#chosen("kind");
    for (const part of this.element.querySelectorAll("[data-for]")) {
      /** @type {HTMLElement} */ (part).hidden = /** @type {HTMLElement} */ (part).dataset.for !== kind;
    }
  }

  #remember() {
    const { kind, colour } = this.value;
    const lasting = { kind, colour, strength: this.#inputs("strength")[0].value, place: this.#chosen("place") };
    try {
      localStorage.setItem(KEY, JSON.stringify(lasting));
    } catch {
      // In a frame of another site the browser may let the page store nothing.
    }
  }
}

/** @returns {Record<string, string>} */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}
