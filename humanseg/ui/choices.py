"""What a visitor chose (background, colour, file type ...), kept in their own browser and read again after a reload."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

# The photos' ticket lasts as long as the browser tab does: whoever sits down at this computer next has another one.
TICKET = """(ticket, ...rest) => {
  const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0"));
  try {
    ticket = sessionStorage.getItem("humanseg") || fresh().join("");
    sessionStorage.setItem("humanseg", ticket);
  } catch { ticket = fresh().join(""); }
  return [ticket, ...rest];
}"""


class Choices:
    """Controls whose values last beyond a reload; each goes by its `elem_id`.

    The values lie in the browser's local storage and nowhere else: no photo is among them.
    """

    def __init__(self, controls: Sequence[Component]) -> None:
        self.controls = list(controls)
        # Both fixed, or a new start of the server would make all visitors forget; there is nothing to hide in it.
        self.stored = gr.BrowserState({}, storage_key="humanseg-choices", secret="humanseg-choices")
        names = json.dumps([control.elem_id for control in self.controls])
        self._keep = f"(...values) => Object.fromEntries({names}.map((name, index) => [name, values[index]]))"
        for control in self.controls:
            self.keep_after(control.change)

    def keep_after(self, event: Any) -> None:
        """Has the values stored after an event, in the browser alone."""
        event(None, self.controls, self.stored, js=self._keep, api_visibility="private", show_progress="hidden")

    def values(self, stored: Any) -> dict[str, Any]:
        """The value of every control: the stored one where it still makes sense, else the control's first."""
        stored = stored if isinstance(stored, dict) else {}
        return {
            control.elem_id: stored[control.elem_id] if fits(control, stored.get(control.elem_id)) else control.value
            for control in self.controls
        }


def fits(control: Component, value: Any) -> bool:
    """Whether a control can have this value."""
    if isinstance(control, gr.Radio):
        return value in [choice for _, choice in control.choices]
    if isinstance(control, gr.Slider | gr.Number):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and control.minimum <= value <= control.maximum
    if isinstance(control, gr.ColorPicker):
        return isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None
    return False
