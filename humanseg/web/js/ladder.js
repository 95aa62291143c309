// How large the net sees a camera's frames: the largest size at which enough frames a second come out, measured all along.

// Long sides in pixels. The webcam's net was made for 256; below it misses fingers, above it finds people further off.
const SIZES = [160, 192, 256, 320];
const START = 256;
// Milliseconds that a frame may take at each of them. 15 frames a second have to come out, or 10 where fingers are at
// stake; people further off are worth nothing of a camera's 25.
const LIMITS = [Infinity, 100, 1000 / 15, 40];
// Share of its limit that a larger size is expected to stay below before it's tried.
const ROOM = 0.9;
// What is measured takes so many milliseconds, since other programs take the processor for a moment now and then, but at
// least and at most so many frames.
const MEASURED = 1000;
const [FEWEST, MOST] = [6, 30];
// Frames of a new size that aren't measured: memory is prepared for it.
const WARM = 2;
// Milliseconds after which a size that was too slow may be tried again: something else may have been at work, above all
// in the first seconds. Each time that it was too slow again they double, so that the picture doesn't change to and fro.
const AGAIN = 5000;
const LONGEST = 120_000;

/**
 * @typedef {object} Taken milliseconds that a frame took
 * @property {number} busy from when it was there until the next one could be taken
 * @property {number} net those of them in which the net was at work on it
 */

export class Ladder {
  constructor() {
    this.size = START;
    // Sizes above this one were too slow a while ago.
    this.most = SIZES[SIZES.length - 1];
    this.patience = AGAIN;
    // Milliseconds at this size.
    this.waited = 0;
    this.skip = WARM;
    /** @type {Taken[]} */
    this.frames = [];
    this.measured = 0;
  }

  /** @param {Taken} taken by a frame at `size` */
  note(taken) {
    if (this.skip) {
      this.skip--;
      return;
    }
    this.frames.push(taken);
    this.measured += taken.busy;
    const enough = this.measured >= MEASURED ? FEWEST : MOST;
    if (this.frames.length < enough) return;
    this.waited += this.measured;
    if (this.waited > this.patience) this.most = SIZES[SIZES.length - 1];
    const usual = this.frames.sort((a, b) => a.busy - b.busy)[this.frames.length >> 1];
    this.frames = [];
    this.measured = 0;
    if (usual.busy > limitOf(this.size)) this.#goDown(usual);
    else this.#goUp(usual);
  }

  /** @param {Taken} usual */
  #goDown(usual) {
    const smaller = SIZES.filter((size) => size < this.size).reverse();
    this.most = smaller[0];
    this.#take(smaller.find((size) => this.#expected(usual, size) < limitOf(size)) ?? SIZES[0]);
  }

  /** @param {Taken} usual */
  #goUp(usual) {
    const larger = SIZES.find((size) => size > this.size);
    if (!larger || larger > this.most || this.#expected(usual, larger) > ROOM * limitOf(larger)) return;
    if (this.waited > this.patience) this.patience = Math.min(2 * this.patience, LONGEST);
    this.#take(larger);
  }

  /** @param {number} size */
  #take(size) {
    this.size = size;
    this.waited = 0;
    this.skip = WARM;
  }

  /**
   * Milliseconds that a frame should take at another size. Measured, the net's time grows with a frame's side rather than
   * with its area, since much of it goes into frames as they come.
   * @param {Taken} taken @param {number} size
   */
  #expected({ busy, net }, size) {
    return busy + net * (size / this.size - 1);
  }
}

/** @param {number} size */
function limitOf(size) {
  return LIMITS[SIZES.indexOf(size)];
}
