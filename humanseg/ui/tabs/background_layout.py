"""The components of the Background tab and their layout."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from humanseg.backgrounds import PICTURE
from humanseg.sizes import MARGIN
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN, Download, empty
from humanseg.ui.tabs import choice
from humanseg.ui.tabs.choice import Choice
from humanseg.ui.uploads import photo_input

SCRIPT = Path(__file__).parents[1] / "place.js"
FORMATS = ("PNG", "JPEG", "WebP")
FITS = {text.FILL: "fill", text.FIT: "fit"}


@dataclass(frozen=True)
class Layout:
    """The tab's components.

    The canvas says in its value which photo is on it, and where its people were put.
    """

    photo: gr.Image
    choice: Choice
    size: gr.Radio
    margin: gr.Slider
    shadow: gr.Slider
    fit: gr.Radio
    across: gr.Slider
    down: gr.Slider
    wrap: gr.Slider
    match: gr.Slider
    status: gr.HTML
    canvas: gr.HTML
    turn: gr.Number
    finish: gr.Row
    kind: gr.Radio
    download: Download
    copy: gr.Button
    copied: gr.File
    all: Download

    @property
    def look(self) -> list[Any]:
        """The controls that say how pictures look, in the order of `background.look_of`."""
        picture = [self.fit, self.across, self.down, self.wrap, self.match]
        return [self.size, self.margin, self.shadow, *picture, *self.choice.inputs]

    @property
    def lasting(self) -> list[Any]:
        """The controls whose values last."""
        placing = [self.size, self.margin, self.shadow, self.fit, self.across, self.down, self.wrap, self.match]
        return [*self.choice.lasting, *placing, self.kind]

    @property
    def screen(self) -> list[Any]:
        """The components that change with the picture."""
        return [self.status, self.canvas, self.finish, self.all.button]


def lay_out(context: Context) -> Layout:
    """Lays the tab out."""
    with gr.Row():
        with gr.Column(scale=2, min_width=240):
            photo = photo_input(
                label=text.NEW_PHOTO, height=130, sources=["upload", "clipboard"], elem_id="background-photo"
            )
            chosen = choice.lay_out("background", PICTURE)
            with chosen.pictures:
                picture = _lay_out_picture()
            size, margin, shadow = _lay_out_size()
        with gr.Column(scale=5, min_width=260, elem_classes="result-first"):
            status = gr.HTML(empty(text.BACKGROUND_EMPTY), elem_id="background-status", elem_classes="say")
            canvas = gr.HTML(
                html_template=f'<div data-place><p class="say" hidden>{escape(text.NO_CANVAS)}</p></div>',
                js_on_load=SCRIPT.read_text(encoding="utf-8"),
                apply_default_css=False,
                elem_id="background-canvas",
            )
            turn = gr.Number(0, visible=HIDDEN)
            with gr.Row(visible=HIDDEN, elem_id="background-finish") as finish:
                kind = gr.Radio(list(FORMATS), value="PNG", label=text.FORMAT, elem_id="background-format")
                with gr.Column(min_width=200):
                    download = Download(context, text.DOWNLOAD_RESULT, elem_id="background-download", variant="primary")
                    copy, copied = gr.Button(text.COPY, elem_id="background-copy"), gr.File(visible=False)
                    every = Download(context, text.DOWNLOAD_LOOK, elem_id="background-all", visible=HIDDEN)
    return Layout(
        *(photo, chosen, size, margin, shadow, *picture),
        *(status, canvas, turn, finish, kind, download, copy, copied, every),
    )


def _lay_out_picture() -> list[Any]:
    """How a picture and the people on it go together."""
    side = {"step": 0.05, "min_width": 140}
    with gr.Accordion(text.BLENDING, open=False):
        fit = gr.Radio(list(FITS), value=text.FILL, label=text.FIT_LABEL, elem_id="background-fit")
        with gr.Row():
            across = gr.Slider(0, 1, 0.5, label=text.ACROSS, elem_id="background-across", **side)
            down = gr.Slider(0, 1, 0.5, label=text.DOWN, elem_id="background-down", **side)
        wrap = gr.Slider(0, 1, 0.15, step=0.05, label=text.LIGHT_WRAP, elem_id="background-wrap")
        match = gr.Slider(0, 1, 0.15, step=0.05, label=text.MATCH_COLOURS, elem_id="background-match")
    return [fit, across, down, wrap, match]


def _lay_out_size() -> list[Any]:
    named = [(words, size) for size, words in text.SIZES.items()]
    size = gr.Radio(named, value="as-is", label=text.SIZE, elem_id="background-size")
    margin = gr.Slider(0, 0.5, MARGIN, step=0.01, label=text.MARGIN, visible=False, elem_id="background-margin")
    shadow = gr.Slider(0, 1, 0, step=0.05, label=text.SHADOW, elem_id="background-shadow")
    return [size, margin, shadow]
