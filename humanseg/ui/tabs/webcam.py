"""The Webcam tab: the camera's frames with something else behind the person, live."""

from __future__ import annotations

import time
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.data_classes import Base64ImageData

from humanseg.backgrounds import COLOUR, PICTURE, TRANSPARENT, Background
from humanseg.media import photos
from humanseg.media.stream import Stream
from humanseg.ui import text
from humanseg.ui.preview import checkerboard
from humanseg.ui.server.guard import plain
from humanseg.ui.server.patches import show_as
from humanseg.ui.tabs.background import controls, picture_of
from humanseg.ui.uploads import Upload, photo_input
from humanseg.ui.visitor import Visitor

# Asked of the camera: what the network sees is smaller still, and every frame goes over the network.
CAMERA = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30}}}
# Seconds between two frames that are sent, at the least.
EVERY = 0.05
LONGEST_FRAME_SIDE = 1280
# Frames over which the rate is averaged, and seconds after which the stream counts as started anew.
RATE_OVER = 10
PAUSE = 2.0


def build(house: SimpleNamespace, visitor: gr.State) -> SimpleNamespace:
    """Lays the tab out and ties its events; gives the choices that last."""
    with gr.Row():
        with gr.Column(scale=1, min_width=240):
            camera = photo_input(
                label=text.CAMERA,
                sources=["webcam"],
                streaming=True,
                webcam_options=gr.WebcamOptions(mirror=True, constraints=CAMERA),
                elem_id="camera",
                height=300,
            )
            gr.HTML(_troubles(), elem_id="camera-trouble", elem_classes="say")
            gr.Markdown(text.CAMERA_HELP)
            choice = controls("webcam", COLOUR)
        with gr.Column(scale=1, min_width=260):
            live = gr.Image(
                label=text.LIVE,
                type="numpy",
                format="jpeg",
                interactive=False,
                buttons=["fullscreen"],
                elem_id="live",
                alt_text=text.LIVE_ALT,
            )
            # What's shown travels within the answer: no frame ever touches the disk.
            show_as(live, lambda jpeg: None if jpeg is None else Base64ImageData(url=_data_url(jpeg)))
            rate = gr.HTML("", elem_id="rate", elem_classes="say")

    @plain
    def frame(shot: Upload | None, state: Visitor, kind: str, colour: str, strength: float, place: int, own: Any):
        if shot is None:
            return gr.skip(), gr.skip()
        picture = shot.read(house.limits).rgb
        now = time.monotonic()
        if state.stream is None or not state.ticks or now - state.ticks[-1] > PAUSE:
            state.stream, state.ticks = Stream(house.live.get()), []
        alpha = state.stream.alpha(picture)
        if kind == PICTURE:
            chosen = Background(kind, picture=picture_of(house, state, place, own, LONGEST_FRAME_SIDE))
        elif kind == TRANSPARENT:
            chosen = Background(PICTURE, picture=checkerboard(*alpha.shape))
        else:
            chosen = Background(kind, colour=colour or "#ffffff", strength=strength / 100)
        shown = chosen.behind(picture, picture, alpha)
        state.ticks = [*state.ticks, time.monotonic()][-RATE_OVER:]
        return photos.encode(shown, format="jpeg", quality=80), _rate(state.ticks)

    camera.stream(
        frame,
        [camera, visitor, choice.kind, choice.colour, choice.strength, choice.place, choice.own],
        [live, rate],
        stream_every=EVERY,
        show_progress="hidden",
        time_limit=house.limits.camera_seconds,
        **house.watches_cameras,
    )
    return SimpleNamespace(choices=choice.lasting)


def _troubles() -> str:
    """The sentences of what can go wrong with a camera; script.js shows the one that fits."""
    lines = (f'<p class="bad" data-trouble="{name}" hidden>{line}</p>' for name, line in text.CAMERA_TROUBLE.items())
    return f'<div role="alert">{"".join(lines)}</div>'


def _data_url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")


def _rate(ticks: list[float]) -> str:
    if len(ticks) < 2:
        return ""
    return f"<p>{text.RATE.format(rate=(len(ticks) - 1) / (ticks[-1] - ticks[0]))}</p>"
