// The server's way, for browsers that can't run the net: one small picture of a frame goes there, its alpha comes back.

// The most bytes that may be sent of a frame.
const MOST_BYTES = 30_000;
const QUALITIES = [0.85, 0.6, 0.3];
// Milliseconds after which an answer isn't waited for any longer.
const PATIENCE = 15_000;

/** Has the same `frame` as engine.js; one frame is in flight, the newest, since its caller waits for the answer. */
export class ServerEngine {
  /** @param {string} url of the server's frames */
  constructor(url) {
    // Named, so that the server knows how many there are.
    this.url = `${url}?camera=${[...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16)).join("")}`;
    this.canvas = document.createElement("canvas");
    this.ending = new AbortController();
  }

  get says() {
    return "the server";
  }

  /**
   * @param {VideoFrame | ImageBitmap} frame closed here
   * @param {{size: number}} options long side in pixels of what is sent
   * @returns {Promise<import("./engine.js").Frame>} rejects with a sentence
   */
  async frame(frame, { size }) {
    const start = performance.now();
    const { jpeg, pixels } = await this.#small(frame, size);
    const answer = await this.#sent(jpeg);
    if (!answer.ok) throw new Error(await sentenceOf(answer));
    const both = new Uint8Array(await answer.arrayBuffer());
    const width = this.canvas.width, height = this.canvas.height, count = width * height;
    if (both.length !== 2 * count) throw new Error(LOST);
    const alpha = both.slice(0, count), coarse = both.slice(count);
    return { width, height, alpha, coarse, personFound: alpha.some((value) => value > 127), pixels, ms: performance.now() - start };
  }

  /** @param {VideoFrame | ImageBitmap} frame @param {number} side */
  async #small(frame, side) {
    const width = "displayWidth" in frame ? frame.displayWidth : frame.width;
    const height = "displayHeight" in frame ? frame.displayHeight : frame.height;
    const scale = side / Math.max(width, height);
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (this.canvas.width !== size.width || this.canvas.height !== size.height) Object.assign(this.canvas, size);
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { willReadFrequently: true }));
    context.imageSmoothingQuality = "high";
    context.drawImage(frame, 0, 0, size.width, size.height);
    frame.close();
    /** @type {Blob | null} */
    let jpeg = null;
    for (const quality of QUALITIES) {
      jpeg = await new Promise((resolve) => this.canvas.toBlob(resolve, "image/jpeg", quality));
      if (jpeg && jpeg.size <= MOST_BYTES) break;
    }
    const { data } = context.getImageData(0, 0, size.width, size.height);
    return { jpeg: /** @type {Blob} */ (jpeg), pixels: data };
  }

  /** @param {Blob} jpeg */
  async #sent(jpeg) {
    const signal = AbortSignal.any([this.ending.signal, AbortSignal.timeout(PATIENCE)]);
    try {
      return await fetch(this.url, { method: "POST", body: jpeg, headers: { "Content-Type": "image/jpeg" }, signal });
    } catch (error) {
      throw this.ending.signal.aborted ? error : new Error(LOST);
    }
  }

  close() {
    this.ending.abort();
  }
}

const LOST = "The server doesn't answer: check the connection, then start the camera again.";

/** @param {Response} answer */
async function sentenceOf(answer) {
  try {
    return (await answer.json()).detail || LOST;
  } catch {
    return LOST;
  }
}
