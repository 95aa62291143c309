"""Many visitors at once: 8 clients with 10 photos each over HTTP, against one client in a closed loop.

python -m benchmarks.clients
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

from gradio_client import Client, handle_file

from benchmarks.server import Server, running, write_photos


def serve(server: Server, photo: Path, clients: int, photos: int) -> tuple[float, list[float], list[str]]:
    """Lets clients ask one photo after the other: seconds in all, seconds of each answer, and what failed."""
    visitors = [Client(server.url, verbose=False) for _ in range(clients)]
    waits: list[float] = []
    failures: list[str] = []

    def visit(client: Client) -> None:
        for _ in range(photos):
            start = time.perf_counter()
            try:
                client.predict(handle_file(photo), "png", api_name="/cut_out")
                waits.append(time.perf_counter() - start)
            except Exception as error:  # whatever it is, it counts as unanswered
                failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=visit, args=(client,)) for client in visitors]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start, waits, failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--photos", type=int, default=10, help="of each client")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--settle", type=float, default=0, help="seconds before the first visitor comes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running() as server:
        print(f"The page answered after {server.seconds:.1f} s")
        time.sleep(options.settle)
        (photo,) = write_photos(Path(folder), [tuple(options.size)])
        seconds, waits, failures = serve(server, photo, 1, 10)
        print("one client, first to tenth cut-out (s): " + " ".join(f"{wait:.2f}" for wait in waits))
        alone = len(waits) / seconds
        print(f"one client: {len(waits)} answered, {len(failures)} failed, {alone:.2f} photos/s")
        seconds, waits, failures = serve(server, photo, options.clients, options.photos)
        together = len(waits) / seconds
        fair = options.clients / together if together else float("inf")
        print(
            f"{options.clients} clients: {len(waits)} answered, {len(failures)} failed, {together:.2f} photos/s "
            f"({100 * together / alone:.0f} % of one client)"
        )
        if waits:
            print(f"longest wait {max(waits):.2f} s, {max(waits) / fair:.2f} times the fair share of {fair:.2f} s")
        for failure in sorted(set(failures)):
            print(f"  failed: {failure}")
        print(f"resident {server.resident_mb():.0f} MB, temporary files {server.temporary_mb():.1f} MB")


if __name__ == "__main__":
    main()
