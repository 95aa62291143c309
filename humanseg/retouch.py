"""Repair of an alpha by hand: brush strokes that keep or remove, and an outline that is moved or softened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Repair:
    """What was done by hand to a cut-out; applies to its alpha at any scale.

    The strokes are stored packed, so that a repair takes kilobytes rather than megabytes and two of them can be
    compared; `Repair.painted` makes one from arrays.

    Attributes
    ----------
    keep, remove : coverage by the two brushes, of the photo's aspect at any size, as a grey PNG; b"" for none
    grow : pixels of the photo by which the outline moves outwards (inwards when negative)
    feather : pixels of the photo over which the outline fades

    Examples
    --------
    >>> alpha = np.zeros((8, 8), np.float32)
    >>> stroke = np.ones((2, 2), np.float32)
    >>> float(Repair.painted(keep=stroke)(alpha).min())
    1.0
    """

    keep: bytes = b""
    remove: bytes = b""
    grow: int = 0
    feather: int = 0

    @classmethod
    def painted(
        cls, keep: np.ndarray | None = None, remove: np.ndarray | None = None, *, grow: int = 0, feather: int = 0
    ) -> Repair:
        """A repair with the strokes of two brushes.

        Parameters
        ----------
        keep, remove : float32 hxw in [0, 1], coverage in steps of 1/255; None for none
        grow, feather : as the attributes
        """
        return cls(packed(keep), packed(remove), grow, feather)

    def __bool__(self) -> bool:
        return self != Repair()

    def __call__(self, alpha: np.ndarray, scale: float = 1.0) -> np.ndarray:
        """The repaired alpha.

        Parameters
        ----------
        alpha : float32 HxW in [0, 1]
        scale : pixels of `alpha` per pixel of the photo

        Returns
        -------
        float32 HxW in [0, 1]
        """
        height, width = alpha.shape
        made = grown(alpha, round(self.grow * scale)) if self.grow else alpha
        if self.feather:
            made = cv2.GaussianBlur(made, (0, 0), max(0.3, self.feather * scale / 2))
        # Strokes come last: what they mark stays, whatever the edge control does.
        for strokes, value in ((self.keep, 1.0), (self.remove, 0.0)):
            if strokes:
                cover = cv2.resize(unpacked(strokes), (width, height), interpolation=cv2.INTER_LINEAR)
                made = made + cover * (value - made)
        return np.clip(made, 0, 1).astype(np.float32)


def packed(cover: np.ndarray | None) -> bytes:
    """A coverage (float32 hxw in [0, 1]) as a grey PNG; b"" for None and where nothing is covered."""
    if cover is None or not cover.any():
        return b""
    done, data = cv2.imencode(".png", np.round(np.clip(cover, 0, 1) * 255).astype(np.uint8))
    if not done:
        raise ValueError(f"strokes of shape {cover.shape} can't be packed")
    return data.tobytes()


def unpacked(strokes: bytes) -> np.ndarray:
    """The coverage (float32 hxw in [0, 1]) that was `packed`; there must be one."""
    return cv2.imdecode(np.frombuffer(strokes, np.uint8), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def grown(alpha: np.ndarray, radius: int) -> np.ndarray:
    """The alpha with its outline moved by `radius` pixels, outwards when positive; soft edges keep their softness.

    An octagon stands for the disc: small steps cost far less than one large kernel.

    Parameters
    ----------
    alpha : float32 HxW in [0, 1]
    radius : in pixels of `alpha`

    Returns
    -------
    float32 HxW in [0, 1]
    """
    change = cv2.dilate if radius > 0 else cv2.erode
    kernels = [cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_CROSS, cv2.MORPH_RECT)]
    for step in range(abs(radius)):
        alpha = change(alpha, kernels[step % 2])
    return alpha


def strokes(layers: Sequence[np.ndarray]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """What was painted with the two brushes: the coverage to keep and the one to remove, None where nothing was.

    Parameters
    ----------
    layers : uint8 hxwx4 RGBA each; green keeps, red removes; anything of another form is left out

    Returns
    -------
    keep, remove : float32 hxw in [0, 1], or None
    """
    keep = remove = None
    for layer in layers:
        if layer.ndim != 3 or layer.shape[2] != 4:
            continue
        cover = layer[..., 3].astype(np.float32) / 255
        green = layer[..., 1].astype(np.int16) > layer[..., 0]
        for_keep, for_removal = np.where(green, cover, 0), np.where(green, 0, cover)
        keep = for_keep if keep is None else np.maximum(keep, for_keep)
        remove = for_removal if remove is None else np.maximum(remove, for_removal)
    return tuple(part.astype(np.float32) if part is not None and part.any() else None for part in (keep, remove))
