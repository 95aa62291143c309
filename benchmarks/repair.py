"""How long the server takes for a stroke of the repair: from the request to its answer, without the network.

Beside it stands what a stroke would take if all of the photo were mended anew, alternating on the same machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from humanseg.media import photos
from humanseg.segmenter import Segmenter
from humanseg.tiles import eight_bits
from humanseg.ui import batch
from humanseg.ui.context import EXAMPLES, Context
from humanseg.ui.model import LazySegmenter
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.repairs import answered
from humanseg.ui.shelf import Shelf
from humanseg.ui.upload import Upload

# Strokes by what they're called: points as shares of width and height, and the radius as a share of the long side.
STROKES = {
    "a dab": (((0.45, 0.3),), 0.01),
    "along an arm": (((0.3, 0.5), (0.33, 0.6), (0.4, 0.65)), 0.02),
    "a broad one": (((0.2, 0.2), (0.5, 0.25)), 0.06),
    "across the photo": (((0.02, 0.02), (0.5, 0.6), (0.98, 0.98)), 0.02),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=(4032, 3024), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = LazySegmenter(Segmenter.from_pretrained)
        context = Context.of(model, model, Limits(megapixels=200), Shelf(folder, set()))
        session = context.sessions.of("benchmark")
        photo = cv2.resize(photos.read(EXAMPLES / "standing.jpg").rgb, options.size, interpolation=cv2.INTER_CUBIC)
        path = Path(folder, "photo.jpg")
        path.write_bytes(photos.encode(photo, format="jpeg", quality=92))
        for _ in batch.work(context, session, [Upload(str(path), path.name)]):
            pass
        item = session.items[0]
        asked = {"load": "benchmark", "photo": item.id, "have": None, "acts": []}

        def ask(*acts: dict) -> float:
            start = time.perf_counter()
            answer = gzip.decompress(answered(context.sessions, json.dumps(asked | {"acts": acts}).encode()))
            asked["have"] = json.loads(answer.partition(b"\n")[0])["number"]
            return time.perf_counter() - start

        print(f"opened: {1000 * ask():.0f} ms, {options.size[0] * options.size[1] / 1e6:.1f} megapixels")
        print("| stroke | stroke, ms | undo, ms | all anew, ms |\n| --- | --- | --- | --- |")
        for name, (points, radius) in STROKES.items():
            turns = range(options.rounds)
            times = [_round(ask, session, points, radius, options.size, turn) for turn in turns]
            medians = [1000 * statistics.median(kind) for kind in zip(*times, strict=True)]
            print(f"| {name} | " + " | ".join(f"{median:.0f}" for median in medians) + " |")


def _round(ask, session, points, radius, size, turn) -> tuple[float, float, float]:
    """Seconds for a stroke, for its undoing, and for mending all of the photo with it."""
    places = [(x * size[0] + turn, y * size[1]) for x, y in points]
    stroke = {"do": "stroke", "points": places, "radius": radius * max(size), "keep": turn % 2 == 0}
    times = [ask(stroke | {"name": f"{points} {turn}"})]
    pictures, item = session.pictures, session.items[0]
    desk = pictures._desk(item)
    start = time.perf_counter()
    anew = eight_bits(item.repair(desk.alpha.astype(np.float32) / 255, desk.rgb))
    whole = time.perf_counter() - start
    if not np.array_equal(anew, pictures.alpha(item)):
        raise SystemExit("the part that was mended isn't as the whole is")
    return times[0], ask({"do": "undo", "name": f"undo {points} {turn}"}), whole


if __name__ == "__main__":
    main()
