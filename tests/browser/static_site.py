"""A static host on loopback: a folder over HTTP, with nothing added, and a page of another site that frames it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Host:
    """Serves a folder until it's closed; `address` ends in a slash, `asked` are the paths that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []

        class Handler(SimpleHTTPRequestHandler):
            def log_request(handler, *_: object) -> None:
                self.asked.append(handler.path.lstrip("/"))

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._http.server_port}/"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def hosted(folder: Path) -> Iterator[Host]:
    """A folder, served within the block."""
    host = Host(folder)
    try:
        yield host
    finally:
        host.close()
