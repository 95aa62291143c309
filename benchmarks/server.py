"""What the benchmarks of the running page share: starting `app.py`, and reading what it holds in memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PHOTO = ROOT / "humanseg" / "assets" / "astronaut.jpg"


@dataclass(frozen=True)
class Server:
    """A page that answers.

    Attributes
    ----------
    url : where it answers
    pid : its process
    temporary : the folder that all of its temporary files are in
    seconds : from the start of `python app.py` to its first answer
    """

    url: str
    pid: int
    temporary: Path
    seconds: float

    def resident_mb(self) -> float:
        """Memory that the process holds now, in megabytes (Linux)."""
        text = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def temporary_mb(self) -> float:
        """What lies in its temporary folder now, in megabytes."""
        return sum(p.stat().st_size for p in list(self.temporary.rglob("*")) if p.is_file()) / 1e6


@contextmanager
def running(timeout: float = 60, **environment: str) -> Iterator[Server]:
    """`python app.py` on a free port of loopback, until the block is left.

    Raises
    ------
    SystemExit : the page ends or doesn't answer within `timeout` seconds
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        own = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "TMPDIR": folder}
        own["GRADIO_TEMP_DIR"] = folder
        own["NO_PROXY"] = own["no_proxy"] = os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
        log = Path(folder) / "log.txt"
        start = time.perf_counter()
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py")], env=os.environ | own | environment, stdout=output, stderr=output
            )
        url = f"http://127.0.0.1:{port}/"
        try:
            while not _answers(url):
                if process.poll() is not None or time.perf_counter() - start > timeout:
                    raise SystemExit(f"The page doesn't answer:\n{log.read_text()}")
                time.sleep(0.05)
            yield Server(url, process.pid, Path(folder), time.perf_counter() - start)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def write_photos(folder: Path, sizes: list[tuple[int, int]]) -> list[Path]:
    """JPEGs of the astronaut, one for each (width, height)."""
    photo = cv2.imread(str(PHOTO))
    paths = []
    for width, height in sizes:
        path = folder / f"{width}x{height}.jpg"
        cv2.imwrite(str(path), np.ascontiguousarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC)))
        paths.append(path)
    return paths
