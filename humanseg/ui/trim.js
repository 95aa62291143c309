// The part of a clip that's cut out: two handles on a bar, beside the two numbers that the server is sent.
const KEYS = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -5, PageUp: 5 };
const SHORTEST = 0.05; // seconds
const bar = () => element.querySelector(".clip-trim");
const handle = (name) => element.querySelector(`input.${name}`);
const number = (name) => document.querySelector(`#clip-${name} input`);
const words = (seconds) => {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
};
const draw = () => {
  if (!bar()) return;
  const { seconds } = bar().dataset;
  const [start, end] = [Number(handle("from").value), Number(handle("to").value)];
  bar().style.setProperty("--from", start / seconds);
  bar().style.setProperty("--to", end / seconds);
  for (const name of ["from", "to"]) handle(name).setAttribute("aria-valuetext", words(handle(name).value));
  const line = element.querySelector(".words");
  const whole = start === 0 && end >= seconds - SHORTEST;
  const said = (whole ? line.dataset.all : line.dataset.words)
    .replace("FROM", words(start)).replace("TO", words(end)).replace("LENGTH", (end - start).toFixed(1));
  if (line.textContent !== said) line.textContent = said;
};
// The other handle gives way, so that the part is neither empty nor longer than may be.
const move = (name, value) => {
  const seconds = Number(bar().dataset.seconds);
  const limit = Number(bar().dataset.limit);
  const other = name === "from" ? "to" : "from";
  const [least, most] = name === "from" ? [0, seconds - SHORTEST] : [SHORTEST, seconds];
  const at = Math.min(most, Math.max(least, value));
  const between = name === "from" ? handle(other).value - at : at - handle(other).value;
  const apart = Math.min(limit, Math.max(SHORTEST, between));
  handle(name).value = at;
  handle(other).value = name === "from" ? Math.min(seconds, at + apart) : Math.max(0, at - apart);
  draw();
  for (const changed of ["from", "to"]) tell(changed);
  document.dispatchEvent(new CustomEvent("humanseg-trim", { detail: Number(handle(name).value) }));
};
const tell = (name) => {
  const field = number(name);
  const value = String(Math.round(handle(name).value * 100) / 100);
  if (!field || field.value === value) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
element.addEventListener("input", ({ target }) => {
  if (target.matches(".from, .to")) move(target.classList[0], Number(target.value));
});
element.addEventListener("keydown", (event) => {
  const step = KEYS[event.key];
  if (!step || !event.target.matches(".from, .to")) return;
  event.preventDefault();
  move(event.target.classList[0], Number(event.target.value) + step * (event.shiftKey ? 10 : 1));
});
// A number that's typed moves its handle, but only once it's whole: while it's being typed it may be anything.
document.addEventListener("change", ({ target }) => {
  for (const name of ["from", "to"]) {
    if (bar() && target === number(name) && target.value !== "") move(name, Number(target.value));
  }
});
new MutationObserver(draw).observe(element, { childList: true, subtree: true });
draw();
