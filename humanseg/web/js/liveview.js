// The camera's view: a picture, and the controls for it. The same one in Gradio's Webcam tab and on the static page.

import { cameras, troubleOf } from "./camera.js";
import { Choice } from "./choice.js";
import { h } from "./dom.js";
import { Live } from "./live.js";
import { WORDS } from "./live-words.js";
import { Recording, download, stamp } from "./record.js";
import { store, stored } from "./settings.js";

/**
 * @typedef {object} Options
 * @property {string} base address of the engine's files, see engine.js
 * @property {string | null} [server] address of the server's frames, for browsers that can't run the net
 * @property {{name: string, url: string}[]} [places] pictures to choose from
 * @property {(photo: File) => void} [onPhoto] takes a snapshot for the Photo tab
 */

/**
 * Puts the view into an element. It ends the camera by itself when the element is hidden or the page is left.
 * @param {HTMLElement} element
 * @param {Options} options
 */
export function mount(element, options) {
  const view = new View(options);
  element.replaceChildren(view.root);
  return view;
}

class View {
  /** @param {Options} options */
  constructor({ base, server = null, places = [], onPhoto }) {
    this.settings = stored();
    this.onPhoto = onPhoto;
    this.base = base;
    if (!server) this.settings.where = "here";
    this.choice = new Choice(this.settings, places, {
      hasServer: server !== null,
      onChange: (what) => this.#changed(what),
      onSay: (sentence, bad) => this.#say(sentence, bad),
    });
    this.root = this.#laidOut();
    this.live = new Live({
      base,
      server,
      stage: this.stage,
      onSay: (sentence, bad) => this.#say(sentence, bad),
      onRate: ({ framesPerSecond, latency }) => {
        this.rate.textContent = WORDS.rate(framesPerSecond, latency);
      },
      onProgress: (done, total) => this.#say(WORDS.loadingBytes(done, total)),
      onServer: () => this.#sayWhere(),
      onReplace: () => this.#endRecording(),
      onEnd: (sentence) => {
        this.#endRecording();
        this.#show(false);
        this.#say(sentence, true);
      },
    });
    this.live.background = () => this.choice.background();
    this.#watchLeaving();
    this.#show(false);
  }

  #laidOut() {
    const style = h("link", { rel: "stylesheet", href: new URL("./live.css", import.meta.url).href });
    this.toggle = h("button", { class: "live-primary", id: "live-toggle", onclick: () => this.#toggle() }, WORDS.start);
    this.empty = h("p", { class: "live-empty" }, WORDS.empty);
    this.stage = h("div", { class: "live-stage", id: "live-stage", role: "img", "aria-label": WORDS.canvas }, this.empty);
    this.status = h("p", { class: "live-status", id: "live-status", role: "status" });
    this.runs = h("p", { class: "live-runs", id: "live-runs" });
    this.rate = h("p", { class: "live-rate", id: "live-rate" });
    this.snap = h("button", { id: "live-snapshot", onclick: () => this.#snapshot() }, WORDS.snapshot);
    this.send = h("button", { id: "live-to-photos", onclick: () => this.#toPhotos() }, WORDS.toPhotos);
    this.tape = h("button", { id: "live-record", onclick: () => this.#record() }, WORDS.record);
    this.full = h("button", { id: "live-full", onclick: () => this.stage.requestFullscreen() }, WORDS.full);
    this.full.hidden = !document.fullscreenEnabled;
    this.tools = h("div", { class: "live-tools" }, this.snap, ...(this.onPhoto ? [this.send] : []), this.tape, this.full);
    const picture = h("div", { class: "live-picture" }, this.stage, this.status, this.runs, this.rate, this.tools, this.#obs());
    const controls = h("div", { class: "live-controls" }, this.toggle, this.choice.element);
    return h("div", { class: "live" }, style, controls, picture);
  }

  #obs() {
    const address = new URL("live.html?background=transparent", new URL(this.base, document.baseURI)).href;
    const copy = () =>
      navigator.clipboard.writeText(address).then(() => this.#say(WORDS.copied), () => this.#say(address));
    return h(
      "details", { class: "live-obs" },
      h("summary", {}, WORDS.obsTitle),
      ...WORDS.obs.map((sentence) => h("p", {}, sentence)),
      h("div", { class: "live-tools" },
        h("a", { href: address, target: "_blank", rel: "noopener", id: "live-clean" }, WORDS.obsLink),
        h("button", { onclick: copy }, WORDS.obsCopy)),
    );
  }

  /** @param {string} sentence */
  #say(sentence, bad = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle("live-bad", bad);
  }

  /** @param {boolean} on */
  #show(on) {
    this.empty.hidden = on;
    this.toggle.textContent = on ? WORDS.stop : WORDS.start;
    this.toggle.classList.toggle("live-on", on);
    this.on = on;
    this.#tools(false);
    this.runs.textContent = this.rate.textContent = "";
  }

  /** @param {boolean} ready */
  #tools(ready) {
    for (const button of [this.snap, this.send, this.tape, this.full]) button.disabled = !ready;
  }

  async #toggle() {
    if (this.on) return this.stop();
    await this.#start();
  }

  async #start() {
    const onServer = this.settings.where === "server";
    this.#show(true);
    this.#say(WORDS.asking);
    const [width, height] = this.settings.size.split("x").map(Number);
    this.live.mirror = this.settings.mirror;
    const starting = this.live.start({ deviceId: this.settings.camera || undefined, width, height, onServer });
    const run = this.live.run;
    try {
      await starting;
    } catch (error) {
      if (run !== this.live.run) return;
      this.live.stop();
      this.#failed(error);
      return;
    }
    if (run !== this.live.run) return;
    this.#sayWhere();
    this.#tools(true);
    await this.#nameCameras();
  }

  async #nameCameras() {
    const found = await cameras();
    if (this.live.camera) this.choice.name(found, this.live.camera.deviceId ?? "");
  }

  #sayWhere() {
    const { engine, isOnServer, why } = this.live;
    this.#say(why ? WORDS.instead(why) : "");
    this.runs.textContent = isOnServer ? WORDS.server : WORDS.here(engine?.says ?? "");
  }

  /** @param {any} error */
  #failed(error) {
    this.#show(false);
    this.#say(troubleOf(error), true);
    // A camera that was chosen and isn't there any more: the next start takes any.
    if (error?.name === "OverconstrainedError") this.settings.camera = "";
  }

