"""How fast are clips? Each stage alone, all of them beside each other, and frame by frame as photos.

    python -m benchmarks.video [--heights 480 720 1080] [--frames 60] [--background "#20a060"] [--rounds 3]

The clip is made here: somebody before a photo of a place, both moving, 30 frames a second. Prints a table in Markdown;
times in ms a frame, the median of the rounds, which take turns so that other work on the machine meets all of them. On
a busy machine only the last column says something: how much less processor time a frame takes than as a photo.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from humanseg import Segmenter, cut_out_video
from humanseg.backgrounds import Background
from humanseg.clip import LOOK_AHEAD, CutFrame
from humanseg.engines.base import thread_count
from humanseg.hub.find import models_named
from humanseg.markdown import table
from humanseg.media import photos
from humanseg.media.stream import Stream
from humanseg.media.video import Clip
from humanseg.media.video_writer import writing

UI = Path(__file__).resolve().parents[1] / "humanseg" / "ui"
RATE = 30  # frames a second
PHOTOS = 8  # frames that are cut out as photos: each takes as long as the next


def pictures(height: int, count: int) -> Iterator[np.ndarray]:
    """Somebody who sways before a place that the camera pans over; uint8 HxWx3, 16:9."""
    width = height * 16 // 9 // 2 * 2
    cut = Segmenter.from_pretrained().cut_out(UI / "examples" / "astronaut.jpg")
    scale = height * 0.95 / cut.alpha.shape[0]
    person = cv2.resize(cut.rgba, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    place = photos.read(sorted((UI / "backgrounds").glob("*.jpg"))[0]).rgb
    place = cv2.resize(place, (width + width // 4, height))
    noise = np.random.default_rng(0)
    for number in range(count):
        left = round((width // 8) * (1 + np.sin(number / 25)))
        x = round((width - person.shape[1]) / 2 + width / 10 * np.sin(number / 9))
        picture = place[:, left : left + width].copy()
        inside = picture[height - person.shape[0] :, x : x + person.shape[1]]
        share = person[..., 3:].astype(np.float32) / 255
        inside[...] = person[..., :3] * share + inside * (1 - share)
        grain = noise.normal(0, 3, picture.shape[:2])[..., None]
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def made(folder: Path, height: int, count: int) -> Path:
    path = folder / f"{height}.mp4"
    with writing(path, (height * 16 // 9 // 2 * 2, height), RATE, alpha=False) as writer:
        for number, picture in enumerate(pictures(height, count)):
            writer.write(picture, number / RATE, 1 / RATE)
    return path


def stages(clip: Path, live: Segmenter, behind: Background, folder: Path) -> dict[str, float]:
    """Seconds of each stage over all frames, one stage after the other."""
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], list]) -> list:
        start = time.perf_counter()
        done = work()
        seconds[name] = time.perf_counter() - start
        return done

    stream = Stream(live, live.config.size, look_ahead=LOOK_AHEAD)
    frames = timed("decode", lambda: list(Clip(clip).frames()))
    steady = timed("network", lambda: list(stream.steady(frame.rgb for frame in frames)))
    pairs = timed("edges", lambda: list(stream.finished(steady)))
    finished = timed("compose", lambda: [CutFrame(rgb, alpha, 0, 0).on(behind) for rgb, alpha in pairs])

    def write() -> list:
        height, width = finished[0].shape[:2]
        with writing(folder / "alone.mp4", (width, height), RATE, alpha=False) as writer:
            for number, picture in enumerate(finished):
                writer.write(picture, number / RATE, 1 / RATE)
        return []

    timed("encode", write)
    return {name: value / len(frames) for name, value in seconds.items()}


def by_photos(clip: Path, still: Segmenter, behind: Background, folder: Path) -> tuple[float, int]:
    """Seconds a frame where each is cut out as a photo, and how many were."""
    start = time.perf_counter()
    source = Clip(clip)
    with writing(folder / "photos.mp4", (source.width, source.height), RATE, alpha=False) as writer:
        for frame in source.frames(end=PHOTOS / RATE):
            writer.write(still.cut_out(frame.rgb).on(behind), frame.time, frame.duration)
    return (time.perf_counter() - start) / PHOTOS, PHOTOS


def together(clip: Path, live: Segmenter, behind: Background, folder: Path) -> tuple[float, int]:
    """Seconds a frame of the whole way, its stages beside each other, and how many frames there were."""
    start = time.perf_counter()
    record = cut_out_video(clip, folder / "together.mp4", behind, segmenter=live)
    return (time.perf_counter() - start) / record.frames, record.frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--heights", type=int, nargs="+", default=[480, 720, 1080])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--background", default="#20a060")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    behind = Background.parse(options.background)
    live, still = Segmenter.from_pretrained(models_named()[1]), Segmenter.from_pretrained()
    names = ("decode", "network", "edges", "compose", "encode")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for height in options.heights:
            clip = made(Path(folder), height, options.frames)
            rounds: list[dict[str, float]] = []
            for _ in range(options.rounds):
                one = stages(clip, live, behind, Path(folder))
                for name, way, segmenter in (("together", together, live), ("photos", by_photos, still)):
                    before = time.process_time()
                    one[name], count = way(clip, segmenter, behind, Path(folder))
                    one[f"work, {name}"] = (time.process_time() - before) / count
                rounds.append(one)
            middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
            ratio, less = (
                statistics.median(one[f"{of}photos"] / one[f"{of}together"] for one in rounds) for of in ("", "work, ")
            )
            times = [f"{1000 * middle[name]:.1f}" for name in names]
            rate = 1 / middle["together"]
            rows.append(
                [
                    f"{height}p",
                    *times,
                    f"{rate:.1f}",
                    f"{rate / RATE:.2f}",
                    f"{1 / middle['photos']:.2f}",
                    f"{ratio:.1f}",
                    f"{1000 * middle['work, together']:.0f}",
                    f"{less:.1f}",
                ]
            )
    head = ["", *names, "frames/s together", "× real time", "frames/s as photos", "times as fast"]
    head += ["processor time, together", "times less of it"]
    print(f"{thread_count()} threads, {live.engine.name}, on {options.background}\n")
    print(table(head, rows))
    print(f"\nMost memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB.")


if __name__ == "__main__":
    main()
