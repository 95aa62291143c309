"""The choice of a background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from humanseg.backgrounds import BLUR, COLOUR, GRADIENT, PICTURE, Background
from humanseg.ui import text
from humanseg.ui.elements import HIDDEN
from humanseg.ui.pictures import Pictures
from humanseg.ui.tabs.gradient import lay_out_gradient
from humanseg.ui.upload import Upload
from humanseg.ui.uploads import photo_input

PLACES_FOLDER = Path(__file__).parents[1] / "backgrounds"


@dataclass(frozen=True)
class Choice:
    """The controls."""

    kind: gr.Radio
    colour: gr.ColorPicker
    strength: gr.Slider
    place: gr.Number
    own: gr.Image
    pictures: gr.Column
    gradient: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        """What an event is given: the values that `chosen` takes."""
        return [self.kind, self.colour, self.strength, self.place, self.own, self.gradient]

    @property
    def lasting(self) -> list[Any]:
        """The controls whose values last."""
        return [self.kind, self.colour, self.strength, self.place, self.gradient]


def lay_out(prefix: str, kind: str, also: Mapping[str, str] | None = None) -> Choice:
    """Lays the choice out and ties its own events.

    Parameters
    ----------
    prefix : keeps the element names of two of them apart
    also : further kinds that can be chosen, with their labels
    """
    named = [(label, name) for name, label in (text.KINDS | dict(also or {})).items()]
    kinds = gr.Radio(named, value=kind, label=text.BEHIND, elem_id=f"{prefix}-kind")
    colour = gr.ColorPicker("#ffffff", label=text.COLOUR, visible=kind == COLOUR, elem_id=f"{prefix}-colour")
    gradient = lay_out_gradient(f"{prefix}-gradient", kind == GRADIENT)
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
            gr.HTML(visible=kind == GRADIENT),
            gr.Slider(visible=kind == BLUR),
            gr.Column(visible=kind == PICTURE),
        ]

    def choose(event: gr.SelectData) -> list[Any]:
        return [event.index, None]

    quiet = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
    kinds.change(show, kinds, [colour, gradient, strength, pictures], **quiet)
    places.select(choose, None, [place, own], **quiet)
    return Choice(kinds, colour, strength, place, own, pictures, gradient)


def place_pictures() -> list[tuple[Path, str]]:
    """The pictures that ship as backgrounds, with the name each is shown under."""
    return [(path, path.stem.replace("-", " ").capitalize()) for path in sorted(PLACES_FOLDER.glob("*.jpg"))]


def chosen(
    pictures: Pictures,
    side: int,
    kind: str,
    colour: str,
    strength: float,
    place: int,
    own: Upload | None,
    gradient: str = "",
    **options: Any,
) -> Background:
    """The background of the controls' values, with a picture whose long side is at most `side`.

    Parameters
    ----------
    options : of the background besides
    """
    return Background(
        kind=kind,
        colour=colour or "#ffffff",
        gradient=gradient or next(iter(text.GRADIENTS)),
        strength=strength / 100,
        picture=picture_of(pictures, place, own, side) if kind == PICTURE else None,
        **options,
    )


def picture_of(pictures: Pictures, place: int, own: Upload | None, side: int) -> np.ndarray:
    """The picture behind the person, its long side at most `side`: the visitor's own, else the chosen place.

    Returns
    -------
    uint8 hxwx3
    """
    return pictures.picture(own or Upload(str(place_pictures()[place][0]), ""), side)
