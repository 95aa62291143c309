// Every word of the repair's canvas.

export const KEEP = "Keep";
export const KEEP_HELP = "Paint over what must stay (K)";
export const REMOVE = "Remove";
export const REMOVE_HELP = "Paint over what must go (R)";
export const PEOPLE = "People";
export const PEOPLE_HELP = "Choose who stays (P)";
export const PERSON_HELP = "Drop or bring back";
export const BRUSH = "Brush";
export const BRUSH_HELP = "Size of the brush: [ and ]";
export const UNDO = "Undo";
export const UNDO_HELP = "Undo (Ctrl+Z)";
export const REDO = "Redo";
export const REDO_HELP = "Redo (Ctrl+Y)";
export const CLEAR = "Undo all";
export const SMALLER = "Zoom out (−)";
export const LARGER = "Zoom in (+)";
export const FIT = "Whole photo";
export const FIT_HELP = "Show the whole photo (0)";
export const SNAP = "Follow edges";
export const SNAP_HELP = "Strokes end at the photo's own edges";
export const EDGE = "Edge";
export const GROW = "Move the edge";
export const FEATHER = "Soften the edge";
export const PIXELS = "pixels of the photo";
export const DONE = "Done";
export const DONE_HELP = "Show the result (Esc)";
export const TOOLS = "Repair";
export const OPENING = "Opening the photo …";
export const SAVING = "Saving …";
export const HOW = "Paint over what must stay or go: what is cut away is faded. Wheel or two fingers zoom, the space bar and dragging move the photo.";
export const HOW_TOUCH = "Paint with a finger over what must stay or go: what is cut away is faded. Two fingers zoom and move the photo.";
export const NO_PHOTO = "The photo can't be shown: check the connection, and open it once more.";
export const REFUSED = "The server doesn't take this: reload the page and try again.";
export const LOST = "The connection to the server is lost: what you paint is kept and sent as soon as it's back.";

/** @param {number} number */
export const person = (number) => `Person ${number}`;

/** @param {string} name @param {number} width @param {number} height */
export const canvasLabel = (name, width, height) =>
  `${name}, ${width} × ${height} pixels, to paint on. Arrow keys move the photo, plus and minus zoom, Enter paints in `
  + "the middle, K keeps, R removes.";
