"""Gradio's upload components, giving the file as it came: not decoded, not rotated, with its own name."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio_client.utils import decode_base64_to_binary

from humanseg.ui.server.patches import hand_over_as
from humanseg.ui.upload import Upload, file_name


def _upload(payload: Any) -> Upload | None:
    if payload is None:
        return None
    url = getattr(payload, "url", None)
    name = getattr(payload, "orig_name", None)
    if url and url.startswith("data:"):
        return Upload(decode_base64_to_binary(url)[0], file_name(name or ""))
    if not payload.path:
        return None
    return Upload(payload.path, file_name(name or payload.path))


def photo_input(**options: Any) -> gr.Image:
    """`gr.Image` that gives an `Upload` or None: Pillow isn't asked, so HEIC, broken and turned photos get through."""
    return hand_over_as(gr.Image(**{"type": "filepath", "image_mode": None, **options}), _upload)


def photos_input(**options: Any) -> gr.File:
    """`gr.File` for many photos that gives a list of `Upload`."""
    return hand_over_as(gr.File(**{"file_count": "multiple", "type": "filepath", **options}), _uploads)


def _uploads(payload: Any) -> list[Upload]:
    if payload is None:
        return []
    files = payload.root if hasattr(payload, "root") else [payload]
    return [upload for upload in map(_upload, files) if upload is not None]


def clip_input(**options: Any) -> gr.File:
    """`gr.File` for one clip that gives an `Upload` or None."""
    return hand_over_as(gr.File(**{"file_count": "single", "type": "filepath", **options}), _upload)
