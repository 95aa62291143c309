/** The ways in which photos come: dropped anywhere on the page, picked, pasted, or one of the examples. */

import { isPicture } from "./files.js";
import * as words from "./words.js";

/**
 * @param {{onPhotos: (files: File[]) => void, onTrouble: (sentence: string) => void, isOpen: () => boolean}} options
 *     what to do with photos, what to say where none came, and whether the page is where photos are taken
 */
export function takePhotos({ onPhotos, onTrouble, isOpen }) {
  const drop = /** @type {HTMLElement} */ (document.querySelector("#drop"));
  const pick = /** @type {HTMLInputElement} */ (document.querySelector("#pick"));

  const take = (/** @type {Iterable<File>} */ given) => {
    const files = [...given];
    const pictures = files.filter(isPicture);
    if (pictures.length) onPhotos(pictures);
    if (pictures.length < files.length) onTrouble(words.notPictures(files.length - pictures.length));
  };

  pick.addEventListener("change", () => {
    take(pick.files ?? []);
    pick.value = ""; // so that the same file can be picked again
  });

  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files") || !isOpen()) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (!isOpen() || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    void fromDrop(event.dataTransfer).then(take);
  });

  document.addEventListener("paste", (event) => {
    const typing = event.target instanceof HTMLInputElement && event.target.type === "text";
    if (typing || !isOpen()) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files);
    else onTrouble(words.NOTHING_PASTED);
  });

  for (const example of document.querySelectorAll("#examples button")) {
    example.addEventListener("click", async () => {
      const { src } = /** @type {HTMLImageElement} */ (example.querySelector("img"));
      const blob = await (await fetch(src)).blob();
      onPhotos([new File([blob], src.split("/").pop() ?? "example.jpg", { type: blob.type })]);
    });
  }
}

/** The files of a drop, with those in folders. @param {DataTransfer} data @returns {Promise<File[]>} */
async function fromDrop(data) {
  const plain = [...data.files];
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  return (await Promise.all(entries.map(filesOf))).flat();
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesOf(entry) {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = /** @type {FileSystemFileEntry} */ (entry);
    return [await new Promise((resolve, reject) => file.file(resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const files = [];
  // A reader gives a hundred entries at a time, and none at the end.
  for (;;) {
    const some = await new Promise((/** @type {(entries: FileSystemEntry[]) => void} */ resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return files;
    files.push(...(await Promise.all(some.map(filesOf))).flat());
  }
}
