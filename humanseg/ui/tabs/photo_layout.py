"""The components of the Photo tab and their layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN, Download, empty
from humanseg.ui.tabs import repair
from humanseg.ui.tabs.repair import RepairPart
from humanseg.ui.uploads import photos_input

SHOWN_ON = (text.CHECKERBOARD, text.WHITE, text.BLACK, text.COLOUR)
FORMATS = ("PNG", "WebP")
OPEN_BACKGROUND = """() => document.querySelector('[role=tab][data-tab-id="background"]').click()"""


@dataclass(frozen=True)
class Layout:
    """The tab's components.

    `shown` names the photo that is on screen (`View.token`) and comes with every picture, so that whatever is done
    on the page is done to the photo that it shows. `listed` names those of the gallery.
    """

    drop: gr.File
    examples: gr.Gallery
    gallery: gr.Gallery
    listed: gr.Textbox
    batch: gr.Row
    only_doubtful: gr.Checkbox
    download_all: Download
    clear: gr.Button
    status: gr.HTML
    shown: gr.Textbox
    overtaken: gr.Textbox
    compare: gr.ImageSlider
    finish: gr.Column
    ground: gr.Radio
    colour: gr.ColorPicker
    kind: gr.Radio
    download: Download
    repair: RepairPart

    @property
    def screen(self) -> list[Any]:
        """The components that change when another photo is shown."""
        return [self.shown, self.compare, self.finish, self.repair.canvas]

    @property
    def list(self) -> list[Any]:
        """The components that change with the list of photos."""
        return [self.gallery, self.listed, self.batch, self.only_doubtful]


def lay_out(context: Context) -> Layout:
    """Lays the tab out."""
    with gr.Row(elem_id="photo-tab"):
        with gr.Column(scale=2, min_width=240, elem_id="photo-side"):
            drop = photos_input(label=text.DROP, file_types=["image", ".heic", ".heif"], elem_id="photos", height=190)
            pictures = {"columns": 3, "height": "auto", "allow_preview": False, "buttons": [], "interactive": False}
            examples = gr.Gallery(
                [(str(path), path.stem) for path in context.examples],
                label=text.EXAMPLES,
                object_fit="cover",
                elem_id="examples",
                elem_classes="places",
                **pictures,
            )
            only_doubtful = gr.Checkbox(label="", visible=False, elem_id="only-doubtful", container=False)
            gallery = gr.Gallery(
                label=text.RESULTS,
                object_fit="contain",
                show_label=False,
                visible=False,
                elem_id="results",
                **pictures,
            )
            listed = gr.Textbox(visible=HIDDEN)
            with gr.Row(visible=False, elem_id="batch") as batch:
                download_all = Download(context, text.DOWNLOAD_ALL, elem_id="download-all")
                clear = gr.Button(text.CLEAR, elem_id="clear")
        with gr.Column(scale=5, min_width=260, elem_id="photo-main"):
            status = gr.HTML(invitation(context), elem_id="photo-status", elem_classes="say")
            shown, overtaken = gr.Textbox(visible=HIDDEN), gr.Textbox(visible=HIDDEN)
            compare = gr.ImageSlider(
                label=text.COMPARE,
                type="filepath",
                elem_id="compare",
                show_label=False,
                interactive=False,
                max_height=640,
                buttons=["fullscreen"],
                visible=HIDDEN,
            )
            canvas = repair.lay_out_canvas()
            with gr.Column(visible=False, elem_id="finish") as finish:
                with gr.Row():
                    ground = gr.Radio(
                        list(SHOWN_ON), value=text.CHECKERBOARD, label=text.SHOWN_ON, elem_id="shown-on", scale=3
                    )
                    colour = gr.ColorPicker("#2f9e8f", label=text.COLOUR, visible=False, elem_id="shown-on-colour")
                    kind = gr.Radio(list(FORMATS), value="PNG", label=text.FORMAT, elem_id="format", min_width=140)
                download = Download(context, text.DOWNLOAD, elem_id="download", variant="primary")
                to_background = gr.Button(text.TO_BACKGROUND, elem_id="to-background")
                to_background.click(None, js=OPEN_BACKGROUND, api_visibility="private")
                part = RepairPart(canvas, repair.lay_out_button())
    return Layout(
        *(drop, examples, gallery, listed, batch, only_doubtful, download_all, clear),
        *(status, shown, overtaken, compare, finish, ground, colour, kind, download, part),
    )


def invitation(context: Context) -> str:
    """The message in the place of the first cut-out."""
    photos = context.limits.photos
    return empty(text.EMPTY.format(photos=photos), text.EMPTY_TOUCH.format(photos=photos))
