"""Repair by hand, below the picture of the Photo tab: a brush for what to keep and what to remove, and the edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import gradio as gr
import numpy as np

from humanseg import compose
from humanseg.retouch import Repair, strokes, unpacked
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN
from humanseg.ui.item import named
from humanseg.ui.pictures import CANVAS_SIDE
from humanseg.ui.server.guard import guarded
from humanseg.ui.server.patches import limit_canvas
from humanseg.ui.session import Session

KEEP, REMOVE = "#16a34a", "#dc2626"


@dataclass(frozen=True)
class RepairPart:
    """The section's components; `painted` names the photo that is on the canvas."""

    section: gr.Accordion
    editor: gr.ImageEditor
    grow: gr.Slider
    feather: gr.Slider
    reset: gr.Button
    painted: gr.Textbox


def lay_out() -> RepairPart:
    """Lays the section out; the Photo tab connects its events with the photo that is shown."""
    with gr.Accordion(text.REPAIR, open=False, elem_id="repair") as section:
        gr.Markdown(text.REPAIR_HELP)
        editor = gr.ImageEditor(
            label=text.REPAIR_CANVAS,
            show_label=False,
            type="numpy",
            image_mode="RGBA",
            format="png",
            sources=(),
            transforms=(),
            layers=False,
            eraser=gr.Eraser(default_size=24),
            brush=gr.Brush(default_size=24, colors=[KEEP, REMOVE], default_color=KEEP, color_mode="fixed"),
            buttons=["fullscreen"],
            canvas_size=(CANVAS_SIDE, CANVAS_SIDE),
            height=560,
            elem_id="repair-canvas",
        )
        limit_canvas(editor)
        with gr.Row():
            grow = gr.Slider(-20, 20, 0, step=1, label=text.GROW, info=text.GROW_HELP, min_width=200, elem_id="grow")
            feather = gr.Slider(
                0, 20, 0, step=1, label=text.FEATHER, info=text.FEATHER_HELP, min_width=200, elem_id="feather"
            )
        reset = gr.Button(text.UNDO_ALL, size="sm", elem_id="undo-all")
        painted = gr.Textbox(visible=HIDDEN)
    return RepairPart(section, editor, grow, feather, reset, painted)


def wire(context: Context, part: RepairPart, shown: gr.Textbox) -> None:
    """Puts the photo on the canvas when the section is opened."""

    @guarded
    def canvas(token: str, request: gr.Request) -> list[Any]:
        session, id = context.session(request), named(token)
        return [painting(session, id), id]

    part.section.expand(canvas, shown, [part.editor, part.painted], show_progress="hidden", **context.quick)


def mend(session: Session, value: dict[str, Any] | None, painted: str, grow: float, feather: float, id: str) -> bool:
    """Puts what was done by hand into the session; whether that changed anything.

    Parameters
    ----------
    value : of the canvas, which shows the photo called `painted`
    grow, feather : of the sliders, which stand for the photo called `id`
    """
    changed = session.move_edge(id, grow, feather)
    # Without a photo on the canvas nothing can have been painted: earlier strokes stay.
    if value is not None and value.get("background") is not None:
        changed |= session.paint(painted, *strokes(value.get("layers") or []))
    return changed


def painting(session: Session, id: str) -> dict[str, Any] | None:
    """The value of the canvas: the photo to paint on, with what was painted on it before; None for no photo."""
    if not id:
        return None
    item = session.item(id)
    if item.error:
        return None
    faded = session.pictures.canvas(item)
    return {"background": faded, "layers": layers(item.repair, faded.shape[:2]), "composite": faded}


def layers(repair: Repair, shape: tuple[int, int]) -> list[np.ndarray]:
    """The strokes as a layer of the canvas (uint8 hxwx4), none if there are none."""
    painted = np.zeros((*shape, 4), np.uint8)
    for packed, colour in ((repair.keep, KEEP), (repair.remove, REMOVE)):
        if packed:
            cover = cv2.resize(unpacked(packed), shape[::-1], interpolation=cv2.INTER_LINEAR)
            painted[cover > 0, :3] = compose.parse_colour(colour)
            painted[..., 3] = np.maximum(painted[..., 3], np.round(cover * 255))
    return [painted] if painted.any() else []
