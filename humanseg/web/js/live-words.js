// What the camera's view says.

export const WORDS = {
  start: "Start camera",
  stop: "Stop camera",
  empty: "Start the camera: your picture appears here, with another background.",
  asking: "Allow the camera when the browser asks …",
  loading: "Loading the network …",
  loadingBytes: (/** @type {number} */ done, /** @type {number} */ total) =>
    `Loading the network: ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB …`,
  here: (/** @type {string} */ on) => `Runs on your computer (${on}): nothing is sent.`,
  server: "Runs on the server: a small picture of each frame is sent there, and none is kept.",
  rate: (/** @type {number} */ frames, /** @type {number} */ latency) =>
    `${Math.max(1, Math.round(frames))} ${frames < 1.5 ? "frame" : "frames"} a second, ${Math.round(latency)} ms behind.`,
  paused: "It paused while this tab was in the background, and goes on now.",
  instead: (/** @type {string} */ reason) => `${reason} So it runs on the server.`,
  stoppedAway: "The camera was stopped, since you left its tab.",

  camera: "Camera",
  anyCamera: "Default camera",
  size: "Resolution",
  mirror: "Mirror the picture",
  behind: "Background",
  kinds: /** @type {[string, string][]} */ ([
    ["blur", "Blur"],
    ["colour", "Colour"],
    ["picture", "Picture"],
    ["transparent", "Transparent"],
  ]),
  colour: "Colour",
  strength: "Blur strength",
  places: "Places",
  own: "Your own picture …",
  ownBad: "This picture can't be read: choose a JPEG, PNG or WebP.",
  where: "Where it runs",
  wheres: /** @type {[string, string][]} */ ([
    ["here", "On this computer"],
    ["server", "On the server"],
  ]),

  snapshot: "Save snapshot",
  snapping: (/** @type {number} */ share) => `Cutting the snapshot out, as finely as a photo: ${Math.round(100 * share)} % …`,
  snapped: "The snapshot is saved.",
  toPhotos: "Snapshot to Photo tab",
  record: "Record",
  recordStop: "Stop recording",
  recording: (/** @type {number} */ s) => `Recording: ${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`,
  recorded: "The recording is saved.",
  sound: "Record sound",
  soundless: "There is no sound in this recording: the microphone is missing or was refused.",
  full: "Full screen",
  canvas: "The camera's picture with another background",

  obsTitle: "In a call, or in OBS",
  obs: [
    "Open the clean view: nothing but your picture, on a transparent, coloured or blurred background.",
    "In OBS add it as a browser source of 1280 × 720, and start OBS with --enable-media-stream " +
      "--use-fake-ui-for-media-stream, so that its browser may have the camera; the transparent background is your green screen.",
    "OBS's virtual camera then takes you into any call; without OBS, share the clean view's window.",
  ],
  obsLink: "Open the clean view",
  obsCopy: "Copy its address",
  copied: "The address is copied.",
};
