"""Does memory stay bounded? Photos of mixed sizes through the running page, one after the other.

python -m benchmarks.soak                  # 1,000 photos
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from gradio_client import Client, handle_file

from benchmarks.server import running, write_photos

SIZES = [(640, 480), (720, 1280), (1920, 1080), (800, 800), (1500, 2000), (320, 240), (1024, 683)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000)
    options = parser.parse_args()
    half, failed, peak, after = max(1, options.photos // 2), 0, 0.0, []
    with tempfile.TemporaryDirectory() as folder, running() as server:
        photos = write_photos(Path(folder), SIZES)
        client = Client(server.url, verbose=False)
        print(f"at rest: resident {server.resident_mb():.0f} MB")
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


if __name__ == "__main__":
    main()
