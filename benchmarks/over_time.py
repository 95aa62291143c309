"""Contact sheets over time, to be looked at: every tenth frame of clips, and what is cut out of it on magenta.

python -m benchmarks.over_time CLIP... --out sheets [--every 10] [--frames 400] [--model humansegnet-live] [--size 256]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.steadiness import LOOK_AHEAD, of_clip
from humanseg import Segmenter, compose
from humanseg.media.stream import Stream
from humanseg.training.report import MAGENTA

TILE = 240  # pixels, the width of a tile
COLUMNS = 6


def tiles(stream: Stream, frames: Iterator[np.ndarray], every: int) -> Iterator[np.ndarray]:
    """A frame above its cut-out, uint8, of every so many frames."""
    for number, (frame, alpha) in enumerate(stream.alphas(frames)):
        if number % every:
            continue
        height = round(TILE * frame.shape[0] / frame.shape[1])
        pair = np.vstack([frame, compose.on_colour(frame, alpha, MAGENTA)])
        tile = cv2.resize(pair, (TILE, 2 * height), interpolation=cv2.INTER_AREA)
        yield cv2.putText(tile, str(number), (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 0), 1, cv2.LINE_AA)


def sheet(pictures: list[np.ndarray]) -> np.ndarray:
    blank = np.full_like(pictures[0], 255)
    pictures = pictures + [blank] * (-len(pictures) % COLUMNS)
    return np.vstack([np.hstack(pictures[n : n + COLUMNS]) for n in range(0, len(pictures), COLUMNS)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("sheets"))
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--frames", type=int, default=400, help="of each clip at most")
    parser.add_argument("--model", default="humansegnet-live")
    parser.add_argument("--size", type=int, help="long side at which the network is shown frames")
    options = parser.parse_args()
    segmenter = Segmenter.from_pretrained(options.model)
    options.out.mkdir(parents=True, exist_ok=True)
    for clip in options.clips:
        stream = Stream(segmenter, options.size, look_ahead=LOOK_AHEAD)
        path = options.out / f"{clip.stem}.png"
        cv2.imwrite(str(path), sheet(list(tiles(stream, of_clip(clip, options.frames), options.every)))[..., ::-1])
        print(path)


if __name__ == "__main__":
    main()
