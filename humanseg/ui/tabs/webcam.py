"""The Webcam tab: the camera's frames with another background, live."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import gradio as gr
from gradio.data_classes import Base64ImageData

from humanseg.backgrounds import COLOUR, PICTURE, TRANSPARENT, Background
from humanseg.media import photos
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.preview import checkerboard
from humanseg.ui.server.guard import guarded
from humanseg.ui.server.patches import show_as
from humanseg.ui.tabs.choice import lay_out, picture_of
from humanseg.ui.upload import Upload
from humanseg.ui.uploads import photo_input

# Requested from the camera: the U-Net's input is even smaller, and every frame is sent to the server.
CAMERA = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30}}}
# Least seconds between two frames that are sent.
EVERY = 0.05
LONGEST_FRAME_SIDE = 1280


class WebcamTab:
    """Lays the tab out and answers its frames.

    Attributes
    ----------
    choice : what is behind the person
    """

    def __init__(self, context: Context) -> None:
        self.context = context
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
                self.choice = lay_out("webcam", COLOUR)
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
                # The picture is part of the answer, so that no frame is ever written to the disk.
                show_as(live, lambda jpeg: None if jpeg is None else Base64ImageData(url=_data_url(jpeg)))
                rate = gr.HTML("", elem_id="rate", elem_classes="say")
        camera.stream(
            guarded(self.frame),
            [camera, *self.choice.inputs],
            [live, rate],
            stream_every=EVERY,
            show_progress="hidden",
            time_limit=context.limits.camera_seconds,
            **context.watches_cameras,
        )

    @property
    def choices(self) -> list[Any]:
        """The controls whose values last."""
        return self.choice.lasting

    def frame(
        self,
        shot: Upload | None,
        kind: str,
        colour: str,
        strength: float,
        place: int,
        own: Upload | None,
        request: gr.Request,
    ) -> tuple[Any, Any]:
        """One frame of the camera: the picture to show, and the rate of frames."""
        if shot is None:
            return gr.skip(), gr.skip()
        session = self.context.session(request)
        picture = shot.read(self.context.limits).rgb
        alpha = session.camera.alpha(picture, self.context.live.get)
        if kind == PICTURE:
            chosen = Background(kind, picture=picture_of(session.pictures, place, own, LONGEST_FRAME_SIDE))
        elif kind == TRANSPARENT:
            chosen = Background(PICTURE, picture=checkerboard(*alpha.shape))
        else:
            chosen = Background(kind, colour=colour or "#ffffff", strength=strength / 100)
        shown = photos.encode(chosen.behind(picture, picture, alpha), format="jpeg", quality=80)
        rate = session.camera.tick()
        return shown, "" if rate is None else f"<p>{text.RATE.format(rate=rate)}</p>"


def _troubles() -> str:
    """The sentences of what can go wrong with a camera; script.js shows the one that fits."""
    lines = (f'<p class="bad" data-trouble="{name}" hidden>{line}</p>' for name, line in text.CAMERA_TROUBLE.items())
    return f'<div role="alert">{"".join(lines)}</div>'


def _data_url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")
