// What a visitor chose for the camera, kept in their own browser; no picture is among it.

/**
 * @typedef {object} Settings
 * @property {"blur" | "colour" | "picture" | "transparent"} kind
 * @property {string} colour
 * @property {number} strength of the blur, in per cent of the diagonal
 * @property {number} place
 * @property {string} size
 * @property {boolean} mirror
 * @property {boolean} sound
 * @property {"here" | "server"} where
 * @property {string} camera
 */

const NAME = "humanseg-camera";
/** @type {Settings} */
const FIRST = {
  kind: "blur", colour: "#20a060", strength: 2, place: 0, size: "640x480", mirror: true, sound: false, where: "here",
  camera: "",
};
const FITS = {
  kind: (/** @type {any} */ v) => ["blur", "colour", "picture", "transparent"].includes(v),
  colour: (/** @type {any} */ v) => /^#[0-9a-f]{6}$/i.test(v),
  strength: (/** @type {any} */ v) => v >= 0.2 && v <= 6,
  place: (/** @type {any} */ v) => Number.isInteger(v) && v >= 0,
  size: (/** @type {any} */ v) => ["640x480", "1280x720"].includes(v),
  mirror: (/** @type {any} */ v) => typeof v === "boolean",
  sound: (/** @type {any} */ v) => typeof v === "boolean",
  where: (/** @type {any} */ v) => ["here", "server"].includes(v),
  camera: (/** @type {any} */ v) => typeof v === "string",
};

/** @returns {Settings} what is stored, where it makes sense */
export function stored() {
  const settings = { ...FIRST };
  try {
    const found = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    for (const [name, fits] of Object.entries(FITS)) {
      if (name in found && fits(found[name])) /** @type {any} */ (settings)[name] = found[name];
    }
  } catch {
    // Storage is shut or holds nonsense: the first choices do.
  }
  return settings;
}

/** @param {Settings} settings */
export function store(settings) {
  try {
    localStorage.setItem(NAME, JSON.stringify(settings));
  } catch {
    // Storage is shut: the choices last as long as the page.
  }
}
