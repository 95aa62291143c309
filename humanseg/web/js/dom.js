// Elements of a page, made in one line each.

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] of the element; `class`, `aria-...`, `data-...` and `role` are attributes
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (/^(class|role|for|aria-.*|data-.*)$/.test(name)) element.setAttribute(name, value);
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * A group of radio buttons.
 * @param {string} name of the group, also of its element
 * @param {string} label
 * @param {[string, string][]} choices value and words
 * @param {string} value chosen at first
 * @param {(value: string) => void} onChange
 */
export function radios(name, label, choices, value, onChange) {
  const buttons = choices.map(([choice, words]) =>
    h("label", {}, h("input", { type: "radio", name, value: choice, checked: choice === value }), h("span", {}, words)),
  );
  const group = h("fieldset", { id: name }, h("legend", {}, label), h("div", { class: "live-radios" }, ...buttons));
  group.addEventListener("change", (/** @type {any} */ event) => onChange(event.target.value));
  return group;
}
