// The choice of a gradient: swatches, and two colours with a direction of one's own. The value is such as
// "#ffffff..#c3ccd9@180", see humanseg/gradients.py.
const swatches = [...element.querySelectorAll("[data-gradient]")];
const first = element.querySelector("[name=first]");
const last = element.querySelector("[name=last]");
const way = element.querySelector("[name=way]");

const show = () => {
  const [, from, to, direction] = /^(#\w{6})\.\.(#\w{6})@(\w+)$/.exec(props.value) ?? [];
  if (!from) return;
  [first.value, last.value, way.value] = [from, to, direction];
  const chosen = swatches.find((swatch) => swatch.dataset.gradient === props.value);
  for (const swatch of swatches) {
    swatch.setAttribute("aria-checked", `${swatch === chosen}`);
    swatch.tabIndex = swatch === (chosen ?? swatches[0]) ? 0 : -1;
  }
};
const choose = (value) => {
  props.value = value;
  show();
  trigger("change");
};
for (const [number, swatch] of swatches.entries()) {
  swatch.addEventListener("click", () => choose(swatch.dataset.gradient));
  swatch.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = swatches[(number + step + swatches.length) % swatches.length];
    next.focus();
    choose(next.dataset.gradient);
  });
}
for (const input of [first, last, way]) {
  input.addEventListener("change", () => choose(`${first.value}..${last.value}@${way.value}`));
}
watch("value", show);
show();
