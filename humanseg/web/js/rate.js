// Frames a second, and how far the picture is behind.

/**
 * @typedef {object} Measured medians of the last second or so
 * @property {number} framesPerSecond
 * @property {number} latency milliseconds from the camera to the canvas
 * @property {number} net milliseconds of the net
 * @property {number} drawing milliseconds of edges and background
 */

// Milliseconds between two figures.
const EVERY = 1000;

export class Rate {
  constructor() {
    /** @type {{latency: number, net: number, drawing: number}[]} */
    this.frames = [];
    this.started = false;
    this.since = 0;
  }

  /**
   * Counts a frame that is on the canvas.
   * @param {number} captured when, as `performance.now()` counts
   * @param {{net: number, drawing: number}} times milliseconds
   * @returns {Measured | null} the figures once a second
   */
  note(captured, { net, drawing }) {
    const now = performance.now();
    // The first frame waited for everything to be made ready.
    if (!this.started) {
      this.started = true;
      this.since = now;
      return null;
    }
    this.frames.push({ latency: now - captured, net, drawing });
    if (now - this.since < EVERY) return null;
    const measured = {
      framesPerSecond: (1000 * this.frames.length) / (now - this.since),
      latency: median(this.frames.map((frame) => frame.latency)),
      net: median(this.frames.map((frame) => frame.net)),
      drawing: median(this.frames.map((frame) => frame.drawing)),
    };
    this.frames = [];
    this.since = now;
    return measured;
  }
}

/** @param {number[]} values */
function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
