// The visitor's camera: which there are, opening one, letting go of it, and what to say when that fails.

/** @typedef {{deviceId?: string, width: number, height: number}} Wanted */

// By the browser's own name of what went wrong.
const TROUBLE = {
  NotAllowedError: "The camera was refused: allow it beside the browser's address bar, then start it again.",
  SecurityError: "This browser or the page around this one keeps the camera shut: open the page in a tab of its own.",
  NotFoundError: "There is no camera: connect one, then start it again.",
  NotReadableError: "The camera is in use: close the other program that has it, then start it again.",
  AbortError: "The camera is in use: close the other program that has it, then start it again.",
  OverconstrainedError: "This camera isn't there any more: choose another one, then start it again.",
};
const INSECURE = "The browser gives the camera only to pages that come over https, or from this computer.";
const OTHER = "The camera can't be started: try again, or try another browser.";
export const UNPLUGGED = "The camera was unplugged or switched off: connect it, then start it again.";
export const SILENT = "The camera sends no picture: look for its cover or its switch, or choose another camera.";
// Errors whose message is a sentence already.
const OURS = ["CameraError", "EngineError"];
// Milliseconds without a first picture after which that is said.
const FIRST_PICTURE = 8000;

/**
 * One sentence about a camera that didn't start.
 * @param {unknown} error what `getUserMedia` or the engine was rejected with
 */
export function troubleOf(error) {
  if (error instanceof Error && OURS.includes(error.name)) return error.message;
  return TROUBLE[/** @type {keyof typeof TROUBLE} */ (/** @type {any} */ (error)?.name)] ?? OTHER;
}

/** The cameras that there are; names are known only once one of them has been allowed. */
export async function cameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices
    .filter((device) => device.kind === "videoinput" && device.deviceId)
    .map((device, index) => ({ id: device.deviceId, name: device.label || `Camera ${index + 1}` }));
}

/** One camera that is on. `onEnd` is told with a sentence when it ends by itself. */
export class Camera {
  /** @param {MediaStream} stream @param {HTMLVideoElement} video @param {(sentence: string) => void} onEnd */
  constructor(stream, video, onEnd) {
    this.stream = stream;
    this.video = video;
    this.track = stream.getVideoTracks()[0];
    this.track.addEventListener("ended", () => onEnd(UNPLUGGED));
    this.closed = false;
    /** When the newest frame was captured, 0 once it's taken. */
    this.fresh = 0;
    /** @type {((value?: any) => void) | undefined} */
    this.waiting = undefined;
    this.#watch();
  }

  /**
   * Opens a camera; rejects as `getUserMedia` does, see `troubleOf`.
   *
   * The size is a wish, since cameras have few of them.
   * @param {Wanted} wanted
   * @param {(sentence: string) => void} onEnd
   * @returns {Promise<Camera>}
   */
  static async open({ deviceId, width, height }, onEnd) {
    if (!navigator.mediaDevices?.getUserMedia) throw cameraError(INSECURE);
    const video = {
      width: { ideal: width },
      height: { ideal: height },
      frameRate: { ideal: 30 },
      ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" }),
    };
    const stream = await navigator.mediaDevices.getUserMedia({ video });
    const element = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    element.srcObject = stream;
    const camera = new Camera(stream, element, onEnd);
    try {
      await camera.#firstPicture();
    } catch (error) {
      camera.close();
      throw error;
    }
    return camera;
  }

  async #firstPicture() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(cameraError(SILENT)), FIRST_PICTURE);
    });
    try {
      await Promise.race([this.video.play(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Pixels of a frame. */
  get size() {
    return { width: this.video.videoWidth, height: this.video.videoHeight };
  }

  get deviceId() {
    return this.track.getSettings().deviceId;
  }

  /**
   * Waits for a frame that hasn't been taken yet.
   * @returns {Promise<number>} when it was captured, as `performance.now()` counts
   */
  async next() {
    if (!this.fresh) await new Promise((resolve) => (this.waiting = resolve));
    const captured = this.fresh;
    this.fresh = 0;
    return captured;
  }

  #watch() {
    if (this.closed) return;
    const seen = (/** @type {number} */ now, /** @type {any} */ frame) => {
      this.fresh = frame?.captureTime ?? now;
      this.waiting?.();
      this.#watch();
    };
    if ("requestVideoFrameCallback" in this.video) this.video.requestVideoFrameCallback(seen);
    else requestAnimationFrame((now) => seen(now, null));
  }

  /**
   * The frame that is shown now; whoever takes it closes it.
   * @returns {Promise<VideoFrame | ImageBitmap>}
   */
  async take() {
    return "VideoFrame" in globalThis ? new VideoFrame(this.video) : createImageBitmap(this.video);
  }

  /** Lets go of the camera, whose light goes off. */
  close() {
    this.closed = true;
    this.stream.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }
}

/** @param {string} sentence */
function cameraError(sentence) {
  return Object.assign(new Error(sentence), { name: "CameraError" });
}
