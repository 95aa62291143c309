/** The page: ties its parts together. */

import { BackdropChoice } from "./backdrop.js";
import { Finish } from "./finish.js";
import { Gallery } from "./gallery.js";
import { takePhotos } from "./intake.js";
import { Network } from "./network.js";
import { keepAll, settle, takeOverUpdates } from "./offline.js";
import { Photos } from "./photos.js";
import { PhotoView } from "./photo-view.js";
import { Stage } from "./stage.js";
import { Studio } from "./studio.js";
import * as tabs from "./tabs.js";
import * as words from "./words.js";

/** @param {string} selector @returns {HTMLElement} */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

const studio = new Studio();
const engineLine = find("#engine");
const network = new Network((loaded, total) => {
  if (loaded < total) engineLine.textContent = words.fetching(loaded, total);
});
const photos = new Photos(network, studio);
const backdrop = new BackdropChoice(find('[data-backdrop="photo"]'));
const view = new PhotoView({ photos, studio, backdrop, stage: new Stage(), gallery: new Gallery((item) => view.show(item)) });
new Finish({ photos, studio, backdrop, view });

takePhotos({
  onPhotos: (files) => view.take(files),
  onTrouble: (sentence) => view.say(sentence, true),
  isOpen: () => tabs.isOpen("photo"),
});
/** @type {{on?: boolean} | null} */
let camera = null;
let mounting = false;
tabs.setUp(async (name) => {
  if (name !== "live" || mounting) return;
  mounting = true;
  const { mount } = await import("../js/liveview.js");
  camera = mount(find("#live"), {
    base: "./",
    places: backdrop.places,
    onPhoto: (photo) => {
      tabs.show("photo");
      view.take([photo]);
    },
  });
});

// Only now: in a frame that has no rights, a browser lets none of this begin.
find("#unstarted").remove();

addEventListener("beforeunload", (event) => {
  if (photos.busy) event.preventDefault();
});

// The camera's view has nothing to lose while the camera is off.
const isUntouched = () => !photos.items.length && !camera?.on;

/** Fetches the network before the first photo comes, and then what is needed without a connection. */
async function prepare() {
  await settle(isUntouched);
  try {
    const engine = await network.open();
    engineLine.textContent = find("#device").textContent = words.runsOn(engine.says);
    find("#framed").hidden = crossOriginIsolated || window.top === window || engine.device !== "wasm";
    if (await keepAll(engine.forFrames)) find("#offline").textContent = words.OFFLINE_READY;
  } catch (error) {
    engineLine.textContent = /** @type {Error} */ (error).message;
    engineLine.classList.add("bad");
  }
  await takeOverUpdates(isUntouched);
}

void prepare();
