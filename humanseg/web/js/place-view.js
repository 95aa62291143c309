// People on their background, drawn in the browser while they are moved; and where they may be moved to.

/**
 * @typedef {{width: number, height: number, left: number, top: number, scale: number}} Frame see humanseg/frame.py
 * @typedef {{scale: number, right: number, down: number}} Placed see `Placement` in humanseg/placing.py
 * @typedef {{frame: Frame, box: [number, number, number, number], shadow: number,
 *   lines: number[]}} Scene box: left, top, right, bottom of the people, in pixels of the small photo; lines: from the top,
 *   as shares of the height, that a head is laid between
 */

export const FIRST = { scale: 1, right: 0, down: 0 };
export const SMALLEST = 0.05, LARGEST = 20; // as in placing.py, as are the next
const KEPT = 0.1;
const SOFT = 0.022, DROP = 0.018; // as in shadows.py

/**
 * The frame in which people are seen once they are placed, as `moved` in humanseg/placing.py.
 * @param {Scene} scene @param {Placed} placed
 * @returns {{left: number, top: number, right: number, bottom: number, scale: number}} their box in the picture
 */
export function boxOf({ frame, box }, placed) {
  const scale = frame.scale * placed.scale;
  const [width, height] = [(box[2] - box[0]) * scale, (box[3] - box[1]) * scale];
  const middle = frame.scale * ((box[0] + box[2]) / 2 - frame.left) + placed.right * frame.width;
  const floor = frame.scale * (box[3] - frame.top) + placed.down * frame.height;
  const left = within(middle - width / 2, width, frame.width);
  const top = within(floor - height, height, frame.height);
  return { left, top, right: left + width, bottom: top + height, scale };
}

/** @param {number} start @param {number} length @param {number} side */
function within(start, length, side) {
  const edge = length / 4; // the middle half stays in the picture
  const least = Math.min(KEPT * side, length / 2);
  return Math.min(side - least - edge, Math.max(least - length + edge, start));
}

/**
 * The nearest place that isn't out of the picture, so that nobody drags on where nothing moves any more.
 * @param {Scene} scene @param {Placed} placed
 * @returns {Placed}
 */
export function kept(scene, placed) {
  const scale = Math.min(LARGEST, Math.max(SMALLEST, placed.scale));
  const wanted = { ...placed, scale };
  const { frame, box } = scene;
  const there = boxOf(scene, wanted);
  const middle = frame.scale * ((box[0] + box[2]) / 2 - frame.left), floor = frame.scale * (box[3] - frame.top);
  return {
    scale,
    right: ((there.left + there.right) / 2 - middle) / frame.width,
    down: (there.bottom - floor) / frame.height,
  };
}

export class PlaceView {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {Placed} */
    this.placed = FIRST;
    /** @type {{ground: ImageBitmap, people: ImageBitmap, picture: ImageBitmap} | null} */
    this.layers = null;
    this.finished = false; // what the server made of it is shown
    this.asked = false;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** Picture's pixels per CSS pixel. */
  get scale() {
    return (this.scene?.frame.width ?? 1) / (this.canvas.clientWidth || 1);
  }

  /** @param {Scene} scene @param {NonNullable<PlaceView["layers"]>} layers */
  show(scene, layers) {
    this.#free(layers);
    this.scene = scene;
    this.layers = layers;
    this.canvas.width = scene.frame.width;
    this.canvas.height = scene.frame.height;
    this.draw();
  }

  clear() {
    this.#free(null);
    this.scene = this.layers = null;
    this.canvas.width = this.canvas.height = 1;
  }

  /** @param {PlaceView["layers"]} next */
  #free(next) {
    const staying = new Set(Object.values(next ?? {}));
    for (const layer of Object.values(this.layers ?? {})) if (!staying.has(layer)) layer.close();
  }

  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.#draw();
    });
  }

  #draw() {
    const { context, layers, scene } = this;
    if (!layers || !scene) return;
    const { width, height } = scene.frame;
    context.imageSmoothingQuality = "high";
    context.shadowColor = "transparent";
    context.drawImage(this.finished ? layers.picture : layers.ground, 0, 0, width, height);
    if (!this.finished) this.#drawPeople(context, scene, layers.people);
    for (const line of scene.lines) this.#drawLine(context, width, line * height);
  }

  /** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {ImageBitmap} people */
  #drawPeople(context, scene, people) {
    const { left, top, right, bottom } = boxOf(scene, this.placed);
    if (scene.shadow) {
      const diagonal = Math.hypot(right - left, bottom - top);
      context.shadowColor = `rgba(0, 0, 0, ${scene.shadow})`;
      context.shadowBlur = 2 * SOFT * diagonal;
      context.shadowOffsetY = DROP * diagonal;
    }
    context.drawImage(people, left, top, right - left, bottom - top);
    context.shadowColor = "transparent";
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} y */
  #drawLine(context, width, y) {
    const thick = Math.max(1, this.scale);
    for (const [colour, shift] of /** @type {[string, number][]} */ ([["#fff", 0], ["#0f766e", 6]])) {
      context.beginPath();
      context.setLineDash([6 * thick, 6 * thick]);
      context.lineDashOffset = shift * thick;
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.lineWidth = 1.5 * thick;
      context.strokeStyle = colour;
      context.stroke();
    }
    context.setLineDash([]);
  }
}
