"""Draws the way of a photo for README.md, one panel a step: python -m benchmarks.way [PHOTO] [--out docs/way.jpg]

Each panel is what that step really gave, with the weights that ship.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from humanseg import HumanSegError, Segmenter, parts
from humanseg.crops import choose_crops
from humanseg.media import photos
from humanseg.passes import run_passes
from humanseg.ui.preview import checkerboard

PHOTO = Path(__file__).resolve().parent.parent / "humanseg" / "ui" / "examples" / "standing.jpg"
WIDTH = 300  # of a panel, pixels
CAPTION = 40  # height of the two lines below it, pixels
CROP = (255, 200, 0)  # colour of the crop's frame


def panels(segmenter: Segmenter, path: Path) -> list[tuple[str, str, np.ndarray]]:
    """For each step the file that does it, what it does, and its picture (uint8 HxWx3).

    Raises
    ------
    HumanSegError : the photo can't be read, or nobody is in it
    """
    config, photo = segmenter.config, photos.read(path)
    first, joined = run_passes(segmenter.engine, photo.rgb, config.size, second_pass=True)
    if not segmenter.confidence(first, joined):
        raise HumanSegError(f"Nobody was found in {path}: draw the way of another photo.")
    person = (first >= config.threshold).astype(np.uint8)
    crops = choose_crops(person, photo.rgb.shape[:2], config.calibration.usual_inscribed_radius)
    framed = photo.rgb.copy()
    for (top, left, bottom, right), _ in crops:
        cv2.rectangle(framed, (left, top), (right - 1, bottom - 1), CROP, max(2, framed.shape[1] // 160))
    coarse = parts.eroded(parts.without_doubtful_parts(joined, config), config.inset)
    cut = segmenter.cut_out(photo)
    height, width = cut.alpha.shape
    return [
        ("media/photos.py", "upright, sRGB", photo.rgb),
        ("passes.py", f"first pass, at {config.size} pixels", _grey(first)),
        ("crops.py", "what a second pass is shown, mirrored", framed),
        ("parts.py", "joined; doubtful parts are out", _grey(coarse)),
        ("edges.py", "the photo's edges, the people's own colours", cut.on(checkerboard(height, width))),
        ("backgrounds.py", "something else behind", cut.on("blur")),
    ]


def _grey(alpha: np.ndarray) -> np.ndarray:
    return cv2.cvtColor((alpha * 255 + 0.5).astype(np.uint8), cv2.COLOR_GRAY2RGB)


def draw(steps: list[tuple[str, str, np.ndarray]], columns: int = 3) -> Image.Image:
    """The panels in rows, each with its caption."""
    rgb = steps[0][2]
    height = round(WIDTH * rgb.shape[0] / rgb.shape[1])
    rows = -(-len(steps) // columns)
    sheet = Image.new("RGB", (columns * (WIDTH + 12) + 12, rows * (height + CAPTION + 12) + 12), "white")
    pen = ImageDraw.Draw(sheet)
    for number, (file, words, picture) in enumerate(steps):
        left, top = 12 + number % columns * (WIDTH + 12), 12 + number // columns * (height + CAPTION + 12)
        sheet.paste(Image.fromarray(cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)), (left, top))
        pen.text((left, top + height + 4), f"{number + 1}  {file}", "black", ImageFont.load_default(14))
        pen.text((left, top + height + 21), words, "#555555", ImageFont.load_default(13))
    return sheet


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTO)
    parser.add_argument("--out", type=Path, default=Path("docs/way.jpg"))
    options = parser.parse_args()
    try:
        steps = panels(Segmenter.from_pretrained(), options.photo)
    except HumanSegError as error:
        print(error, file=sys.stderr)
        return 1
    draw(steps).save(options.out, quality=85, optimize=True)
    print(f"{options.out}: {options.out.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
