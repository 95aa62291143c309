// How large the net sees a camera's frames: as large as keeps up with the camera, measured from the first frames on.

// Long sides in pixels. The webcam's net was made for 256; below it misses fingers, above it finds people further off.
const SIZES = [160, 192, 256, 320];
const START = 256;
// Frames over which the time is measured: the first second has some of them on most computers.
const FRAMES = 6;
// Milliseconds of the net above which it's made smaller: so that 15 frames a second come out, or, where fingers are at
// stake, 10. Larger where the next size is expected to stay below the last of them.
const TOO_SLOW = 62;
const FAR_TOO_SLOW = 95;
const EASY = 36;
// Frames after which a size that was too slow may be tried again: something else may have been at work.
const AGAIN = 300;

export class Ladder {
  constructor() {
    this.size = START;
    /** @type {number[]} */
    this.times = [];
    // Sizes that were too slow aren't tried again soon, or the picture would change back and forth.
    this.most = SIZES[SIZES.length - 1];
    this.since = 0;
    // The first run of a size prepares memory.
    this.warm = false;
  }

  /** @param {number} ms that the net took for a frame at `size` */
  note(ms) {
    if (!this.warm) {
      this.warm = true;
      return;
    }
    if (++this.since > AGAIN) this.most = SIZES[SIZES.length - 1];
    this.times.push(ms);
    if (this.times.length < FRAMES) return;
    const median = this.times.sort((a, b) => a - b)[FRAMES >> 1];
    this.times = [];
    const step = SIZES.indexOf(this.size);
    const larger = SIZES[step + 1];
    if (step > 0 && median > (step > 1 ? TOO_SLOW : FAR_TOO_SLOW)) {
      this.#take(SIZES[step - 1]);
      this.most = this.size;
    } else if (larger <= this.most && median * (larger / this.size) ** 2 < EASY) {
      this.#take(larger);
    }
  }

  /** @param {number} size */
  #take(size) {
    this.size = size;
    this.since = 0;
    this.warm = false;
  }
}
