// The clean view: nothing but the picture, for OBS's browser source or a shared window. Its address says all there is:
// live.html?background=transparent|blur|20a060|PICTURE'S ADDRESS&mirror=1&size=1280x720&camera=PART OF ITS NAME

import { cameras, troubleOf } from "./camera.js";
import { Live } from "./live.js";

/** @typedef {import("./background.js").Background} Background */

const asked = new URLSearchParams(location.search);
const status = /** @type {HTMLElement} */ (document.querySelector("p"));
// Seconds after which a camera that has ended is tried again: nobody is there to press a button.
const AGAIN = 5;

const live = new Live({
  base: "./",
  server: null,
  stage: document.body,
  onSay: (sentence) => (status.textContent = sentence),
  onRate: () => {},
  onProgress: (done, total) => (status.textContent = done < total ? `${Math.round((100 * done) / total)} %` : ""),
  onEnd: again,
  onServer: () => {},
  onReplace: () => {},
});
live.mirror = asked.get("mirror") === "1";
live.background = () => wanted(asked.get("background") ?? "transparent");

/**
 * @param {string} background
 * @returns {Promise<Background>}
 */
async function wanted(background) {
  if (background === "transparent") return { kind: "transparent" };
  if (background === "blur") return { kind: "blur", strength: 0.02 };
  if (/^#?[0-9a-f]{6}$/i.test(background)) return { kind: "colour", colour: `#${background.replace("#", "")}` };
  const address = new URL(background, document.baseURI);
  if (address.origin !== location.origin) throw new Error(`${background} isn't a background of this page.`);
  return { kind: "picture", picture: await createImageBitmap(await (await fetch(address)).blob()) };
}

async function start() {
  const [width, height] = (asked.get("size") ?? "1280x720").split("x").map((side) => Number(side) || 720);
  const name = asked.get("camera")?.toLowerCase();
  const camera = name && (await cameras()).find((one) => one.name.toLowerCase().includes(name));
  await live.start({ deviceId: camera ? camera.id : undefined, width, height, onServer: false });
  status.textContent = "";
}

/** @param {string} sentence */
function again(sentence) {
  status.textContent = sentence;
  setTimeout(begin, 1000 * AGAIN);
}

function begin() {
  start().catch((error) => {
    live.stop();
    again(error.name === "Error" ? error.message : troubleOf(error));
  });
}

document.addEventListener("visibilitychange", () => document.hidden || live.resume());
begin();
