/** Tabs as the ARIA Authoring Practices have them: arrow keys move, and the address says which one is open. */

const tabs = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('[role="tab"]')]);

/** @param {HTMLButtonElement} tab */
const panel = (tab) => /** @type {HTMLElement} */ (document.getElementById(tab.getAttribute("aria-controls") ?? ""));

/** @param {string} name of the panel */
export const isOpen = (name) => !document.getElementById(name)?.hidden;

/** @param {string} name of the panel @param {(name: string) => void} onOpen */
function open(name, onOpen) {
  const chosen = tabs.find((tab) => panel(tab).id === name) ?? tabs[0];
  for (const tab of tabs) {
    const selected = tab === chosen;
    tab.setAttribute("aria-selected", `${selected}`);
    tab.tabIndex = selected ? 0 : -1;
    panel(tab).hidden = !selected;
  }
  onOpen(panel(chosen).id);
}

/** @param {string} name of the panel */
export function show(name) {
  location.hash = name;
}

/** @param {(name: string) => void} onOpen is told which panel was opened */
export function setUp(onOpen) {
  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener("click", () => show(panel(tab).id));
    tab.addEventListener("keydown", ({ key }) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[key];
      if (to === undefined) return;
      const next = tabs[to % tabs.length];
      next.focus();
      next.click();
    });
  }
  addEventListener("hashchange", () => open(location.hash.slice(1), onOpen));
  open(location.hash.slice(1), onOpen);
}
