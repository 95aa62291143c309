// Stands in for humanseg/web/js/engine.js: one person, an ellipse in the middle, in every photo. A photo's width says
// what goes wrong with it, and the page's address what goes wrong with the engine.
export class Engine {
  says = "a stand-in";
  device = "wasm";
  forFrames = ["litert_wasm_internal.", "flatbuffers/"];

  static async open({ onProgress }) {
    if (location.search === "?broken") throw Object.assign(new Error("The weights are damaged."), { name: "EngineError" });
    onProgress(1e6, 2e6);
    return new Engine();
  }

  async photo(source, { onProgress }) {
    const bitmap = await createImageBitmap(source);
    const { width, height } = bitmap;
    onProgress(0.5, "Second pass");
    while (document.documentElement.dataset.hold) await new Promise((resolve) => setTimeout(resolve, 20));
    if (width === 77) throw Object.assign(new Error("The graphics card is gone."), { name: "EngineError" });
    const context = new OffscreenCanvas(width, height).getContext("2d");
    const personFound = width !== 99;
    if (personFound) {
      context.ellipse(width / 2, height / 2, width / 4, height / 4, 0, 0, 7);
      context.fill();
      context.globalCompositeOperation = "source-in";
      context.drawImage(bitmap, 0, 0);
    }
    const cutout = context.getImageData(0, 0, width, height);
    return { width, height, cutout, personFound, confidence: personFound ? (width === 88 ? 0.7 : 0.9) : 0 };
  }
}
