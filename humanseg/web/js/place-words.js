// Every word of the canvas on which people are placed.

export const SMALLER = "Smaller";
export const SMALLER_HELP = "Make the people smaller (−)";
export const LARGER = "Larger";
export const LARGER_HELP = "Make the people larger (+)";
export const BACK = "Put back";
export const BACK_HELP = "Put the people back to where they were at first (0)";
export const TOOLS = "Size and place of the people";
export const HOW = "Drag the people, or move them with the arrow keys; + and − change their size.";
export const HOW_TOUCH = "Drag the people with a finger; two fingers change their size.";
export const NO_PICTURE = "The picture can't be shown: check the connection, and choose the background once more.";
export const COPIED = "Copied: paste it wherever you like.";
export const NOT_COPIED = "The browser doesn't let this page copy pictures: download it.";
export const LOST = "The server doesn't answer: what you move is kept here, and shown at full quality as soon as it does.";

/** @param {string} name @param {number} width @param {number} height */
export const label = (name, width, height) =>
  `The people of ${name} on the chosen background, ${width} × ${height} pixels. Arrow keys move them, plus and minus `
  + "change their size, 0 puts them back.";
