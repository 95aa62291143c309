// The photo on the canvas, faded where it's cut away: its alpha, zoom and place, and the brush on top.

/**
 * @typedef {[number, number]} Point in pixels of the photo
 * @typedef {{points: Point[], radius: number, keep: boolean}} Line radius in pixels of the photo
 */

const FADED = 204; // of 255: how far what is cut away is covered by the checkerboard
const SQUARE = 4; // of the checkerboard, as a power of two of the picture's pixels
const LIGHT = 255;
const DARK = 214;
const GUESS = 0.75; // of the brush's radius: what a stroke takes before the server says it exactly (strokes.py)
const MOST = 16; // times that the photo is enlarged at most
const TINTS = { true: "rgba(22, 163, 74, .42)", false: "rgba(220, 38, 38, .42)" };
const RIMS = { true: "#16a34a", false: "#dc2626" };

export class View {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.veil = document.createElement("canvas");
    /** @type {ImageBitmap | null} */
    this.picture = null;
    this.alpha = new Uint8Array(0);
    this.width = this.height = 0; // of the picture, whose long side is 2048 at most
    this.full = 1; // pixels of the photo per pixel of the picture
    this.zoom = 1; // screen pixels per pixel of the picture
    this.left = this.top = 0; // of the picture on the canvas, in CSS pixels
    this.fitted = true;
    /** @type {{x: number, y: number, radius: number, keep: boolean} | null} in CSS pixels */
    this.brush = null;
    /** @type {Line[]} drawn over the photo */
    this.lines = [];
    /** @type {((context: CanvasRenderingContext2D, view: View) => void) | null} */
    this.overlay = null;
    this.asked = false;
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** @param {ImageBitmap} picture @param {number} width of the photo */
  show(picture, width) {
    this.picture?.close();
    this.picture = picture;
    [this.width, this.height] = [picture.width, picture.height];
    this.full = width / picture.width;
    this.alpha = new Uint8Array(this.width * this.height);
    [this.veil.width, this.veil.height] = [this.width, this.height];
    this.lines = [];
    this.#resize();
    this.fit();
  }

