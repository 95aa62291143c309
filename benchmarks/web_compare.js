/** Whole frames and alphas, ours and those of MediaPipe's segmenter, from the same bitmaps; see benchmarks/web_compare.py. */

import { Composer } from "./js/compose.js";
import { ComposerClient } from "./js/composer-client.js";
import { Engine } from "./js/engine.js";
import { FilesetResolver, ImageSegmenter } from "./mediapipe/vision_bundle.mjs";

/** What the Webcam tab does with a frame. */
class Ours {
  static async open() {
    const ours = new Ours();
    ours.engine = await Engine.open({ base: "./", model: "live" });
    ours.composer = new ComposerClient(document.createElement("canvas"), { gpu: true, onLost: () => {} });
    ours.composer.set({ kind: "blur", strength: 0.02, picture: null });
    return ours;
  }

  async draw(photo, size) {
    const { alpha, coarse, pixels, width, height } = await this.engine.frame(await createImageBitmap(photo), { size });
    const frame = await createImageBitmap(photo);
    await this.composer.draw({ frame, alpha, coarse, pixels, width, height, mirror: false });
  }

  /** The next frame's alpha as it's shown, steady and with its edges; `first` begins another clip. */
  async alpha(frame, size, first) {
    if (first) {
      this.canvas = new OffscreenCanvas(frame.width, frame.height);
      this.steady = new Composer(this.canvas, { gpu: false });
      this.steady.set({ kind: "transparent" });
    }
    const { ms, personFound, ...found } = await this.engine.frame(await createImageBitmap(frame), { size });
    this.steady.draw({ frame, ...found, mirror: false });
    const { data } = this.canvas.getContext("2d").getImageData(0, 0, frame.width, frame.height);
    return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3]);
  }
}

/** What its documentation does with one. */
class Theirs {
  static async open() {
    const theirs = new Theirs();
    const files = await FilesetResolver.forVisionTasks(new URL("mediapipe/wasm", document.baseURI).href);
    theirs.net = await ImageSegmenter.createFromOptions(files, {
      baseOptions: { modelAssetPath: "./mediapipe/selfie.tflite", delegate: "CPU" },
      runningMode: "VIDEO",
      outputCategoryMask: false,
      outputConfidenceMasks: true,
    });
    return theirs;
  }

  async segmented(frame) {
    return new Promise((resolve) =>
      this.net.segmentForVideo(frame, performance.now(), ({ confidenceMasks }) =>
        resolve(confidenceMasks[0].getAsFloat32Array().slice()), // which is its own again after this
      ),
    );
  }

  async draw(photo) {
    const { width, height } = photo;
    if (this.mask?.width !== width || this.mask.height !== height) {
      [this.mask, this.canvas] = [0, 1].map(() => new OffscreenCanvas(width, height));
      this.image = new ImageData(width, height);
    }
    const [ink, context] = [this.mask.getContext("2d"), this.canvas.getContext("2d")];
    const frame = await createImageBitmap(photo);
    const alpha = await this.segmented(frame);
    for (let i = 0; i < alpha.length; i++) this.image.data[4 * i + 3] = 255 * alpha[i];
    ink.putImageData(this.image, 0, 0);
    context.globalCompositeOperation = "copy";
    context.filter = "none";
    context.drawImage(this.mask, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.drawImage(frame, 0, 0);
    context.globalCompositeOperation = "destination-over";
    context.filter = "blur(16px)";
    context.drawImage(frame, 0, 0);
    context.getImageData(0, 0, 1, 1);
    frame.close();
  }

  async alpha(frame) {
    return Uint8Array.from(await this.segmented(frame), (value) => 255 * value + 0.5);
  }
}

/** Both, as `ways`. */
export async function open() {
  return { ours: await Ours.open(), theirs: await Theirs.open() };
}

/** Milliseconds of whole frames, from a bitmap to a canvas with a blurred background, the two in turns. */
export async function times(ways, rounds, size) {
  const photo = await bitmap("photo.jpg");
  const taken = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now();
      await way.draw(photo, size);
      if (round >= 5) taken[name].push(performance.now() - start);
    }
  }
  return taken;
}

/** The alphas of one frame of a clip, by name, in base64. */
export async function alphas(ways, address, size, first) {
  const found = {};
  for (const [name, way] of Object.entries(ways)) {
    found[name] = await text(await way.alpha(await bitmap(address), size, first));
  }
  return found;
}

async function bitmap(address) {
  return createImageBitmap(await (await fetch(address, { cache: "no-store" })).blob());
}

function text(data) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([data]));
  });
}
