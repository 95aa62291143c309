"""Pixels of any mode and colour profile as 8-bit sRGB, with the alpha they came with."""

from __future__ import annotations

import functools
import io
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION

_STRIP = 128  # rows that are converted at once

# Two colour spaces count as the same where a grid of colours and all greys differ by no more than this (of 255: mean,
# and largest of any channel). Measured: profiles of sRGB by HP, colord and LittleCMS, the compact "c2" and tables of
# 26 points at most .07 and 1; sRGB's primaries with gamma 2.2 1.85 and 9, Rec. 709 9.4 and 16, Display P3 10.5 and 116.
_SAME_MEAN, _SAME_MOST = 0.75, 4
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}  # of ICC's colour spaces (ICC.1:2022, 7.2.6)
_CACHED = 100_000  # bytes: larger profiles are mostly those of printing presses, seldom seen twice


def to_srgb(picture: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """All pixels, converted as the picture's profile says; one that is broken or for other pixels is ignored.

    Returns
    -------
    uint8 HxWx3 sRGB, not premultiplied
    float32 HxW alpha in [0, 1], or None where the picture has none
    """
    profile = picture.info.get("icc_profile")
    if picture.mode[0] in "IF":
        picture = _eight_bits(picture)
    elif picture.mode == "La":
        picture = picture.convert("LA")
    transparent = picture.has_transparency_data
    mode = picture.mode
    if transparent or mode in ("P", "1"):
        mode = "L" if mode in ("L", "LA") else "RGB"
    mode, transform = _transform_for(profile, mode)

    rgb = np.empty((picture.height, picture.width, 3), np.uint8)
    alpha = np.empty((picture.height, picture.width), np.float32) if transparent else None

    def convert(top: int) -> None:
        rows = slice(top, min(top + _STRIP, picture.height))
        strip = picture.crop((0, rows.start, picture.width, rows.stop))
        if alpha is not None:
            strip = strip.convert("LA" if mode == "L" else "RGBA")
            np.divide(np.asarray(strip.getchannel("A")), np.float32(255), out=alpha[rows])
        if strip.mode != mode:
            strip = strip.convert(mode)
        if transform is not None:
            strip = ImageCms.applyTransform(strip, transform)
        rgb[rows] = np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))

    # In strips, only the result takes memory at full size a second time, and less falls out of the caches.
    tops = range(0, picture.height, _STRIP)
    if transform is None or len(tops) == 1:
        for top in tops:
            convert(top)
    else:  # LittleCMS takes 30 ns a pixel, the longest step of reading a phone's photo, and releases the GIL
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
            list(pool.map(convert, tops))
    return rgb, alpha


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Deep grey as 8 bits; floats count from 0 to 1, 255 or 65535, whichever the brightest fits in."""
    deep = np.asarray(picture)
    values = np.nan_to_num(deep.astype(np.float32, copy=False), posinf=0, neginf=0)
    brightest = values.max(initial=0)
    top = 65535 if picture.mode[0] == "I" else next((t for t in (1, 255) if brightest <= t), 65535)
    grey = (np.clip(values, 0, top) * (255 / top) + 0.5).astype(np.uint8)
    if picture.mode.startswith("I;16") and getattr(picture, "tag_v2", {}).get(PHOTOMETRIC_INTERPRETATION) == 0:
        grey = 255 - grey  # a TIFF where 0 is white: Pillow turns it round at 8 bits only
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        return Image.fromarray(np.dstack([grey, np.where(deep == transparent, 0, 255).astype(np.uint8)]))
    return Image.fromarray(grey)


def _transform_for(profile: bytes | None, mode: str) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode that pixels have to be brought to, and what makes them sRGB; None where nothing has to be done."""
    if not profile:
        return mode, None
    build = _cached_transform if len(profile) <= _CACHED else _transform
    wanted, transform = build(profile)
    if wanted == "RGB" and mode == "L":  # grey stored with a colour profile
        return wanted, transform
    return mode, transform if wanted == mode else None


def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[source.profile.xcolor_space.strip()]
        transform = _to_srgb(source, mode, ImageCms.Intent.PERCEPTUAL)
        if mode == "RGB" and (
            _changes_nothing(transform)
            # sRGB's own profile of ICC version 4 renders for print by default; its colours are sRGB's all the same.
            or _changes_nothing(_to_srgb(source, mode, ImageCms.Intent.RELATIVE_COLORIMETRIC))
        ):
            transform = None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError):
        return "", None  # a broken profile is no reason to refuse the photo
    return mode, transform


_cached_transform = functools.lru_cache(maxsize=16)(_transform)


def _to_srgb(source: ImageCms.ImageCmsProfile, mode: str, intent: ImageCms.Intent) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", renderingIntent=intent)


@functools.cache
def _colours() -> np.ndarray:
    """uint8 19x256x3: a grid of 4,608 colours, and a row of all greys. Profiles are tried on them; names can lie."""
    steps = np.linspace(0, 255, 16).round()
    grid = np.stack(np.meshgrid(steps, steps, np.linspace(0, 255, 18).round(), indexing="ij"), -1)
    greys = np.repeat(np.arange(256)[None, :, None], 3, 2)
    return np.concatenate([grid.reshape(-1, 256, 3), greys]).astype(np.uint8)


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    before = _colours()
    after = np.asarray(ImageCms.applyTransform(Image.fromarray(before), transform))
    change = np.abs(after.astype(int) - before)
    return bool(change.mean() <= _SAME_MEAN and change.max() <= _SAME_MOST)
