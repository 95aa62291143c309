"""Repair by hand in the place of the picture: a canvas to paint on, and the button that opens it.

The canvas is `humanseg/web/js/repair.js`. What is done on it goes to `server/repairs.py` rather than through Gradio's
events, so that it's answered within a moment and sent again where the network fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.elements import SETTLED
from humanseg.ui.item import named
from humanseg.ui.screen import NO_NEWS, draw, gallery
from humanseg.ui.server.guard import guarded

SCRIPT = Path(__file__).parents[1] / "repair.js"


@dataclass(frozen=True)
class RepairPart:
    """The canvas, whose value says which photo is on it (None for none), and the button that opens it."""

    canvas: gr.HTML
    open: gr.Button


def lay_out_canvas() -> gr.HTML:
    """The canvas, in the place of the picture."""
    return gr.HTML(
        html_template=f'<div data-repair><p class="say" hidden>{escape(text.NO_CANVAS)}</p></div>',
        js_on_load=SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="repair",
    )


def lay_out_button() -> gr.Button:
    """The button that opens the canvas."""
    return gr.Button(text.REPAIR, elem_id="repair-open")


class Repairing:
    """The events of opening and leaving the canvas."""

    def __init__(self, context: Context, part: RepairPart) -> None:
        self.context, self.part = context, part

    def wire(
        self, shown: gr.Textbox, grounds: list[Any], listed: list[Any], compare: gr.ImageSlider, finish: gr.Column
    ) -> None:
        """Connects the events with the photo that the Photo tab shows, its list, its picture and its buttons."""
        part, quick = self.part, self.context.quick
        part.open.click(
            guarded(self.begin_repair),
            shown,
            [shown, part.canvas],
            show_progress="minimal",
            show_progress_on=part.open,
            **quick,
        )
        part.canvas.submit(
            guarded(self.end_repair),
            [shown, *grounds],
            [*listed, shown, compare, finish, part.canvas],
            js=SETTLED,
            show_progress="hidden",
            **quick,
        )

    def begin_repair(self, shown: str, request: gr.Request) -> list[Any]:
        """The photo that is shown is to be repaired: it's put on the canvas."""
        session = self.context.session(request)
        item = session.item(named(shown))
        picture = session.pictures.to_repair(item)
        # A batch may have put another one on screen meanwhile, which isn't on the page yet.
        view = session.select(item.id, to_repair=True)
        width, height = item.size
        canvas = {
            "load": request.session_hash,
            "photo": item.id,
            "name": item.name,
            "width": width,
            "height": height,
            "picture": str(picture),
            "opened": view.number,
        }
        return [view.token, canvas]

    def end_repair(self, shown: str, ground: str, tint: str, request: gr.Request) -> list[Any]:
        """The repair is done: the picture is drawn anew."""
        session = self.context.session(request)
        view = session.repaired()
        if view.item is None or view.item.id != named(shown):
            return [*NO_NEWS, gr.skip(), gr.skip(), gr.skip(), None]
        token, compare, finish, _ = draw(session, view, ground, tint, shown)
        return [*gallery(session), token, compare, finish, None]
