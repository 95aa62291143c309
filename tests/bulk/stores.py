"""An S3 server on loopback that is as unreliable as one on the internet."""

from __future__ import annotations

import io
import itertools
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

SLOW_DOWN = (
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Unreliable:
    """Between a client and moto: every so many requests get 503, a slow answer, or one that breaks off.

    Parameters
    ----------
    every : of so many requests one goes wrong, in turn by each of the three ways
    """

    def __init__(self, app: Any, every: int) -> None:
        self._app, self._every = app, every
        self._count, self._lock = itertools.count(1), threading.Lock()
        self.injected = {"503": 0, "slow": 0, "cut": 0}

    def __call__(self, environ: dict, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/forbidden"):
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [DENIED]
        with self._lock:
            number = next(self._count)
        if number % self._every:
            return self._app(environ, start_response)
        kind = ("503", "slow", "cut")[number // self._every % 3]
        if kind == "cut" and environ["REQUEST_METHOD"] != "GET":
            kind = "503"
        self.injected[kind] += 1
        if kind == "503":
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("503 Slow Down", [("Content-Type", "application/xml")])
            return [SLOW_DOWN]
        body = b"".join(self._app(environ, start_response))
        return self._trickled(body) if kind == "slow" else [body[: len(body) // 2]]

    @staticmethod
    def _trickled(body: bytes) -> Iterator[bytes]:
        stream = io.BytesIO(body)
        while chunk := stream.read(len(body) // 4 + 1):
            time.sleep(0.05)
            yield chunk


@contextmanager
def s3_server(every: int = 7) -> Iterator[tuple[str, Unreliable]]:
    """Its address, and what makes it unreliable."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    unreliable = Unreliable(DomainDispatcherApplication(create_backend_app), every)
    server = make_server("127.0.0.1", 0, unreliable, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", unreliable
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
