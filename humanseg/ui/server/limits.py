"""Limits on visitors: each has an environment variable, and a sentence when it's reached."""

from __future__ import annotations

import os
from dataclasses import dataclass

from humanseg.errors import HumanSegError


@dataclass(frozen=True)
class Limits:
    """Limits of the page, read once at the start.

    Attributes
    ----------
    file_mb : size of one uploaded file, in megabytes
    megapixels : size of one photo
    photos : photos in one batch
    queue : requests waiting at a time
    seconds : time for a batch: photos that haven't begun by then are left out
    photo_seconds : time for one photo
    concurrency : requests that run the network at a time
    clip_mb, clip_seconds, clip_megapixels : of one clip: size of its file, length of the part that is cut out, size of
        a frame
    clips : clips that are cut out at a time
    result_mb : size of what is made of one clip
    cameras, camera_seconds : webcams that the server serves at a time, and after how long one gives way to who waits
    keep_seconds : age at which temporary files are removed
    fetch_urls : whether a link may stand for a photo (guarded against private addresses)
    """

    file_mb: int = 40
    megapixels: int = 50
    photos: int = 100
    queue: int = 64
    seconds: int = 900
    photo_seconds: int = 120
    concurrency: int = 2
    clip_mb: int = 200
    clip_seconds: int = 180
    clip_megapixels: int = 9
    clips: int = 2
    result_mb: int = 2000
    cameras: int = 4
    camera_seconds: int = 600
    keep_seconds: int = 3600
    fetch_urls: bool = False

    @property
    def max_pixels(self) -> int:
        return self.megapixels * 1_000_000

    @property
    def upload_mb(self) -> int:
        """Megabytes of the largest upload, photo or clip."""
        return max(self.file_mb, self.clip_mb)

    @property
    def cleaning(self) -> tuple[int, int]:
        """How often old files are removed, and their least age then, in seconds: together at most `keep_seconds`."""
        frequency = max(1, self.keep_seconds // 12)
        return frequency, self.keep_seconds - frequency

    @classmethod
    def from_environment(cls, environment: dict[str, str] | None = None) -> Limits:
        """The limits with what HUMANSEG_MAX_... and HUMANSEG_FETCH_URLS say in place of the defaults.

        Raises
        ------
        HumanSegError : a variable isn't a whole number above 0
        """
        environment = dict(os.environ) if environment is None else environment
        values: dict[str, int | bool] = {}
        for field, variable in VARIABLES.items():
            text = environment.get(variable, "").strip()
            if not text:
                continue
            if not text.isdecimal() or int(text) < 1:
                raise HumanSegError(f"{variable} is “{text}”: set it to a whole number above 0, or leave it unset.")
            values[field] = min(int(text), 3600) if field == "keep_seconds" else int(text)
        values["fetch_urls"] = environment.get("HUMANSEG_FETCH_URLS", "").strip().lower() in ("1", "true", "yes")
        return cls(**values)


VARIABLES = {
    "file_mb": "HUMANSEG_MAX_FILE_MB",
    "megapixels": "HUMANSEG_MAX_MEGAPIXELS",
    "photos": "HUMANSEG_MAX_PHOTOS",
    "queue": "HUMANSEG_MAX_QUEUE",
    "seconds": "HUMANSEG_MAX_SECONDS",
    "photo_seconds": "HUMANSEG_MAX_PHOTO_SECONDS",
    "concurrency": "HUMANSEG_CONCURRENCY",
    "clip_mb": "HUMANSEG_MAX_CLIP_MB",
    "clip_seconds": "HUMANSEG_MAX_CLIP_SECONDS",
    "clip_megapixels": "HUMANSEG_MAX_CLIP_MEGAPIXELS",
    "clips": "HUMANSEG_CLIPS",
    "result_mb": "HUMANSEG_MAX_RESULT_MB",
    "cameras": "HUMANSEG_CAMERAS",
    "camera_seconds": "HUMANSEG_CAMERA_SECONDS",
    "keep_seconds": "HUMANSEG_KEEP_SECONDS",
}
