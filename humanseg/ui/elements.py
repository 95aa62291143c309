"""Parts that the tabs share: messages, the place where a picture will be, a button that makes its file on the click."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr

from humanseg.ui.context import Context
from humanseg.ui.server.guard import guarded

# In the page but hidden. With False the component would be loaded at its first change, and meanwhile a second change
# overtakes the first: the older picture would stay.
HIDDEN = "hidden"

# The browser fetches the file only once the click has made it.
FETCH = """(file) => {
  if (!file) return;
  const link = document.createElement("a");
  link.href = file.url;
  link.download = file.orig_name || file.path.split("/").pop();
  document.body.appendChild(link); link.click(); link.remove();
}"""


# What was painted on the canvas of the repair is with the server before anything is made of it.
SETTLED = """async (...values) => {
  await window.humansegSettled?.();
  return values;
}"""

# Besides, where people were put on the canvas of the Background tab: what an event is given in place of its first
# value, which may have been read before that.
PLACED = """async (shown, ...values) => {
  await window.humansegSettled?.();
  return [window.humansegPlaced?.() ?? shown, ...values];
}"""

# A person on the checkerboard that stands for “transparent”. `ID` is another one for each, as a page may have several.
PERSON = """<svg viewBox="0 0 96 96" aria-hidden="true"><defs><pattern id="ID" width="12" height="12"
patternUnits="userSpaceOnUse"><path d="M0 0h6v6H0zM6 6h6v6H6z" fill="currentColor" opacity=".16"/></pattern></defs>
<rect width="96" height="96" rx="12" fill="url(#ID)"/><circle cx="48" cy="37" r="16" fill="var(--primary-600)"/>
<path d="M16 96c0-22 14-36 32-36s32 14 32 36z" fill="var(--primary-600)"/></svg>"""


def say(message: str, *, bad: bool = False) -> str:
    """A message as HTML, read out by screen readers."""
    return f'<p role="status" class="{"bad" if bad else "good"}">{escape(message)}</p>'


def busy(message: str, done: int | None = None, total: int = 0) -> str:
    """A message with a progress bar: how much is done, or, without `done`, that something is in progress."""
    share = "" if done is None else f' value="{done}" max="{total}"'
    return f'<p role="status">{escape(message)}</p><progress{share}></progress>'


_boards = itertools.count()


def empty(message: str, touch: str | None = None) -> str:
    """The message in the place of a picture that isn't there yet; `touch` is what fingers read instead."""
    person = PERSON.replace("ID", f"board-{next(_boards)}")
    if touch is None:
        return f'<div class="empty">{person}<p>{escape(message)}</p></div>'
    says = f'<p class="by-mouse">{escape(message)}</p><p class="by-touch">{escape(touch)}</p>'
    return f'<div class="empty">{person}{says}</div>'


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


class Download:
    """A button whose file is made on the click."""

    def __init__(self, context: Context, label: str, elem_id: str, **options: Any) -> None:
        self._context = context
        self.button = gr.Button(label, elem_id=elem_id, **options)
        self._file = gr.File(visible=False)

    def click(
        self, make: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any] = (), *, js: str = SETTLED
    ) -> None:
        """`make(*inputs)` gives the path of the file, after values for `outputs` where there are any."""
        options = {"show_progress": "minimal", "show_progress_on": self.button, **self._context.quick}
        making = self.button.click(guarded(make), inputs, [*outputs, self._file], js=js, **options)
        making.success(None, self._file, None, js=FETCH, api_visibility="private")
