// What is done by hand goes to the server in its order, one request at a time, and again until it's there.

import { LOST, REFUSED } from "./repair-words.js";

/**
 * @typedef {{name?: string, do: string, [more: string]: any}} Act see humanseg/ui/history.py
 * @typedef {{load: string, photo: string}} Place the page and the photo that an act belongs to
 * @typedef {{photo: string, number: number, undo: boolean, redo: boolean, repaired: boolean, grow: number,
 *   feather: number, people: import("./repair-people.js").Person[],
 *   box: [number, number, number, number]}} Answer see humanseg/ui/server/repairs.py
 */

const PATIENCE = 20_000; // milliseconds for an answer
const SAY_AFTER = 1500; // milliseconds without an answer after which the visitor reads why
const PAUSES = [300, 1000, 2000, 4000]; // milliseconds before it's tried again
const MOST = 20; // acts of a request

export class Sender {
  /**
   * @param {string} url
   * @param {{onAnswer: (answer: Answer, alpha: Uint8Array, acts: Act[]) => void,
   *   onState: (sentence: string, bad: boolean) => void,
   *   onRefused: (photo: string, sentence: string) => void}} listener
   */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
    /** @type {{place: Place, act: Act | null}[]} */
    this.queue = [];
    /** @type {Map<string, number>} which version of a photo's alpha this page has */
    this.have = new Map();
    this.count = 0;
    this.busy = false;
    /** @type {(() => void)[]} */
    this.waiting = [];
    this.prefix = crypto.getRandomValues(new Uint32Array(2)).join("-");
    // A page that is left sends what it still has; acts that have come already aren't done again.
    addEventListener("pagehide", () => {
      for (const body of this.#bodies()) navigator.sendBeacon(this.url, body);
    });
  }

  /** @param {Place} place @param {Act} act */
  add(place, act) {
    this.queue.push({ place, act: { ...act, name: `${this.prefix}.${this.count++}` } });
    this.#run();
  }

  /** Asks for the whole alpha of a photo. @param {Place} place */
  look(place) {
    this.have.delete(place.photo);
    this.queue.push({ place, act: null });
    this.#run();
  }

  /** Acts of a photo that the server hasn't answered yet. @param {string} photo */
  pending(photo) {
    return this.queue.filter((one) => one.act && one.place.photo === photo).map((one) => /** @type {Act} */ (one.act));
  }

  /** Waits until everything is with the server. @returns {Promise<void>} */
  settled() {
    return this.queue.length ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  async #run() {
    if (this.busy) return;
    this.busy = true;
    let late = 0;
    for (let failures = 0; this.queue.length; ) {
      late ||= setTimeout(() => this.listener.onState(LOST, true), SAY_AFTER);
      const done = await this.#send();
      failures = done ? 0 : failures + 1;
      if (!done) {
        await new Promise((resolve) => setTimeout(resolve, PAUSES[Math.min(failures, PAUSES.length) - 1]));
        continue;
      }
      clearTimeout(late);
      late = 0;
    }
    this.busy = false;
    this.listener.onState("", false);
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Sends the next acts; whether that's over, well or not. */
  async #send() {
    const { place } = this.queue[0];
    const some = this.#next();
    try {
      const response = await fetch(this.url, {
        method: "POST",
        body: this.#body(place, some),
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.status >= 500 || response.status === 408 || response.status === 429) return false;
      if (!response.ok) {
        const said = await response.json().catch(() => ({}));
        this.queue = this.queue.filter((one) => one.place.photo !== place.photo);
        this.listener.onRefused(place.photo, said.detail ?? REFUSED);
        return true;
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      const end = bytes.indexOf(10);
      /** @type {Answer} */
      const answer = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
      this.queue.splice(0, some.length);
      this.have.set(answer.photo, answer.number);
      const acts = some.flatMap((one) => (one.act ? [one.act] : []));
      this.listener.onAnswer(answer, bytes.subarray(end + 1), acts);
      return true;
    } catch (error) {
      console.warn(error);
      return false;
    }
  }

  /** The first entries that go into one request: of one photo. */
  #next() {
    const { photo } = this.queue[0].place;
    const other = this.queue.findIndex((one) => one.place.photo !== photo);
    return this.queue.slice(0, Math.min(MOST, other < 0 ? this.queue.length : other));
  }

  /** @param {Place} place @param {{act: Act | null}[]} some */
  #body(place, some) {
    const acts = some.flatMap((one) => (one.act ? [one.act] : []));
    const all = some.some((one) => !one.act); // whatever of it came meanwhile
    return JSON.stringify({ ...place, have: all ? null : this.have.get(place.photo) ?? null, acts });
  }

  /** Everything that hasn't been answered, as bodies of requests. */
  *#bodies() {
    const photos = new Map(this.queue.map((one) => [one.place.photo, one.place]));
    for (const place of photos.values()) {
      yield this.#body(place, this.queue.filter((one) => one.place.photo === place.photo));
    }
  }
}
