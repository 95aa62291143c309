"""How the Video tab is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from humanseg.backgrounds import BLUR
from humanseg.media import video
from humanseg.ui import text
from humanseg.ui.clips import CLIP
from humanseg.ui.elements import HIDDEN, empty
from humanseg.ui.player import PLAYER, TRIM
from humanseg.ui.tabs.choice import Choice, lay_out
from humanseg.ui.uploads import clip_input


@dataclass(frozen=True)
class Layout:
    """The tab's components.

    Attributes
    ----------
    clip : the clip; `status`, `player`, `trim` and the `part` with its numbers `start` and `end` show it
    choice, behind : what goes behind the people; a clip of the visitor's own is in `behind`
    kind : the file type
    cut, stop, file : the buttons
    back : whenever it changes, the clip that the visitor has is shown again
    resume : whenever it changes, the page follows again what is being made of it
    """

    clip: gr.File
    status: gr.HTML
    player: gr.HTML
    trim: gr.HTML
    part: gr.Column
    start: gr.Number
    end: gr.Number
    choice: Choice
    behind: gr.File
    kind: gr.Radio
    cut: gr.Button
    stop: gr.Button
    file: gr.DownloadButton
    back: gr.Number
    resume: gr.Number

    @property
    def buttons(self) -> list[Any]:
        return [self.cut, self.stop, self.file]

    @property
    def stage(self) -> list[Any]:
        """Everything that shows a clip and what was made of it."""
        return [self.status, self.player, self.trim, self.part, self.start, self.end, *self.buttons]


def lay_out_video() -> Layout:
    """Lays it out."""
    types = sorted(video.SUFFIXES)
    with gr.Row(elem_id="video-tab"):
        with gr.Column(scale=2, min_width=240):
            choice = lay_out("video", BLUR, also={CLIP: text.CLIP_BEHIND})
            with gr.Column(visible=False) as moving:
                behind = clip_input(label=text.OWN_CLIP, file_types=types, height=130, elem_id="clip-behind")
            kind = gr.Radio(
                [(label, name) for name, label in text.CLIP_FORMATS.items()],
                value="mp4",
                label=text.CLIP_FORMAT,
                info=text.CLIP_FORMATS_HELP,
                elem_id="clip-format",
            )
        with gr.Column(scale=5, min_width=260, elem_classes="result-first"):
            status = gr.HTML(empty(text.CLIP_EMPTY), elem_id="clip-status", elem_classes="say")
            clip = clip_input(label=text.CLIP, file_types=types, elem_id="clip", elem_classes="drop")
            player = gr.HTML(
                "", js_on_load=PLAYER.read_text(encoding="utf-8"), apply_default_css=False, elem_id="clip-player"
            )
            with gr.Column(visible=False, elem_id="clip-part") as part:
                trim = gr.HTML(
                    "", js_on_load=TRIM.read_text(encoding="utf-8"), apply_default_css=False, elem_id="clip-trim"
                )
                with gr.Row():
                    start = gr.Number(0, label=text.FROM, minimum=0, step=0.1, min_width=110, elem_id="clip-from")
                    end = gr.Number(0, label=text.TO, minimum=0, step=0.1, min_width=110, elem_id="clip-to")
            with gr.Row():
                cut = gr.Button(text.CUT_CLIP, variant="primary", visible=HIDDEN, elem_id="clip-start")
                stop = gr.Button(text.STOP_CLIP, visible=HIDDEN, elem_id="clip-stop")
                file = gr.DownloadButton(text.DOWNLOAD_CLIP, visible=HIDDEN, elem_id="clip-download")
            back, resume = (gr.Number(0, visible=HIDDEN) for _ in range(2))
    quiet = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
    choice.kind.change(lambda kind: gr.Column(visible=kind == CLIP), choice.kind, moving, **quiet)
    return Layout(
        *(clip, status, player, trim, part, start, end),
        *(choice, behind, kind, cut, stop, file, back, resume),
    )
