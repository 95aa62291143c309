"""Pictures for the screen alone: smaller copies, checkerboards, and words on a photo."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def checkerboard(height: int, width: int, square: int | None = None) -> np.ndarray:
    """uint8 HxWx3 checkerboard in the two light greys that stand for “transparent”."""
    square = square or max(8, max(height, width) // 64)
    rows, columns = np.arange(height) // square, np.arange(width) // square
    odd = (rows[:, None] + columns[None, :]) % 2
    return np.where(odd[..., None], np.uint8(255), np.uint8(226)).repeat(3, axis=2)


def label(image: np.ndarray, words: str) -> np.ndarray:
    """A copy of the picture (uint8 HxWx3) with the words on a dark band across its middle."""
    height, width = image.shape[:2]
    size = max(8.0, width * 0.9 / max(1, len(words)) * 1.8)
    canvas = Image.fromarray(image)
    band = Image.new("L", (width, min(height, round(size * 2.2))), 190)
    canvas.paste((20, 24, 30), (0, (height - band.height) // 2), band)
    ImageDraw.Draw(canvas).text(
        (width / 2, height / 2), words, fill="white", font=ImageFont.load_default(size), anchor="mm"
    )
    return np.asarray(canvas)


def failed_thumbnail(side: int = 240) -> np.ndarray:
    """uint8 HxWx4: a sign in place of a photo that couldn't be cut out, on nothing, as it suits both themes."""
    canvas = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(canvas)
    centre = side / 2
    draw.ellipse([centre - 38, centre - 38, centre + 38, centre + 38], fill=(200, 60, 60))
    draw.rounded_rectangle([centre - 5, centre - 22, centre + 5, centre + 6], 4, fill="white")
    draw.ellipse([centre - 6, centre + 12, centre + 6, centre + 24], fill="white")
    return np.asarray(canvas)
