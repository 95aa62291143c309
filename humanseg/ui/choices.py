"""What a visitor chose (background, colour, file type ...), kept in their own browser and read again after a reload."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from humanseg.ui.tabs.gradient import PATTERN

# The photos' ticket lasts as long as the browser tab, so that the next person at this computer has another one. A
# duplicated tab starts with a copy of it. So each tab holds a lock named after its ticket while its page is open, and
# takes a new ticket where another tab has the lock. A reload may ask just before the old page is gone, so it waits for
# up to a second. Browsers have locks on pages that come over https or from this computer; elsewhere the server ensures
# that only the later tab has the photos (`Sessions`).
TICKET = """async (ticket, ...rest) => {
  const fresh = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  // The page itself comes back with it after the server was started anew.
  const mine = (ticket) => window.humansegTicket === ticket || !navigator.locks || new Promise((resolve) => {
    const hold = () => { resolve(true); return new Promise(() => {}); };
    navigator.locks.request("humanseg " + ticket, { signal: AbortSignal.timeout(1000) }, hold)
      .catch(() => resolve(false));
  });
  try {
    ticket = sessionStorage.getItem("humanseg") ?? "";
    if (!/^[0-9a-f]{32}$/.test(ticket) || !(await mine(ticket))) {
      ticket = fresh();
      await mine(ticket);
    }
    window.humansegTicket = ticket;
    sessionStorage.setItem("humanseg", ticket);
  } catch { ticket = fresh(); }
  return [ticket, ...rest];
}"""

# Stored values where they fit the control's rule, else what the control shows.
RESTORE = """(stored, ...values) => %s.map((rule, index) => {
  const value = stored?.[rule.name];
  const fits = rule.among ? rule.among.includes(value)
    : rule.like ? typeof value === "string" && new RegExp(rule.like).test(value)
    : typeof value === "number" && rule.least <= value && value <= rule.most;
  return fits ? value : values[index];
})"""


class Choices:
    """Controls whose values last beyond a reload; each is stored under its `elem_id`.

    The values lie in the browser's local storage and nowhere else: no photo is among them.
    """

    def __init__(self, controls: Sequence[Component]) -> None:
        self.controls = list(controls)
        # Key and secret are fixed, so that a restart of the server keeps visitors' choices; they hide nothing.
        self.stored = gr.BrowserState({}, storage_key="humanseg-choices", secret="humanseg-choices")
        names = json.dumps([control.elem_id for control in self.controls])
        self._keep = f"(...values) => Object.fromEntries({names}.map((name, index) => [name, values[index]]))"
        self._restore = RESTORE % json.dumps([rule(control) for control in self.controls])
        for control in self.controls:
            control.change(
                None, self.controls, self.stored, js=self._keep, api_visibility="private", show_progress="hidden"
            )

    def restore(self, page: gr.Blocks) -> Any:
        """Puts the stored values back as soon as the page is loaded; gives the event, for what follows it.

        This happens in the browser alone: an answer from the server could undo what the visitor has chosen meanwhile.
        Values that a control can't have (any more) are left out.
        """
        return page.load(None, [self.stored, *self.controls], self.controls, js=self._restore, api_visibility="private")


def rule(control: Component) -> dict[str, Any]:
    """Which values a control can have, for `RESTORE`."""
    if isinstance(control, gr.Radio):
        return {"name": control.elem_id, "among": [choice for _, choice in control.choices]}
    if isinstance(control, gr.Slider | gr.Number):
        return {"name": control.elem_id, "least": control.minimum, "most": control.maximum}
    if isinstance(control, gr.ColorPicker):
        return {"name": control.elem_id, "like": "^#[0-9a-fA-F]{6}$"}
    if isinstance(control, gr.HTML):
        return {"name": control.elem_id, "like": PATTERN}
    raise TypeError(f"{type(control).__name__} has no rule for what may be stored")
