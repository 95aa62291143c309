"""Does memory stay bounded? Photos of mixed sizes through the running page, one after the other, and visitors who go.

python -m benchmarks.soak                          # 1,000 photos, then 60 visitors
python -m benchmarks.soak --photos 0 --visitors 60 # the visitors alone
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from gradio_client import Client, handle_file

from benchmarks.server import Server, running, write_photos
from benchmarks.visitor import Visitor

SIZES = [(640, 480), (720, 1280), (1920, 1080), (800, 800), (1500, 2000), (320, 240), (1024, 683)]
# A phone's photo.
LARGE = (4000, 3000)


def endpoint(server: Server, photos: list[Path], count: int) -> None:
    """Photos over HTTP, as programs send them: memory after each half of them."""
    half, failed, peak, after = max(1, count // 2), 0, 0.0, []
    client = Client(server.url, verbose=False)
    for number in range(1, 2 * half + 1):
        try:
            client.predict(handle_file(photos[number % len(photos)]), "png", api_name="/cut_out")
        except Exception as error:  # whatever it is, it counts as unanswered
            failed += 1
            print(f"photo {number}: {type(error).__name__}: {error}")
        peak = max(peak, server.resident_mb())
        if number % half == 0:
            after.append(server.resident_mb())
            print(f"after {number}: resident {after[-1]:.0f} MB, temporary files {server.temporary_mb():.1f} MB")
    print(f"{failed} of {2 * half} failed; peak between photos {peak:.0f} MB")
    print(f"resident after the second half against after the first: {100 * (after[1] / after[0] - 1):+.1f} %")


def visitors(server: Server, photo: Path, count: int) -> None:
    """Visitors of the page, who have a photo cut out, repair it, download it and go: memory when each has gone."""
    after = []
    for number in range(1, count + 1):
        with Visitor(server.url) as visitor:
            visitor.give(photo)
            visitor.move_edge(-4)
            visitor.download()
        time.sleep(1)  # for the server to notice that the page was closed
        after.append(server.resident_mb())
        if number == 1 or number % 10 == 0:
            print(f"visitor {number}: resident {after[-1]:.0f} MB, temporary files {server.temporary_mb():.1f} MB")
    # The first few fill what the network and the libraries keep for themselves.
    early, late = after[count // 6 : count // 3], after[-count // 6 :]
    print(
        f"resident of the last {len(late)} visitors against visitors {count // 6 + 1} to {count // 3}: "
        f"{100 * (sum(late) / len(late) / (sum(early) / len(early)) - 1):+.1f} %, "
        f"highest against lowest since then: {100 * (max(after[count // 6 :]) / min(after[count // 6 :]) - 1):+.1f} %"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000, help="sent by a program; 0 for none")
    parser.add_argument("--visitors", type=int, default=60, help="of the page; 0 for none")
    parser.add_argument("--size", type=int, nargs=2, default=LARGE, metavar=("WIDTH", "HEIGHT"), help="of their photo")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running() as server:
        print(f"at rest: resident {server.resident_mb():.0f} MB")
        if options.photos:
            endpoint(server, write_photos(Path(folder), SIZES), options.photos)
        if options.visitors:
            visitors(server, write_photos(Path(folder), [tuple(options.size)])[0], options.visitors)


if __name__ == "__main__":
    main()
