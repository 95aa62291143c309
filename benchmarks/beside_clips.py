"""How long does a photo take while clips are being cut out? Over HTTP, against the same photos with no clip there.

python -m benchmarks.beside_clips [--clips 2] [--photos 12] [--size 1920 1080] [--height 720]

Starts `python app.py`, gives it clips that take longer than the photos, and sends one photo after the other, with a
pause between them in which the clips go on. Prints median and worst, and how far the clips came meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from gradio_client import Client, handle_file

from benchmarks.server import running, write_photos
from benchmarks.video import RATE, pictures
from humanseg.media.video_writer import writing

SECONDS = 60  # of a clip: more than is cut out of it in the meantime


def long_clip(path: Path, height: int) -> Path:
    """Two seconds, over and over."""
    base = list(pictures(height, 2 * RATE))
    with writing(path, (base[0].shape[1], height), RATE, alpha=False) as writer:
        for number in range(SECONDS * RATE):
            writer.write(base[number % len(base)], number / RATE, 1 / RATE)
    return path


def waits(client: Client, photo: Path, count: int, pause: float) -> list[float]:
    """Seconds from the request to the cut-out on this side, for each of so many photos."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        client.predict(handle_file(photo), "png", api_name="/cut_out")
        times.append(time.perf_counter() - start)
        time.sleep(pause)
    return times


def said(times: list[float]) -> str:
    return f"median {statistics.median(times):.2f} s, worst {max(times):.2f} s of {len(times)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--height", type=int, default=720, help="of the clips")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two photos")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (photo,) = write_photos(Path(folder), [tuple(options.size)])
        clip = long_clip(Path(folder) / "clip.mp4", options.height)
        with running(HUMANSEG_CLIPS=str(options.clips)) as server:
            visitors = [Client(server.url, verbose=False) for _ in range(options.clips + 1)]
            waits(visitors[0], photo, 2, 0)  # the network is loaded, and Gradio's own first time is over
            alone = waits(visitors[0], photo, options.photos, options.pause)
            jobs = [
                visitor.submit(handle_file(clip), "blur", picture=None, api_name="/cut_out_video")
                for visitor in visitors[1:]
            ]
            time.sleep(8)  # both have begun
            beside = waits(visitors[0], photo, options.photos, options.pause)
            over = sum(job.done() for job in jobs)
            print(f"alone: {said(alone)}\nbeside {options.clips} clips of {options.height}p: {said(beside)}")
            print(f"times as long: {statistics.median(beside) / statistics.median(alone):.2f}")
            if over:
                print(f"{over} of the clips ended before the photos did: this says little.")


if __name__ == "__main__":
    main()
