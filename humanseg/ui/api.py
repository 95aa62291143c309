"""For programs: `/cut_out`, `/mask`, `/replace_background` and `/cut_out_video`, over HTTP and as MCP tools.

Where nobody is in the photo or clip, they answer with an error that says so.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from humanseg import people
from humanseg.backgrounds import KINDS, PICTURE, Background
from humanseg.cutout import CutOut, encoded
from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.placing import Placement
from humanseg.resize import covering
from humanseg.sizes import MARGIN
from humanseg.ui import clips, export, text
from humanseg.ui.context import Context
from humanseg.ui.server.guard import guarded
from humanseg.ui.tabs.video import VideoTab
from humanseg.ui.upload import Upload
from humanseg.ui.uploads import clip_input, photo_input

# While the photo is worked on, a background is kept no larger than fills a square of this side, in pixels.
BACKGROUND_SIDE = 4096


def build(context: Context, video: VideoTab) -> None:
    """Adds the endpoints to the page, where they aren't shown."""
    endpoints = Endpoints(context, video)

    def offer(function: Any, inputs: list[Any], label: str) -> None:
        result = gr.Image(label=label, type="filepath", format="png")
        options = context.runs_the_model | {"api_visibility": "public"}
        gr.Button(label).click(guarded(function), inputs, result, api_name=function.__name__, **options)

    with gr.Column(visible=False):
        keep = gr.Textbox("", label="Keep")
        offer(endpoints.cut_out, [_given(), gr.Radio(["png", "webp"], value="png", label="Format"), keep], "Cut-out")
        offer(endpoints.mask, [_given(), keep], "Mask")
        inputs = [
            _given(),
            gr.Radio(list(KINDS), value="blur", label="Background"),
            gr.Textbox("#ffffff", label="Colour"),
            gr.Slider(0.1, 20, 2, label="Strength"),
            _given("Picture"),
            gr.Radio(["fill", "fit"], value="fill", label="Fit"),
            gr.Slider(0, 1, 0, label="Light wrap"),
            gr.Slider(0, 1, 0, label="Match colours"),
            keep,
            gr.Textbox("white..#c3ccd9", label="Gradient"),
            gr.Textbox("as-is", label="Size"),
            gr.Slider(0, 1, MARGIN, label="Margin"),
            gr.Slider(0, 1, 0, label="Shadow"),
            gr.Number(1, label="Scale"),
            gr.Number(0, label="Right"),
            gr.Number(0, label="Down"),
        ]
        offer(endpoints.replace_background, inputs, "Picture")
        inputs = [
            clip_input(label="Clip"),
            gr.Radio([*KINDS, clips.CLIP], value="blur", label="Background"),
            gr.Textbox("#ffffff", label="Colour"),
            gr.Slider(0.1, 20, 2, label="Strength"),
            _given("Picture"),
            gr.Radio(list(clips.KINDS), value="mp4", label="Format"),
            gr.Number(0, label="Start"),
            gr.Number(0, label="End"),
            clip_input(label="Behind"),
            gr.Textbox("white..#c3ccd9", label="Gradient"),
        ]
        options = context.works_on_clips | {"api_visibility": "public"}
        made = gr.File(label="Clip")
        button = gr.Button("Clip")
        button.click(guarded(endpoints.cut_out_video), inputs, made, api_name="cut_out_video", **options)


def _given(label: str = "Photo") -> gr.Image:
    return photo_input(label=label)