  clear() {
    this.picture?.close();
    this.picture = null;
    this.lines = [];
    this.alpha = new Uint8Array(0);
    this.veil.width = this.veil.height = 0;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** @param {[number, number, number, number]} box left, top, width, height @param {Uint8Array} alpha within it */
  put([left, top, width, height], alpha) {
    for (let y = 0; y < height; y++) {
      this.alpha.set(alpha.subarray(y * width, (y + 1) * width), (top + y) * this.width + left);
    }
    this.#fade(left, top, left + width, top + height);
  }

  /** Keeps or removes what's under a piece of a line, roughly. @param {Point} from @param {Point} to
   * @param {number} radius @param {boolean} keep */
  stamp(from, to, radius, keep) {
    const [ax, ay, bx, by, reach] = [...from, ...to, radius * GUESS].map((value) => value / this.full);
    const [left, right] = [Math.min(ax, bx) - reach, Math.max(ax, bx) + reach];
    const [top, bottom] = [Math.min(ay, by) - reach, Math.max(ay, by) + reach];
    const x0 = Math.max(0, Math.floor(left)), x1 = Math.min(this.width, Math.ceil(right) + 1);
    const y0 = Math.max(0, Math.floor(top)), y1 = Math.min(this.height, Math.ceil(bottom) + 1);
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy || 1;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const along = Math.max(0, Math.min(1, ((x + 0.5 - ax) * dx + (y + 0.5 - ay) * dy) / length));
        const distance = Math.hypot(x + 0.5 - ax - along * dx, y + 0.5 - ay - along * dy);
        const share = Math.max(0, Math.min(1, reach - distance + 0.5));
        const index = y * this.width + x;
        this.alpha[index] += share * ((keep ? 255 : 0) - this.alpha[index]);
      }
    }
    if (x1 > x0 && y1 > y0) this.#fade(x0, y0, x1, y1);
  }

  /** Draws the checkerboard where the photo is cut away. @param {number} x0 @param {number} y0 @param {number} x1
   * @param {number} y1 */
  #fade(x0, y0, x1, y1) {
    if (x1 <= x0 || y1 <= y0) return;
    const image = new ImageData(x1 - x0, y1 - y0);
    const pixels = new Uint32Array(image.data.buffer);
    for (let y = y0, at = 0; y < y1; y++) {
      for (let x = x0; x < x1; x++, at++) {
        const grey = ((x >> SQUARE) + (y >> SQUARE)) & 1 ? LIGHT : DARK;
        const cover = (FADED * (255 - this.alpha[y * this.width + x]) / 255) | 0;
        pixels[at] = (cover << 24) | (grey << 16) | (grey << 8) | grey;
      }
    }
    /** @type {CanvasRenderingContext2D} */ (this.veil.getContext("2d")).putImageData(image, x0, y0);
    this.draw();
  }

  // Zoom and place

  #resize() {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    if (this.fitted) this.fit();
    else this.move(0, 0);
  }

  get least() {
    const { clientWidth, clientHeight } = this.canvas;
    return Math.min(clientWidth / this.width, clientHeight / this.height) || 1;
  }

  /** Shows the whole photo. */
  fit() {
    this.zoom = this.least;
    this.fitted = true;
    this.move(0, 0);
  }

  /** @param {number} factor @param {number} [x] what stays in its place, in CSS pixels @param {number} [y] */
  enlarge(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const zoom = Math.max(this.least, Math.min(Math.max(this.least, 1) * MOST, this.zoom * factor));
    const by = zoom / this.zoom;
    [this.left, this.top] = [x + (this.left - x) * by, y + (this.top - y) * by];
    this.zoom = zoom;
    this.fitted = zoom <= this.least * 1.001;
    this.move(0, 0);
  }

  /** Moves the photo, which never leaves the canvas. @param {number} dx @param {number} dy in CSS pixels */
  move(dx, dy) {
    const { clientWidth, clientHeight } = this.canvas;
    const [width, height] = [this.width * this.zoom, this.height * this.zoom];
    const within = (/** @type {number} */ start, /** @type {number} */ size, /** @type {number} */ room) =>
      size <= room ? (room - size) / 2 : Math.max(room - size, Math.min(0, start));
    this.left = within(this.left + dx, width, clientWidth);
    this.top = within(this.top + dy, height, clientHeight);
    this.draw();
  }

  /** @param {number} x @param {number} y in CSS pixels of the canvas @returns {Point} */
  toPhoto(x, y) {
    const scale = this.full / this.zoom;
    const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
    return [round((x - this.left) * scale), round((y - this.top) * scale)];
  }

  // Drawing

  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.#draw();
    });
  }

  #draw() {
    const { context, canvas, zoom } = this;
    const ratio = canvas.width / (canvas.clientWidth || 1);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.picture) return;
    const scale = zoom * ratio;
    context.setTransform(scale, 0, 0, scale, this.left * ratio, this.top * ratio);
    context.imageSmoothingEnabled = zoom < 4;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.picture, 0, 0);
    context.drawImage(this.veil, 0, 0);
    for (const line of this.lines) this.#drawLine(line);
    this.overlay?.(context, this);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.brush) this.#drawBrush(this.brush);
  }

  /** @param {Line} line */
  #drawLine({ points, radius, keep }) {
    const { context, full } = this;
    context.beginPath();
    context.moveTo(points[0][0] / full, points[0][1] / full);
    for (const [x, y] of points) context.lineTo(x / full, y / full);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = (2 * radius) / full;
    context.strokeStyle = TINTS[`${keep}`];
    context.stroke();
  }

  /** @param {{x: number, y: number, radius: number, keep: boolean}} brush */
  #drawBrush({ x, y, radius, keep }) {
    const { context } = this;
    for (const [width, colour] of /** @type {[number, string][]} */ ([[4, "#fff"], [2, RIMS[`${keep}`]]])) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  }
}
