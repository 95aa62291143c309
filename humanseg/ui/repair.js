// The canvas itself is humanseg/web/js/repair.js; here it gets what the server says, and says when it's left.
const base = new URL("web/", document.baseURI).href;
const place = element.querySelector("[data-repair]");
import(new URL("js/repair.js", base).href).then(
  ({ mount }) => {
    const canvas = mount(place, { server: base + "repair", onDone: () => trigger("submit") });
    window.humansegSettled = () => canvas.settled();
    const show = () => {
      const photo = props.value;
      if (!photo?.photo) return canvas.close();
      canvas.open({ ...photo, picture: new URL("gradio_api/file=" + photo.picture, document.baseURI).href });
    };
    watch("value", show);
    show();
  },
  () => { place.querySelector("p").hidden = false; },
);
