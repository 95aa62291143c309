"""The Background tab: something else behind the person; the network isn't asked again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np

from humanseg.backgrounds import BLUR, COLOUR, KINDS, PICTURE, TRANSPARENT, Background
from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.resize import shrink
from humanseg.ui import export, text
from humanseg.ui.preview import checkerboard
from humanseg.ui.server.guard import plain
from humanseg.ui.uploads import Upload, photo_input
from humanseg.ui.visitor import PREVIEW_SIDE, Visitor

PLACES_FOLDER = Path(__file__).parents[1] / "backgrounds"
# Long side in pixels of a picture behind the person in the file that's downloaded.
PICTURE_SIDE = 4096
FORMATS = ("PNG", "JPEG", "WebP")
FITS = {text.FILL: "fill", text.FIT: "fit"}
# In the page but not seen. What isn't in the page at all (False) is loaded at its first change, and while that lasts, a
# second change overtakes the first: the older picture would stay.
HIDDEN = "hidden"


def controls(prefix: str, kind: str) -> SimpleNamespace:
    """The choice of a background, the same on two tabs; `prefix` keeps their element names apart.

    `inputs` of the result go into `Choice`.
    """
    named = [(text.KINDS[name], name) for name in KINDS]
    kinds = gr.Radio(named, value=kind, label=text.BEHIND, elem_id=f"{prefix}-kind")
    colour = gr.ColorPicker("#ffffff", label=text.COLOUR, visible=kind == COLOUR, elem_id=f"{prefix}-colour")
    strength = gr.Slider(0.2, 6, 2, step=0.2, label=text.STRENGTH, visible=kind == BLUR, elem_id=f"{prefix}-strength")
    with gr.Column(visible=kind == PICTURE, elem_id=f"{prefix}-pictures") as pictures:
        places = gr.Gallery(
            [(str(path), name) for path, name in place_pictures()],
            label=text.PLACES,
            columns=3,
            height="auto",
            allow_preview=False,
            buttons=[],
            interactive=False,
            object_fit="cover",
            show_label=False,
            elem_id=f"{prefix}-places",
            elem_classes="places",
        )
        own = photo_input(label=text.OWN_PICTURE, height=150, sources=["upload", "clipboard"], elem_id=f"{prefix}-own")
    place = gr.Number(
        0, precision=0, minimum=0, maximum=len(place_pictures()) - 1, visible=HIDDEN, elem_id=f"{prefix}-place"
    )

    def show(kind: str) -> list[Any]:
        return [
            gr.ColorPicker(visible=kind == COLOUR),
            gr.Slider(visible=kind == BLUR),
            gr.Column(visible=kind == PICTURE),
        ]

    def choose(event: gr.SelectData) -> list[Any]:
        return [event.index, None]

    quiet = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
    kinds.change(show, kinds, [colour, strength, pictures], **quiet)
    places.select(choose, None, [place, own], **quiet)
    return SimpleNamespace(
        kind=kinds,
        colour=colour,
        strength=strength,
        places=places,
        own=own,
        place=place,
        pictures=pictures,
        lasting=[kinds, colour, strength, place],
    )


def place_pictures() -> list[tuple[Path, str]]:
    """The pictures that ship as backgrounds, with the name each is shown under."""
    return [(path, path.stem.replace("-", " ").capitalize()) for path in sorted(PLACES_FOLDER.glob("*.jpg"))]


def picture_of(house: SimpleNamespace, visitor: Visitor, place: int, own: Upload | None, side: int) -> np.ndarray:
    """The picture behind the person, its long side at most `side`: the visitor's own, else the chosen place."""
    upload = own or Upload(str(place_pictures()[place][0]), "")
    return visitor.remember((upload.source, side), lambda: shrink(upload.read(house.limits).rgb, side))


