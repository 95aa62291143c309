// How large the net sees a camera's frames: as large as keeps up with the camera, measured from the first frames on.

// Long sides in pixels. The webcam's net was made for 256; below it misses fingers, above it finds people further off.
const SIZES = [160, 192, 256, 320];
const START = 256;
// Frames over which the time is measured: the first second has some of them on most computers.
const FRAMES = 6;
// Milliseconds of the net: above the first it's made smaller, so that 15 frames a second come out; larger where the
// next size is expected to stay below the second.
const TOO_SLOW = 62;
const EASY = 36;

export class Ladder {
  constructor() {
    this.size = START;
    /** @type {number[]} */
    this.times = [];
    // Sizes above the one that was too slow aren't tried again, or the picture would change back and forth.
    this.most = SIZES[SIZES.length - 1];
    // The first run of a size prepares memory.
    this.warm = false;
  }

  /** @param {number} ms that the net took for a frame at `size` */
  note(ms) {
    if (!this.warm) {
      this.warm = true;
      return;
    }
    this.times.push(ms);
    if (this.times.length < FRAMES) return;
    const median = this.times.sort((a, b) => a - b)[FRAMES >> 1];
    this.times = [];
    const step = SIZES.indexOf(this.size);
    const larger = SIZES[step + 1];
    if (median > TOO_SLOW && step > 0) {
      this.#take(SIZES[step - 1]);
      this.most = this.size;
    } else if (larger <= this.most && median * (larger / this.size) ** 2 < EASY) {
      this.#take(larger);
    }
  }

  /** @param {number} size */
  #take(size) {
    this.size = size;
    this.warm = false;
  }
}
