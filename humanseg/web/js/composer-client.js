// The page's side of compose-worker.js.

/** @typedef {import("./background.js").Background} Background */
/** @typedef {import("./compose.js").Shot} Shot */

export class ComposerClient {
  /**
   * @param {HTMLCanvasElement} canvas is drawn on by the worker from now on, and by nobody else
   * @param {{gpu: boolean, onLost: () => void}} options
   */
  constructor(canvas, { gpu, onLost }) {
    this.worker = new Worker(new URL("./compose-worker.js", import.meta.url), { type: "module" });
    /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    this.count = 0;
    this.worker.onmessage = ({ data }) => {
      if (data.type === "lost") onLost();
      const asked = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.type === "failed") asked?.reject(new Error(data.reason));
      else asked?.resolve(data);
    };
    this.worker.onerror = () => this.#giveUp("The part of the page that draws can't be loaded: reload the page.");
    const offscreen = canvas.transferControlToOffscreen();
    this.worker.postMessage({ type: "open", canvas: offscreen, gpu }, [offscreen]);
  }

  /** @param {Background} background its picture is taken over */
  set(background) {
    const given = background.picture ? [background.picture] : [];
    this.worker.postMessage({ type: "background", background }, given);
  }

  /** Forgets the last frame. */
  reset() {
    this.worker.postMessage({ type: "reset" });
  }

  /**
   * @param {Shot} shot its frame is taken over
   * @returns {Promise<{ms: number, way: string}>} once it's on the canvas
   */
  draw(shot) {
    return this.#ask({ type: "draw", shot }, [shot.frame, shot.alpha.buffer, shot.coarse.buffer, shot.pixels.buffer]);
  }

  /**
   * @param {ImageBitmap} photo taken over
   * @param {ImageData} cutout
   * @returns {Promise<Blob>} PNG
   */
  async still(photo, cutout) {
    return (await this.#ask({ type: "still", photo, cutout }, [photo, cutout.data.buffer])).blob;
  }

  /** @param {any} message @param {any[]} given @returns {Promise<any>} */
  #ask(message, given) {
    const id = ++this.count;
    this.worker.postMessage({ ...message, id }, given);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** @param {string} sentence */
  #giveUp(sentence) {
    for (const { reject } of this.waiting.values()) reject(new Error(sentence));
    this.waiting.clear();
  }

  close() {
    this.worker.terminate();
    this.#giveUp("stopped");
  }
}