  /** Ends the camera and the work; what was being recorded is saved. */
  async stop() {
    await this.#endRecording();
    this.live.stop();
    this.#show(false);
    this.#say("");
  }

  /** @param {"background" | "mirror" | "camera" | "kept"} what */
  async #changed(what) {
    store(this.settings);
    if (!this.live.isOn) return;
    if (what === "background") await this.live.change();
    else if (what === "mirror") this.live.mirror = this.settings.mirror;
    else if (what === "camera") await this.#start();
  }

  async #snapshot() {
    this.snap.disabled = true;
    try {
      const blob = await this.live.snapshot((share) => this.#say(WORDS.snapping(share)));
      download(blob, `camera-${stamp()}.png`);
      this.#say(WORDS.snapped);
    } catch (error) {
      if (this.on) this.#say(/** @type {any} */ (error).message, true);
    }
    this.snap.disabled = !this.on;
  }

  async #toPhotos() {
    const bitmap = await this.live.still();
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
    this.onPhoto?.(new File([blob], `camera-${stamp()}.jpg`, { type: "image/jpeg" }));
  }

  async #record() {
    if (this.recording) return this.#endRecording();
    if (!this.live.canvas) return;
    const sound = this.settings.sound ? await microphone() : null;
    if (this.settings.sound && !sound) this.#say(WORDS.soundless, true);
    try {
      this.recording = new Recording(this.live.canvas, sound?.getTracks() ?? [], this.settings.kind === "transparent");
    } catch (error) {
      return this.#say(/** @type {any} */ (error).message, true);
    }
    this.tape.textContent = WORDS.recordStop;
    this.ticking = setInterval(() => this.recording && this.#say(WORDS.recording(this.recording.seconds)), 1000);
  }

  async #endRecording() {
    const recording = this.recording;
    if (!recording) return;
    this.recording = undefined;
    clearInterval(this.ticking);
    this.tape.textContent = WORDS.record;
    const file = await recording.stop();
    download(file, file.name);
    this.#say(WORDS.recorded);
  }

  #watchLeaving() {
    // Another tab of the page hides this element, which then has no size.
    new ResizeObserver(() => {
      if (this.on && !this.root.getClientRects().length) {
        this.stop().then(() => this.#say(WORDS.stoppedAway));
      }
    }).observe(this.root);
    addEventListener("pagehide", () => this.stop());
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#nameCameras());
    document.addEventListener("visibilitychange", () => {
      this.recording?.pause(document.hidden);
      if (document.hidden || !this.on || !this.runs.textContent) return;
      this.live.resume();
      this.#say(WORDS.paused);
    });
  }
}

/** The microphone's sound, null where there is none. */
async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return null;
  }
}
