// What Gradio's own markup keeps from people who use a keyboard or a screen reader, put right from outside whenever it
// is drawn anew. Checked against Gradio 6.31; tests/browser/test_everybody.py fails where something is missing.
(() => {
  const words = window.humansegWords;
  const STEP = 5, LARGE = 25; // per cent that a key moves the slider between before and after
  const put = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null) element.removeAttribute(name);
      else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
    }
  };

  // Before and after: Gradio's slider follows a mouse alone.
  // The picture as it's drawn, in the middle of its element.
  const shown = () => {
    const image = document.querySelector("#compare img");
    if (!image?.naturalWidth) return null;
    const box = image.getBoundingClientRect();
    const width = Math.min(box.width, (box.height * image.naturalWidth) / image.naturalHeight);
    return { x: box.x + (box.width - width) / 2, y: box.y, width, height: box.height };
  };
  const handle = () => document.querySelector('#compare [data-testid="slider"]');
  const place = () => {
    const image = shown();
    const line = handle()?.querySelector(".inner")?.getBoundingClientRect();
    if (!image?.width || !line) return 50;
    return Math.max(0, Math.min(100, Math.round((100 * (line.x + line.width / 2 - image.x)) / image.width)));
  };
  const move = (percent) => {
    const image = shown(), slider = handle();
    const wanted = Math.max(0, Math.min(100, percent));
    const at = { clientX: image.x + (image.width * wanted) / 100, clientY: image.y + image.height / 2, bubbles: true, view: window };
    slider.dispatchEvent(new MouseEvent("mousedown", at));
    window.dispatchEvent(new MouseEvent("mouseup", at));
  };
  const keys = {
    ArrowLeft: () => place() - STEP, ArrowRight: () => place() + STEP,
    ArrowDown: () => place() - STEP, ArrowUp: () => place() + STEP,
    PageDown: () => place() - LARGE, PageUp: () => place() + LARGE, Home: () => 0, End: () => 100,
  };
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.('#compare [data-testid="slider"]') || !keys[event.key]) return;
    event.preventDefault();
    move(keys[event.key]());
  });
  const compare = () => {
    const slider = handle();
    if (!slider) return;
    const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal" };
    put(slider, { role: "slider", "aria-label": words.slider, tabindex: 0, ...range });
    put(slider, { "aria-valuenow": place() });
    const name = document.querySelector("#results .thumbnail-item.selected img")?.alt ?? "";
    for (const image of document.querySelectorAll("#compare img")) {
      const what = /\/before\.\w+$/.test(image.src) ? words.before : words.after;
      put(image, { alt: name ? `${what}: ${name}` : what });
    }
  };

  // Which thumbnail is chosen is said by its border alone.
  const thumbnails = () => {
    for (const button of document.querySelectorAll("#results .thumbnail-item, .places .thumbnail-item")) {
      put(button, { "aria-pressed": button.classList.contains("selected") });
      const name = button.querySelector("img")?.alt;
      const caption = button.querySelector(".caption-label");
      if (name) put(button, { "aria-label": name });
      if (!caption) continue;
      put(caption, { "aria-hidden": true }); // it says the same once more
      breakable(caption);
    }
  };

  // A file's name is one long word to a browser: on a narrow thumbnail it's broken behind _ and before its ending first.
  const breakable = (caption) => {
    for (const node of caption.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE) continue;
      const words = node.data.replace(/\u200b/g, "").replace(/_(?=\w)|(?=\.\w+$)/g, "$&\u200b");
      if (node.data !== words) node.data = words;
    }
  };

  // What is written on a drop zone is its name.
  const zones = () => {
    for (const zone of document.querySelectorAll(".upload-container[aria-label]")) put(zone, { "aria-label": null });
  };

  // Code that is wider than a phone is scrolled, by keyboard, too.
  const listings = () => {
    for (const listing of document.querySelectorAll(".code_wrap pre")) put(listing, { tabindex: 0 });
  };

  let due = false;
  const mend = () => {
    due = false;
    compare();
    thumbnails();
    zones();
    listings();
  };
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(mend);
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "src", "style"] });
})();
