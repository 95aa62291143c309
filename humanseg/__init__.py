"""HumanSegNet: cuts people out of photos.

from humanseg import Segmenter
cut_out = Segmenter.from_pretrained().cut_out("photo.jpg")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from humanseg.errors import (
    DataError,
    DownloadError,
    EngineError,
    HumanSegError,
    ImageError,
    TrainingError,
    VideoError,
    WeightsError,
)

if TYPE_CHECKING:
    from humanseg.backgrounds import Background
    from humanseg.cutout import CutOut
    from humanseg.media import photos as images
    from humanseg.segmenter import Segmenter
    from humanseg.video import cut_out_video

__version__ = "0.1.0"
__all__ = [
    "Background",
    "CutOut",
    "DataError",
    "DownloadError",
    "EngineError",
    "HumanSegError",
    "ImageError",
    "Segmenter",
    "TrainingError",
    "VideoError",
    "WeightsError",
    "__version__",
    "cut_out_video",
    "images",
]


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: importing the package, or its errors, costs nothing.
    if name == "Background":
        from humanseg.backgrounds import Background

        return Background
    if name == "Segmenter":
        from humanseg.segmenter import Segmenter

        return Segmenter
    if name == "CutOut":
        from humanseg.cutout import CutOut

        return CutOut
    if name == "cut_out_video":
        from humanseg.video import cut_out_video

        return cut_out_video
    if name == "images":  # reading and writing pictures, by a name that says so from outside
        from humanseg.media import photos

        return photos
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
