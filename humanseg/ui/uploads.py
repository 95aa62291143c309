"""Gradio's upload components, handing over the file as it came: unopened, unturned, with its own name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio_client.utils import decode_base64_to_binary

from humanseg.errors import ImageError
from humanseg.media import photos
from humanseg.ui import text
from humanseg.ui.server.limits import Limits


@dataclass(frozen=True)
class Upload:
    """A file that a visitor handed over: where it lies (or what it holds), and what it was called."""

    source: str | bytes
    name: str

    def read(self, limits: Limits) -> photos.Photo:
        """The photo, upright.

        Raises
        ------
        ImageError : it's too big, or no photo
        """
        if isinstance(self.source, str):
            try:
                size = Path(self.source).stat().st_size
            except OSError as error:
                raise ImageError(text.GONE.format(name=self.name)) from error
        else:
            size = len(self.source)
        if size > limits.file_mb * 1_000_000:
            raise ImageError(text.FILE_TOO_BIG.format(name=self.name, size=size / 1e6, limit=limits.file_mb))
        return photos.read(self.source, name=self.name, max_pixels=limits.max_pixels)


def _upload(payload: Any) -> Upload | None:
    if payload is None:
        return None
    url = getattr(payload, "url", None)
    name = getattr(payload, "orig_name", None)
    if url and url.startswith("data:"):
        return Upload(decode_base64_to_binary(url)[0], name or "photo")
    if not payload.path:
        return None
    return Upload(payload.path, Path(name or payload.path).name)


# The two below change an instance instead of deriving a class, because Gradio writes a .pyi file next to the source of
# every derived component. What changes a component's properties later on would lose it: show and hide what's around.


def photo_input(**options: Any) -> gr.Image:
    """`gr.Image` that gives an `Upload` or None: Pillow isn't asked, so HEIC, broken and turned photos get through."""
    component = gr.Image(**{"type": "filepath", "image_mode": None, **options})
    component.preprocess = _upload
    return component


def photos_input(**options: Any) -> gr.File:
    """`gr.File` for many photos that gives a list of `Upload`."""
    component = gr.File(**{"file_count": "multiple", "type": "filepath", **options})
    component.preprocess = _uploads
    return component


def _uploads(payload: Any) -> list[Upload]:
    if payload is None:
        return []
    files = payload.root if hasattr(payload, "root") else [payload]
    return [upload for upload in map(_upload, files) if upload is not None]