def build(house: SimpleNamespace, visitor: gr.State, tab: gr.Tab) -> SimpleNamespace:
    """Lays the tab out and ties its events, its opening among them."""
    with gr.Row():
        with gr.Column(scale=2, min_width=240):
            photo = photo_input(
                label=text.NEW_PHOTO, height=130, sources=["upload", "clipboard"], elem_id="background-photo"
            )
            choice = controls("background", PICTURE)
            with choice.pictures:
                fit = gr.Radio(list(FITS), value=text.FILL, label=text.FIT_LABEL, elem_id="background-fit")
                with gr.Accordion(text.PLACING, open=False):
                    with gr.Row():
                        across = gr.Slider(
                            0, 1, 0.5, step=0.05, label=text.ACROSS, min_width=140, elem_id="background-across"
                        )
                        down = gr.Slider(
                            0, 1, 0.5, step=0.05, label=text.DOWN, min_width=140, elem_id="background-down"
                        )
                    scale = gr.Slider(0.2, 2, 1, step=0.05, label=text.SCALE, elem_id="background-scale")
                    with gr.Row():
                        right = gr.Slider(
                            -1, 1, 0, step=0.02, label=text.MOVE_RIGHT, min_width=140, elem_id="background-right"
                        )
                        below = gr.Slider(
                            -1, 1, 0, step=0.02, label=text.MOVE_DOWN, min_width=140, elem_id="background-below"
                        )
                with gr.Accordion(text.BLENDING, open=False):
                    wrap = gr.Slider(0, 1, 0.15, step=0.05, label=text.LIGHT_WRAP, elem_id="background-wrap")
                    match = gr.Slider(0, 1, 0.15, step=0.05, label=text.MATCH_COLOURS, elem_id="background-match")
        with gr.Column(scale=5, min_width=260, elem_classes="result-first"):
            status = gr.HTML(export.empty(text.BACKGROUND_EMPTY), elem_id="background-status", elem_classes="say")
            result = gr.Image(
                label=text.RESULT,
                type="filepath",
                interactive=False,
                elem_id="background-result",
                show_label=False,
                buttons=["fullscreen"],
                alt_text=text.RESULT_ALT,
                visible=HIDDEN,
            )
            # Turns to 1 when a visitor's photo is back after a reload; the tab may have been opened before.
            returned = gr.Number(0, visible=HIDDEN)
            with gr.Row(visible=HIDDEN) as finish:
                kind = gr.Radio(list(FORMATS), value="PNG", label=text.FORMAT, elem_id="background-format")
                download = export.download(
                    house, text.DOWNLOAD_RESULT, elem_id="background-download", variant="primary"
                )

    def background_of(state: Visitor, side: int, *values: Any) -> Background:
        kind, colour, strength, place, own, fit, across, down, scale, right, below, wrap, match = values
        state.own = own
        picture = picture_of(house, state, place, own, side) if kind == PICTURE else None
        return Background(
            kind=kind,
            colour=colour or "#ffffff",
            strength=strength / 100,
            picture=picture,
            fit=FITS[fit],
            position=(across, down),
            scale=scale,
            offset=(right, below),
            light_wrap=wrap,
            match_colours=match,
        )

    def draw(state: Visitor, *values: Any) -> list[Any]:
        cut = state.preview
        if cut is None:
            return [export.empty(text.BACKGROUND_EMPTY), gr.Image(value=None, visible=HIDDEN), gr.Row(visible=HIDDEN)]
        chosen = background_of(state, PREVIEW_SIDE, *values)
        if chosen.kind == TRANSPARENT:
            chosen = Background(PICTURE, picture=checkerboard(*cut.alpha.shape))
        shown = chosen.behind(cut.image, cut.foreground, cut.alpha)
        path = house.shelf.put("background.jpg", photos.encode(shown, format="jpeg", quality=88))
        name = cut.name
        message = text.SHOWING.format(name=name) if cut.person_found else text.NOBODY.format(name=name)
        return [
            export.say(message, bad=not cut.person_found),
            gr.Image(value=str(path), visible=True),
            gr.Row(visible=True),
        ]

    @plain
    def redraw(state: Visitor, *values: Any) -> list[Any]:
        return draw(state, *values)

    @plain
    def take(upload: Upload | None, state: Visitor, *values: Any) -> Iterator[list[Any]]:
        if upload is None:
            return
        yield [export.busy(text.WORKING_ONE), gr.skip(), gr.skip(), state]
        house.cut_out_into(state, upload)
        yield [*draw(state, *values), state]

    def finished(state: Visitor, format: str, *values: Any) -> str:
        cut = state.cut
        if cut is None:
            raise HumanSegError(text.NO_PHOTO)
        chosen = background_of(state, PICTURE_SIDE, *values)
        made = chosen.behind(cut.image, cut.foreground, cut.alpha)
        return export.picture_file(house, cut.name, made, format.lower())

    inputs = [choice.kind, choice.colour, choice.strength, choice.place, choice.own]
    inputs += [fit, across, down, scale, right, below, wrap, match]
    drawing = [status, result, finish]
    options = {"trigger_mode": "always_last", "show_progress": "hidden", **house.composes}
    photo.upload(take, [photo, visitor, *inputs], [*drawing, visitor], show_progress="hidden", **house.runs_the_model)
    # One event for all of them: of several, an older picture that took longer would overtake a newer one.
    redraws = [tab.select, returned.change, *(control.change for control in inputs)]
    gr.on(redraws, redraw, [visitor, *inputs], drawing, **options)
    download.click(finished, [visitor, kind, *inputs])
    return SimpleNamespace(
        restored=[choice.own, returned],
        choices=[*choice.lasting, fit, across, down, scale, right, below, wrap, match, kind],
    )
