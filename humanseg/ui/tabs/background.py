"""The Background tab: another background behind the person; the network doesn't run again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from humanseg.backgrounds import PICTURE, TRANSPARENT, Background
from humanseg.media import photos
from humanseg.ui import batch, export, text
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN, SETTLED, Download, busy, empty, say
from humanseg.ui.item import named
from humanseg.ui.pictures import PREVIEW_SIDE
from humanseg.ui.preview import checkerboard
from humanseg.ui.server.guard import guarded
from humanseg.ui.session import Session
from humanseg.ui.tabs.choice import Choice, lay_out, picture_of
from humanseg.ui.upload import Upload
from humanseg.ui.uploads import photo_input

# Long side in pixels of a picture behind the person in the file that's downloaded.
PICTURE_SIDE = 4096
FORMATS = ("PNG", "JPEG", "WebP")
FITS = {text.FILL: "fill", text.FIT: "fit"}


@dataclass(frozen=True)
class Placing:
    """How a picture and the person on it are placed and blended."""

    fit: gr.Radio
    across: gr.Slider
    down: gr.Slider
    scale: gr.Slider
    right: gr.Slider
    below: gr.Slider
    wrap: gr.Slider
    match: gr.Slider

    @property
    def inputs(self) -> list[Any]:
        """What an event is given, in the order of the attributes."""
        return [
            *(self.fit, self.across, self.down, self.scale),
            *(self.right, self.below, self.wrap, self.match),
        ]


def _lay_out_placing() -> Placing:
    fit = gr.Radio(list(FITS), value=text.FILL, label=text.FIT_LABEL, elem_id="background-fit")
    side = {"step": 0.05, "min_width": 140}
    with gr.Accordion(text.PLACING, open=False):
        with gr.Row():
            across = gr.Slider(0, 1, 0.5, label=text.ACROSS, elem_id="background-across", **side)
            down = gr.Slider(0, 1, 0.5, label=text.DOWN, elem_id="background-down", **side)
        scale = gr.Slider(0.2, 2, 1, step=0.05, label=text.SCALE, elem_id="background-scale")
        with gr.Row():
            right = gr.Slider(-1, 1, 0, step=0.02, label=text.MOVE_RIGHT, min_width=140, elem_id="background-right")
            below = gr.Slider(-1, 1, 0, step=0.02, label=text.MOVE_DOWN, min_width=140, elem_id="background-below")
    with gr.Accordion(text.BLENDING, open=False):
        wrap = gr.Slider(0, 1, 0.15, step=0.05, label=text.LIGHT_WRAP, elem_id="background-wrap")
        match = gr.Slider(0, 1, 0.15, step=0.05, label=text.MATCH_COLOURS, elem_id="background-match")
    return Placing(fit, across, down, scale, right, below, wrap, match)


class BackgroundTab:
    """Lays the tab out and answers its events, its opening among them.

    Attributes
    ----------
    choice, placing : the controls
    turn : whenever it changes, the picture is drawn anew with the current choices
    """

    def __init__(self, context: Context, tab: gr.Tab) -> None:
        self.context = context
        with gr.Row():
            with gr.Column(scale=2, min_width=240):
                self._photo = photo_input(
                    label=text.NEW_PHOTO, height=130, sources=["upload", "clipboard"], elem_id="background-photo"
                )
                self.choice: Choice = lay_out("background", PICTURE)
                with self.choice.pictures:
                    self.placing = _lay_out_placing()
            with gr.Column(scale=5, min_width=260, elem_classes="result-first"):
                self._status = gr.HTML(empty(text.BACKGROUND_EMPTY), elem_id="background-status", elem_classes="say")
                self._result = gr.Image(
                    label=text.RESULT,
                    type="filepath",
                    interactive=False,
                    elem_id="background-result",
                    show_label=False,
                    buttons=["fullscreen"],
                    alt_text=text.RESULT_ALT,
                    visible=HIDDEN,
                )
                # Names the photo in the picture, so that this one is downloaded.
                self._shown = gr.Textbox(visible=HIDDEN)
                self.turn = gr.Number(0, visible=HIDDEN)
                with gr.Row(visible=HIDDEN) as self._finish:
                    self._kind = gr.Radio(list(FORMATS), value="PNG", label=text.FORMAT, elem_id="background-format")
                    self._download = Download(
                        context, text.DOWNLOAD_RESULT, elem_id="background-download", variant="primary"
                    )
        self._wire(tab)

    @property
    def choices(self) -> list[Any]:
        """The controls whose values last."""
        return [*self.choice.lasting, *self.placing.inputs, self._kind]

    def _wire(self, tab: gr.Tab) -> None:
        inputs = [*self.choice.inputs, *self.placing.inputs]
        drawing = [self._status, self._result, self._finish, self._shown]
        quiet = {"show_progress": "hidden"}
        self._photo.upload(
            guarded(self.take), self._photo, [self._status, self.turn], **quiet, **self.context.runs_the_model
        )
        # One event for all of them: with several, an older picture that took longer would replace a newer one.
        redraws = [tab.select, self.turn.change, *(control.change for control in inputs)]
        gr.on(
            redraws,
            guarded(self.draw),
            inputs,
            drawing,
            js=SETTLED,
            trigger_mode="always_last",
            **quiet,
            **self.context.composes,
        )
        self._download.click(self.finished, [self._shown, self._kind, *inputs])

    def take(self, upload: Upload | None, request: gr.Request) -> Iterator[list[Any]]:
        """A photo was given here."""
        if upload is None:
            return
        session = self.context.session(request)
        yield [busy(text.WORKING_ONE), gr.skip()]
        batch.cut_out_one(self.context, session, upload)
        yield [gr.skip(), session.view.number]

    def draw(self, request: gr.Request, *values: Any) -> list[Any]:
        """The picture for the current choices."""
        session = self.context.session(request)
        view = session.view
        if view.item is None or view.item.error:
            nothing = [gr.Image(value=None, visible=HIDDEN), gr.Row(visible=HIDDEN)]
            return [empty(text.BACKGROUND_EMPTY), *nothing, view.token]
        cut = session.pictures.preview(view.item)
        chosen = background_of(session, PREVIEW_SIDE, *values)
        if chosen.kind == TRANSPARENT:
            chosen = Background(PICTURE, picture=checkerboard(*cut.alpha.shape))
        shown = chosen.behind(cut.image, cut.foreground, cut.alpha)
        path = self.context.shelf.put("background.jpg", photos.encode(shown, format="jpeg", quality=88))
        message = (text.SHOWING if cut.person_found else text.NOBODY).format(name=cut.name)
        return [
            say(message, bad=not cut.person_found),
            gr.Image(value=str(path), visible=True),
            gr.Row(visible=True),
            view.token,
        ]

    def finished(self, request: gr.Request, shown: str, format: str, *values: Any) -> str:
        """The picture that is shown, at the photo's own size, as a file."""
        session = self.context.session(request)
        item = session.item(named(shown))
        cut = session.pictures.cut(item)
        made = background_of(session, PICTURE_SIDE, *values).behind(cut.image, cut.foreground, cut.alpha)
        return str(export.picture_file(self.context.shelf, item.name, made, format.lower()))


def background_of(session: Session, side: int, *values: Any) -> Background:
    """The background of the controls' values, with a picture whose long side is at most `side`."""
    kind, colour, strength, place, own, fit, across, down, scale, right, below, wrap, match = values
    session.own = own
    return Background(
        kind=kind,
        colour=colour or "#ffffff",
        strength=strength / 100,
        picture=picture_of(session.pictures, place, own, side) if kind == PICTURE else None,
        fit=FITS[fit],
        position=(across, down),
        scale=scale,
        offset=(right, below),
        light_wrap=wrap,
        match_colours=match,
    )
