"""Segmenter: a photo in, its people out. Read -> passes -> parts -> edges -> CutOut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from humanseg import edges, haze, parts, people
from humanseg.clip import CutFrame, cut_frames
from humanseg.confidence import confidence
from humanseg.cutout import CutOut
from humanseg.engines import FILES, Engine, choose_engine, load_engine
from humanseg.foreground import foreground_colours
from humanseg.hub.find import find_weights
from humanseg.hub.progress import Listener
from humanseg.media import photos
from humanseg.media.photos import Photo
from humanseg.media.video import Clip
from humanseg.model.config import LARGEST_SIDE, ModelConfig
from humanseg.passes import run_passes
from humanseg.people import Keep
from humanseg.resize import resize_alpha

Source = str | os.PathLike[str] | bytes | BinaryIO | np.ndarray | Photo | Any  # Any: a PIL image


class Segmenter:
    """Cuts people out of photos; one instance serves many threads."""

    def __init__(self, engine: Engine):
        self.engine = engine

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        *,
        revision: str | None = None,
        engine: str | None = None,
        threads: int | None = None,
        listener: Listener | None = None,
    ) -> Segmenter:
        """Finds the weights and the best engine for this machine.

        Parameters
        ----------
        model : a folder of weights, or `user/name` on the Hub; by default the weights that ship
        revision : commit, tag or branch on the Hub
        engine : auto, torch or openvino; HUMANSEG_ENGINE if not given
        threads : of the CPU; HUMANSEG_THREADS if not given, else all
        listener : is told how far a download is, and what serves instead where the Hub can't be reached

        Raises
        ------
        WeightsError, DownloadError, EngineError : with what to do about it
        """
        runtime = choose_engine(engine)
        folder = find_weights(model, revision=revision, needs=FILES[runtime], listener=listener)
        return cls(load_engine(folder, engine=runtime, threads=threads))

    @property
    def config(self) -> ModelConfig:
        return self.engine.config

    def alpha(
        self,
        image: Source,
        *,
        second_pass: bool = True,
        refine: bool = True,
        size: int | None = None,
        decide: bool = True,
    ) -> np.ndarray:
        """How much of each pixel is person: float32 HxW in [0, 1], at the photo's own size.

        Parameters
        ----------
        image : path, bytes, file object, PIL image, uint8 array (HxW, HxWx3 RGB, HxWx4 RGBA), or a `Photo`
        second_pass : show the network the people again, mirrored, and enlarged where they fill only a part of the
            frame; twice the work, better edges and small people
        refine : follow the photo's own edges at full resolution, rather than interpolate
        size : long side in pixels that the network is shown; the model's own for photos by default
        decide : clear haze, as `haze` does; a stream of frames does so itself, once it has averaged over them

        Raises
        ------
        ImageError : the picture can't be read
        ValueError : a size below 1 or above `LARGEST_SIDE`
        """
        if size is not None and not 1 <= size <= LARGEST_SIDE:
            raise ValueError(f"the size must be from 1 to {LARGEST_SIDE}, not {size}")
        photo = photos.read(image)
        return self._photo_alpha(photo, second_pass=second_pass, refine=refine, size=size, decide=decide)[0]

    def cut_out(
        self,
        image: Source,
        *,
        name: str | None = None,
        second_pass: bool = True,
        refine: bool = True,
        colours: bool = True,
        keep: Keep | None = None,
    ) -> CutOut:
        """The people in a photo, at its own size, ready for another background.

        Parameters
        ----------
        image, second_pass, refine : as for `alpha`
        name : to call the photo by, instead of its file's name
        colours : estimate the people's own colours where the edge is see-through; otherwise the photo's are kept
        keep : who of several people stays: "largest", or a point on each of them, see `CutOut.keeping`; None for all

        Raises
        ------
        ImageError : the picture can't be read
        HumanSegError : nobody is at a point of `keep`

        Examples
        --------
        >>> cut_out = Segmenter.from_pretrained().cut_out("photo.jpg")
        >>> cut_out.on("#ff00ff").shape  # doctest: +SKIP
        (1080, 1920, 3)
        """
        photo = photos.read(image, name=name)
        alpha, confidence = self._photo_alpha(photo, second_pass=second_pass, refine=refine, size=None)
        if keep is not None and confidence:
            alpha = people.kept(alpha, keep)
        foreground = foreground_colours(photo.rgb, alpha) if colours and confidence else photo.rgb
        return CutOut(photo.rgb, foreground, alpha, confidence > 0, confidence, photo.name)

    def video(
        self,
        source: str | os.PathLike[str] | Clip,
        *,
        start: float | None = None,
        end: float | None = None,
        size: int | None = None,
    ) -> Iterator[CutFrame]:
        """The people in each frame of a clip, with alphas that are steady over time.

        Frames come one after the other and are made ahead in threads of their own, so a clip may be of any length.
        `humanseg.cut_out_video` writes a clip to a file.

        Parameters
        ----------
        source : path of an MP4, MOV, WebM, MKV or GIF
        start, end : the part that is wanted, in seconds from the first frame
        size : long side in pixels that the network is shown; what it was made for by default

        Raises
        ------
        VideoError : the clip can't be read, or has no frame there

        Examples
        --------
        >>> segmenter = Segmenter.from_pretrained("humansegnet-live")  # doctest: +SKIP
        >>> for frame in segmenter.video("dance.mp4"):  # doctest: +SKIP
        ...     print(frame.time, frame.on("blur").shape)
        """
        clip = source if isinstance(source, Clip) else Clip(source)
        return cut_frames(self, clip, start, end, size=size)

    def _photo_alpha(
        self, photo: Photo, *, second_pass: bool, refine: bool, size: int | None, decide: bool = True
    ) -> tuple[np.ndarray, float]:
        """Alpha at the photo's size and the confidence in it, 0 (with an empty alpha) where nobody is."""
        height, width = photo.rgb.shape[:2]
        alphas = run_passes(self.engine, photo.rgb, size or self.config.size, second_pass=second_pass)
        expected = self.confidence(*alphas)
        if not expected:
            return np.zeros((height, width), np.float32), 0.0
        alpha = finished(photo.rgb, alphas[-1], self.config, refine=refine, decide=decide)
        if photo.alpha is not None:
            alpha *= photo.alpha
        return alpha, expected

    def coarse_alpha(self, rgb: np.ndarray, size: int, *, second_pass: bool) -> np.ndarray:
        """The alpha that the passes give for a photo (uint8 HxWx3), before parts are judged and edges refined.

        Parameters
        ----------
        size, second_pass : as for `alpha`

        Returns
        -------
        float32 in [0, 1], of the photo's aspect, usually smaller than the photo
        """
        return run_passes(self.engine, rgb, size, second_pass=second_pass)[-1]

    def confidence(self, *alphas: np.ndarray) -> float:
        """The IoU that the cut-out can be expected to have with the truth, above 0 and up to 1; 0 if nobody is found.

        Weights whose calibration has no coefficients for that say instead how sure it is that somebody is there.

        Parameters
        ----------
        alphas : one or several that the passes gave (`coarse_alpha`), the best one last
        """
        return confidence(alphas, self.config)


def finished(
    rgb: np.ndarray, alpha: np.ndarray, config: ModelConfig, *, refine: bool = True, decide: bool = True
) -> np.ndarray:
    """What the passes gave for a photo with somebody in it, judged, refined and at the photo's size.

    Parameters
    ----------
    rgb : uint8 HxWx3
    alpha : float32 in [0, 1], of the photo's aspect
    refine, decide : as for `Segmenter.alpha`

    Returns
    -------
    float32 HxW in [0, 1]
    """
    height, width = rgb.shape[:2]
    coarse = parts.without_doubtful_parts(alpha, config)
    if decide:
        coarse = haze.weighed_together(coarse)
    coarse = parts.eroded(coarse, config.inset)
    alpha = edges.refine_alpha(rgb, coarse) if refine else resize_alpha(coarse, width, height)
    if decide:
        haze.decide(alpha, config.calibration)
    return alpha
