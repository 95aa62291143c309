/** Before and after: the photo lies over the cut-out, up to a divider that mouse, finger and keyboard move. */

export class Stage {
  #element = /** @type {HTMLElement} */ (document.querySelector("#stage"));
  #before = /** @type {HTMLCanvasElement} */ (document.querySelector("#before"));
  #after = /** @type {HTMLCanvasElement} */ (document.querySelector("#after"));
  #divider = /** @type {HTMLInputElement} */ (document.querySelector("#divider"));

  constructor() {
    this.#divider.addEventListener("input", () => this.#move());
    this.#move();
  }

  /** @param {{before: ImageBitmap, after: ImageBitmap}} pictures of one size; they're handed over */
  show({ before, after }) {
    for (const [canvas, bitmap] of /** @type {const} */ ([[this.#before, before], [this.#after, after]])) {
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap);
    }
    this.#element.hidden = false;
  }

  hide() {
    this.#element.hidden = true;
  }

  #move() {
    const at = Number(this.#divider.value);
    this.#element.style.setProperty("--at", `${at}%`);
    this.#divider.setAttribute("aria-valuetext", `${at} % of the photo as it was`);
  }
}
