/** The page's side of studio-worker.js, which composes and encodes pictures. */

/** @typedef {import("./paint.js").Backdrop} Backdrop */
/** @typedef {import("./studio-worker.js").Done} Done */

export class Studio {
  #worker = new Worker(new URL("./studio-worker.js", import.meta.url), { type: "module" });
  #asked = 0;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  constructor() {
    this.#worker.onmessage = ({ data: { number, result, error } }) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (error) waiting?.reject(Object.assign(new Error(error.message), { name: error.name }));
      else waiting?.resolve(result);
    };
    this.#worker.onerror = (event) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(event.message));
      this.#waiting.clear();
    };
  }

  /** @param {string} kind @param {object} asked @param {Transferable[]} [transfer] @returns {Promise<any>} */
  #ask(kind, asked, transfer = []) {
    return new Promise((resolve, reject) => {
      const number = ++this.#asked;
      this.#waiting.set(number, { resolve, reject });
      this.#worker.postMessage({ number, kind, asked }, transfer);
    });
  }

  /**
   * @param {ImageDataArray} rgba the people's own colours and alpha, which are handed over and can't be read any more
   * @param {number} width of the photo, in pixels
   * @returns {Promise<{png: Blob, thumbnail: Blob}>} the same as a PNG, and small
   */
  keep(rgba, width) {
    return this.#ask("keep", { rgba, width }, [rgba.buffer]);
  }

  /** @param {Done} photo @param {Backdrop} backdrop @returns {Promise<{before: ImageBitmap, after: ImageBitmap}>} */
  preview(photo, backdrop) {
    return this.#ask("preview", { photo, backdrop });
  }

  /** @param {Done} photo @param {Backdrop} backdrop @param {"png" | "jpeg" | "webp"} format @returns {Promise<Blob>} */
  export(photo, backdrop, format) {
    return this.#ask("export", { photo, backdrop, format });
  }

  /** @param {{name: string, blob: Blob}[]} files @returns {Promise<Blob>} */
  zip(files) {
    return this.#ask("zip", { files });
  }

  /** Frees what is kept of the photo that was looked at last. @returns {Promise<void>} */
  forget() {
    return this.#ask("forget", {});
  }
}
