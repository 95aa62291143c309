// Hand on the canvas: mouse, finger, pen and keys become strokes, zoom and movement.

/**
 * @typedef {import("./repair-view.js").View} View
 * @typedef {import("./repair-view.js").Point} Point
 * @typedef {{begin: (point: Point, radius: number) => void, go: (points: Point[]) => void, end: () => void,
 *   cancel: () => void, radius: () => number, keep: () => boolean, canPaint: () => boolean,
 *   tap: (point: Point) => void, hover: (point: Point | null) => void}} Painter
 */

const LIFT = 12; // CSS pixels: a stroke shorter than this is no stroke once a second finger comes
const SEEN = 1200; // milliseconds that a brush is seen in the middle while its size is chosen
const STEP = 48; // CSS pixels that an arrow key moves the photo

/**
 * @param {View} view
 * @param {Painter} painter
 * @returns {() => void} to be called when the brush has changed: shows it where the pointer is, or in the middle
 */
export function handle(view, painter) {
  const { canvas } = view;
  /** @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  let painting = -1; // the pointer that paints
  let moving = -1; // the pointer that moves the photo
  let space = false;
  let pen = false; // one was used: fingers only move the photo then, so that a hand may rest on it
  let travelled = 0;
  /** @type {{x: number, y: number} | null} */
  let over = null; // where the pointer is
  let fading = 0;

  const place = (/** @type {PointerEvent | WheelEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const point = (/** @type {{x: number, y: number}} */ { x, y }) => view.toPhoto(x, y);
  const radius = () => (painter.radius() / view.zoom) * view.full;
  const showBrush = (/** @type {{x: number, y: number} | null} */ at) => {
    clearTimeout(fading);
    over = at;
    const seen = at && painter.canPaint() && !space;
    view.brush = seen ? { ...at, radius: painter.radius(), keep: painter.keep() } : null;
    canvas.style.cursor = space || (moving >= 0 && travelled > LIFT) ? "grab" : painter.canPaint() ? "none" : "pointer";
    view.draw();
  };

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    const at = place(event);
    if (event.pointerType === "pen") pen = true;
    down.set(event.pointerId, at);
    canvas.setPointerCapture(event.pointerId);
    travelled = down.size > 1 ? travelled : 0;
    if (down.size > 1) {
      // A second finger zooms: what the first one has just begun was no stroke.
      if (painting >= 0) travelled < LIFT ? painter.cancel() : painter.end();
      painting = moving = -1;
      return showBrush(null);
    }
    const rests = pen && event.pointerType === "touch";
    if (event.button === 1 || space || rests || !painter.canPaint()) moving = event.pointerId;
    else if (event.button === 0) {
      painting = event.pointerId;
      painter.begin(point(at), radius());
    }
    showBrush(at);
  });

  canvas.addEventListener("pointermove", (event) => {
    const at = place(event);
    const last = down.get(event.pointerId);
    if (last) travelled += Math.hypot(at.x - last.x, at.y - last.y);
    if (last && down.size === 2) pinch(event.pointerId, at);
    else if (event.pointerId === moving && last) view.move(at.x - last.x, at.y - last.y);
    else if (event.pointerId === painting) {
      const events = event.getCoalescedEvents?.() ?? [];
      painter.go((events.length ? events : [event]).map((one) => point(place(one))));
    }
    if (last) down.set(event.pointerId, at);
    painter.hover(point(at));
    showBrush(down.size > 1 || (event.pointerType === "touch" && !last) ? null : at);
  });

  const lift = (/** @type {PointerEvent} */ event) => {
    const at = down.get(event.pointerId);
    if (!down.delete(event.pointerId)) return;
    if (event.pointerId === painting) event.type === "pointercancel" ? painter.cancel() : painter.end();
    else if (at && event.type === "pointerup" && !painter.canPaint() && travelled < LIFT && !down.size) {
      painter.tap(point(at));
    }
    if (event.pointerId === painting) painting = -1;
    if (event.pointerId === moving) moving = -1;
    showBrush(event.pointerType === "touch" ? null : at ?? null);
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => {
    painter.hover(null);
    if (painting < 0) showBrush(null);
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  const pinch = (/** @type {number} */ id, /** @type {{x: number, y: number}} */ at) => {
    const [one, other] = [.../** @type {Map<number, {x: number, y: number}>} */ (down).entries()];
    const [before, still] = one[0] === id ? [one[1], other[1]] : [other[1], one[1]];
    const apart = (/** @type {{x: number, y: number}} */ a) => Math.hypot(a.x - still.x, a.y - still.y) || 1;
    view.enlarge(apart(at) / apart(before), (at.x + still.x) / 2, (at.y + still.y) / 2);
    view.move((at.x - before.x) / 2, (at.y - before.y) / 2);
  };

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { x, y } = place(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    view.enlarge(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) / 300), x, y);
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const arrow = arrows[/** @type {keyof typeof arrows} */ (event.key)];
    const middle = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 };
    if (arrow) view.move(arrow[0], arrow[1]);
    else if (event.key === " ") {
      space = true;
      showBrush(null);
    } else if (event.key === "Enter" && painter.canPaint()) {
      painter.begin(point(middle), radius());
      painter.end();
    } else if (event.key === "Enter") painter.tap(point(middle));
    else return;
    event.preventDefault();
    if (event.key !== " ") showBrush(middle);
  });
  canvas.addEventListener("keyup", (event) => {
    if (event.key !== " ") return;
    space = false;
    showBrush(null);
  });
  canvas.addEventListener("blur", () => {
    space = false;
    showBrush(null);
  });

  return () => {
    const at = over;
    showBrush(at ?? { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 });
    if (!at) fading = setTimeout(() => showBrush(null), SEEN);
    over = at;
  };
}
