"""Edges to be looked at: validation photos at 100 %, around hair, hands and shoes, before and after refinement.

    python -m benchmarks.sheet DATA --out sheets [--photos 24] [--side 200]

DATA is the folder that holds the sets. Each row is one photo, three places of it: the photo, then its cut-out on
magenta and on green; interpolated and in the photo's colours ("before"), and as the page gives it ("after").
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from humanseg import Segmenter, compose
from humanseg.data.splits import split
from humanseg.media import photos
from humanseg.training.report import MAGENTA

SETS = ("human-segmentation-dataset", "portraits", "street-fashion", "everyday")
GREEN = (0, 220, 60)
ROWS_A_SHEET = 6


def places(alpha: np.ndarray, side: int) -> list[tuple[slice, slice]]:
    """Squares around the top (hair), the widest place (hands) and the bottom (shoes) of the people."""
    person = alpha >= 0.5
    rows, columns = np.flatnonzero(person.any(1)), np.flatnonzero(person.any(0))
    top, bottom, left = rows[0], rows[-1], columns[0]
    points = [
        (top + side // 3, int(np.flatnonzero(person[top]).mean())),
        (int(np.flatnonzero(person[:, left]).mean()), left + side // 4),
        (bottom - side // 3, int(np.flatnonzero(person[bottom]).mean())),
    ]
    height, width = alpha.shape
    squares = []
    for y, x in points:
        y0 = int(np.clip(y - side // 2, 0, max(0, height - side)))
        x0 = int(np.clip(x - side // 2, 0, max(0, width - side)))
        squares.append((slice(y0, y0 + side), slice(x0, x0 + side)))
    return squares


def row(segmenter: Segmenter, path: Path, side: int) -> np.ndarray | None:
    photo = photos.read(path)
    before = segmenter.cut_out(photo, refine=False, colours=False)
    after = segmenter.cut_out(photo)
    if not after.person_found:
        return None
    pictures = [photo.rgb]
    for cut in (before, after):
        pictures += [compose.on_colour(cut.foreground, cut.alpha, colour) for colour in (MAGENTA, GREEN)]
    tiles = []
    for square in places(after.alpha, side):
        for picture in pictures:
            tile = np.full((side, side, 3), 255, np.uint8)
            part = picture[square]
            tile[: part.shape[0], : part.shape[1]] = part
            tiles.append(tile)
    return np.hstack(tiles)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sheets"))
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--side", type=int, default=200, help="pixels of the photo that each tile shows")
    options = parser.parse_args()
    segmenter = Segmenter.from_pretrained()
    options.out.mkdir(parents=True, exist_ok=True)
    each = -(-options.photos // len(SETS))
    chosen = []
    for name in SETS:
        valid = split(options.data / name)[1]
        chosen += valid[:: max(1, len(valid) // each)][:each]
    rows = []
    for pair in tqdm(chosen[: options.photos], unit="photo", leave=False):
        tiles = row(segmenter, pair.image, options.side)
        if tiles is None:
            print(f"{pair.image}: nobody found")
        else:
            rows.append(tiles)
    for number in range(0, len(rows), ROWS_A_SHEET):
        path = options.out / f"sheet-{number // ROWS_A_SHEET + 1}.png"
        cv2.imwrite(str(path), np.vstack(rows[number : number + ROWS_A_SHEET])[..., ::-1])
        print(path)


if __name__ == "__main__":
    main()