class Endpoints:
    """The functions that programs can call; their docstrings are published with them."""

    def __init__(self, context: Context, video: VideoTab) -> None:
        self.context, self._video = context, video

    def cut_out(self, photo: Upload, format: str = "png", keep: str = "") -> str:
        """Cuts the people out of a photo: the same photo, transparent wherever there is nobody.

        Args:
            photo: The photo (JPEG, PNG, WebP, HEIC, ...), turned upright by its EXIF data.
            format: "png" or "webp".
            keep: Of several people the "largest", or those at points: "0.4,0.5; 812,430" (shares, pixels); "" for all.

        Returns:
            The cut-out at the photo's own size, with an alpha channel. Where nobody is in the photo: an error.
        """
        cut = self._finish(photo, keep)
        return str(
            self.context.shelf.put(photos.output_name(cut.name, extension=f".{format}"), encoded(cut.rgba, format))
        )

    def mask(self, photo: Upload, keep: str = "") -> str:
        """Finds the people in a photo: white is person, black is not, grey is see-through (hair, blur).

        Args:
            photo: The photo (JPEG, PNG, WebP, HEIC, ...), turned upright by its EXIF data.
            keep: Of several people the "largest", or those at points: "0.4,0.5; 812,430" (shares, pixels); "" for all.

        Returns:
            An 8-bit grey PNG of the photo's own size. Where nobody is in the photo: an error.
        """
        cut = self._finish(photo, keep)
        return str(self.context.shelf.put(photos.output_name(cut.name, suffix="-mask"), photos.encode_mask(cut.alpha)))

    def replace_background(
        self,
        photo: Upload,
        background: str = "blur",
        colour: str = "#ffffff",
        strength: float = 2.0,
        picture: Upload | None = None,
        fit: str = "fill",
        light_wrap: float = 0.0,
        match_colours: float = 0.0,
        keep: str = "",
        gradient: str = "white..#c3ccd9",
        size: str = "as-is",
        margin: float = MARGIN,
        shadow: float = 0.0,
        scale: float = 1.0,
        right: float = 0.0,
        down: float = 0.0,
    ) -> str:
        """Puts something else behind the people in a photo, at the photo's own size or at another.

        Args:
            photo: The photo (JPEG, PNG, WebP, HEIC, ...), turned upright by its EXIF data.
            background: "transparent", "colour", "gradient", "blur" or "picture".
            colour: For "colour": "#rrggbb".
            strength: For "blur": how far, in per cent of the photo's diagonal.
            picture: For "picture": what to put behind the people.
            fit: For "picture": "fill" covers everything, "fit" shows the whole picture.
            light_wrap: For "picture": how far its light reaches over the people's edge, 0 to 1.
            match_colours: For "picture": how far the people take on its colours, 0 to 1.
            keep: Of several people the "largest", or those at points: "0.4,0.5; 812,430" (shares, pixels); "" for all.

            gradient: For "gradient": two colours and a direction in degrees or radial: "coral..navy@90".
            size: "as-is", "people" (cropped to them), "square", a ratio such as "4:5", pixels such as "2000x2000", or
                "35x45mm" (300 dpi, the head placed as passports ask for it).
            margin: Around the people where the size crops to them, as a share of their longer side.
            shadow: Of a soft shadow behind the people, 0 to 1.
            scale: Of the people; 1 leaves them as they are.
            right: How far the people are moved to the right, as a share of the picture's width.
            down: How far they are moved down, as a share of its height.

        Returns:
            A PNG of that size. Where nobody is in the photo: an error.
        """
        placement = Placement(size, margin, scale, (right, down), shadow)
        chosen = Background(
            kind=background,
            colour=colour,
            gradient=gradient,
            strength=strength / 100,
            picture=self._behind(background, picture),
            fit=fit,
            light_wrap=light_wrap,
            match_colours=match_colours,
        )
        cut = self._finish(photo, keep)
        made = cut.on(chosen, placement=placement)
        return str(export.picture_file(self.context.shelf, cut.name, made, "png", placement.size.dpi))

    def cut_out_video(
        self,
        video: Upload,
        background: str = "blur",
        colour: str = "#ffffff",
        strength: float = 2.0,
        picture: Upload | None = None,
        format: str = "mp4",
        start: float = 0.0,
        end: float = 0.0,
        behind: Upload | None = None,
        gradient: str = "white..#c3ccd9",
    ) -> str:
        """Cuts the people out of a clip, on another background or on none; its timing and its sound stay.

        Args:
            video: The clip (MP4, MOV, WebM, MKV, GIF, ...).
            background: "transparent" (needs webm, mov, webp or png), "colour", "gradient", "blur",
                "picture" or "clip".
            colour: For "colour": "#rrggbb".
            strength: For "blur": how far, in per cent of the frame's diagonal.
            picture: For "picture": what to put behind the people.
            format: "mp4", "webm", "mov" (ProRes 4444 where transparent), "webp", "png" (a ZIP), or "matte" (white on
                black, as MP4).
            start: Seconds from which on the clip is taken.
            end: Seconds up to which it is taken, 0 for its end.
            behind: For "clip": the clip to put behind the people, without its sound; it starts again when it ends.
            gradient: For "gradient": two colours and a direction in degrees or radial: "coral..navy@90".

        Returns:
            The new clip. Where nobody is in it: an error.
        """
        if video is None:
            raise HumanSegError(text.NO_CLIP)
        if background == clips.CLIP:
            chosen = clips.behind(self.context, behind)
        else:
            picture = self._behind(background, picture)
            chosen = Background(
                kind=background, colour=colour, strength=strength / 100, picture=picture, gradient=gradient
            )
        job = self._video.begin(video, clips.Wish(chosen, format, start or None, end or None))
        made = job.result.result()
        if not made.record.people:
            raise HumanSegError(text.NOBODY.format(name=video.name))
        return str(made.file)

    def _behind(self, background: str, picture: Upload | None) -> np.ndarray | None:
        if background != PICTURE:
            return None
        if picture is None:
            raise HumanSegError(text.NO_PICTURE)
        return covering(picture.read(self.context.limits).rgb, BACKGROUND_SIDE, BACKGROUND_SIDE)

    def _finish(self, photo: Upload | None, keep: str | None) -> CutOut:
        if photo is None:
            raise HumanSegError(text.NO_PHOTO)
        kept = people.read(keep) if keep and keep.strip() else None  # null in JSON is as good as ""
        cut = self.context.model.cut_out(photo, self.context.limits)
        if not cut.person_found:
            raise HumanSegError(text.NOBODY.format(name=cut.name))
        return cut if kept is None else cut.keeping(kept)
