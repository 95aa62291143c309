// The canvas itself is humanseg/web/js/place.js; here it gets what the server says, and says where people were put.
const base = new URL("web/", document.baseURI).href;
const place = element.querySelector("[data-place]");
import(new URL("js/place.js", base).href).then(
  ({ mount }) => {
    const canvas = mount(place, {
      url: (path) => new URL("gradio_api/file=" + path, document.baseURI).href,
      onPlace: (shown) => {
        props.value = shown;
        trigger("input");
      },
    });
    window.humansegPlaced = () => canvas.value;
    const show = () => canvas.show(props.value);
    watch("value", show);
    show();
  },
  () => { place.querySelector("p").hidden = false; },
);
// A picture for the clipboard: asked for within the click, there when the server has made it.
let copying = null;
window.humansegCopying = {
  start() {
    let end, fail;
    const blob = new Promise((resolve, reject) => { [end, fail] = [resolve, reject]; });
    blob.catch(() => {});
    copying = { end, fail };
    const say = (well) => document.dispatchEvent(new CustomEvent("humanseg-copied", { detail: well }));
    try {
      navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]).then(() => say(true), () => say(false));
    } catch { say(false); }
  },
  end(url) {
    if (url) copying?.end(fetch(url).then((response) => response.blob()));
    else copying?.fail(new Error("nothing to copy"));
  },
};
