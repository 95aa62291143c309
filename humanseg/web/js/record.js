// Records what is on a canvas, with sound where there is some.

// In this order: MP4 plays everywhere; only WebM can be see-through.
const OPAQUE = ["video/mp4;codecs=avc1.640028,mp4a.40.2", "video/mp4", "video/webm;codecs=vp9,opus", "video/webm"];
const SEE_THROUGH = ["video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/webm"];
const BITS_PER_SECOND = 5_000_000;
const FRAMES_PER_SECOND = 30;

export class Recording {
  /**
   * Starts to record.
   * @param {HTMLCanvasElement} canvas
   * @param {MediaStreamTrack[]} sound ends with the recording
   * @param {boolean} seeThrough whether the background is transparent
   */
  constructor(canvas, sound, seeThrough) {
    if (!("MediaRecorder" in globalThis)) throw new Error("This browser can't record: try a newer one.");
    const type = (seeThrough ? SEE_THROUGH : OPAQUE).find((name) => MediaRecorder.isTypeSupported(name));
    const picture = canvas.captureStream(FRAMES_PER_SECOND);
    this.stream = new MediaStream([...picture.getTracks(), ...sound]);
    this.recorder = new MediaRecorder(this.stream, { mimeType: type, videoBitsPerSecond: BITS_PER_SECOND });
    /** @type {Blob[]} */
    this.pieces = [];
    this.recorder.ondataavailable = ({ data }) => data.size && this.pieces.push(data);
    this.started = performance.now();
    this.recorder.start(1000);
  }

  get seconds() {
    return (performance.now() - this.started) / 1000;
  }

  /** @param {boolean} paused since no frames come */
  pause(paused) {
    if (this.recorder.state === "recording" && paused) this.recorder.pause();
    if (this.recorder.state === "paused" && !paused) this.recorder.resume();
  }

  /** @returns {Promise<File>} */
  stop() {
    return new Promise((resolve) => {
      const done = () => {
        this.stream.getTracks().forEach((track) => track.stop());
        const type = this.recorder.mimeType.split(";")[0];
        resolve(new File(this.pieces, `camera-${stamp()}.${type.endsWith("mp4") ? "mp4" : "webm"}`, { type }));
      };
      if (this.recorder.state === "inactive") return done();
      this.recorder.onstop = done;
      this.recorder.stop();
    });
  }
}

/** The time as part of a file's name: 2026-11-28-14-05-09. */
export function stamp() {
  const now = new Date();
  return new Date(now.getTime() - 60_000 * now.getTimezoneOffset()).toISOString().slice(0, 19).replace(/[T:]/g, "-");
}

/** @param {Blob} file @param {string} name */
export function download(file, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
