// Hand on the picture: mouse, finger, pen, wheel and keys move people and change their size.

/** @typedef {{x: number, y: number}} Point in pixels of the page */

const STEP = 0.01; // of the picture's side that an arrow key moves people, ten times as much with Shift
const GROW = 1.05; // times as large, by one press of a key

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{move: (right: number, down: number) => void, grow: (factor: number, at: Point | null) => void,
 *   step: (right: number, down: number) => void, back: () => void, end: () => void}} people
 *   move: by pixels of the page; step: by shares of the picture; grow: about a point of the canvas, null for their feet
 */
export function handle(canvas, people) {
  /** @type {Map<number, Point>} */
  const down = new Map();
  let resting = 0;

  const place = (/** @type {PointerEvent | WheelEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  /** What comes in many small steps has ended when no more come. */
  const rest = () => {
    clearTimeout(resting);
    resting = setTimeout(() => { if (!down.size) people.end(); }, 250);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    down.set(event.pointerId, place(event));
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("place-held");
  });

  canvas.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last) return;
    const at = place(event);
    if (down.size === 1) people.move(at.x - last.x, at.y - last.y);
    else if (down.size === 2) {
      const still = /** @type {[number, Point]} */ ([...down].find(([id]) => id !== event.pointerId))[1];
      const apart = (/** @type {Point} */ one) => Math.hypot(one.x - still.x, one.y - still.y) || 1;
      people.grow(apart(at) / apart(last), { x: (at.x + still.x) / 2, y: (at.y + still.y) / 2 });
      people.move((at.x - last.x) / 2, (at.y - last.y) / 2);
    }
    down.set(event.pointerId, at);
  });

  const lift = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId) || down.size) return;
    canvas.classList.remove("place-held");
    people.end();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  canvas.addEventListener("wheel", (event) => {
    // By itself the wheel scrolls the page, until the picture was chosen; two fingers on a touchpad come with Ctrl.
    if (!event.ctrlKey && document.activeElement !== canvas) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    people.grow(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) / (event.ctrlKey ? 100 : 500)), place(event));
    rest();
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[/** @type {keyof typeof arrows} */ (event.key)];
    const step = event.shiftKey ? 10 * STEP : STEP;
    const sizes = { "+": GROW, "=": GROW, "-": 1 / GROW, "_": 1 / GROW };
    const size = sizes[/** @type {keyof typeof sizes} */ (event.key)];
    if (!arrow && !size && event.key !== "0") return;
    event.preventDefault();
    if (arrow) people.step(arrow[0] * step, arrow[1] * step);
    else if (size) people.grow(size, null);
    else people.back();
    rest();
  });
}
