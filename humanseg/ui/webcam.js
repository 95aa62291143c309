const base = new URL("web/", document.baseURI).href;
const place = element.querySelector("[data-places]");
const places = JSON.parse(place.dataset.places)
  .map(([name, file]) => ({ name, url: new URL("places/" + file, base).href }));
// A snapshot goes where dropped photos go.
const toPhotos = (photo) => {
  const input = document.querySelector("#photos input[type=file]");
  if (!input) return;
  const data = new DataTransfer();
  data.items.add(photo);
  input.files = data.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  [...document.querySelectorAll("#tabs [role=tab]")].find((tab) => tab.textContent.trim() === "Photo")?.click();
};
import(new URL("js/liveview.js", base).href).then(
  ({ mount }) => mount(place, { base, server: base + "frame", places, onPhoto: toPhotos }),
  () => { place.querySelector("p").hidden = false; },
);
