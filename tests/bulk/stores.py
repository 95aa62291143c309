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
    """Between a client and moto: every so many requests get 503 or a slow answer, and of what is read some breaks off.

    Parameters
    ----------
    every : of so many requests one goes wrong by 503 or slowly, in turn; of so many that read, one breaks off
    """

    def __init__(self, app: Any, every: int) -> None:
        self._app, self._every = app, every
        # Counted apart, so that each way is met whatever order requests come in.
        self._count, self._read, self._lock = itertools.count(1), itertools.count(1), threading.Lock()
        self.injected = {"503": 0, "slow": 0, "cut": 0}

    def __call__(self, environ: dict, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/forbidden"):
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [DENIED]
        kind = self._kind(environ["REQUEST_METHOD"] == "GET")
        if kind is None:
            return self._app(environ, start_response)
        self.injected[kind] += 1
        if kind == "503":
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("503 Slow Down", [("Content-Type", "application/xml")])
            return [SLOW_DOWN]
        body = b"".join(self._app(environ, start_response))
        return self._trickled(body) if kind == "slow" else [body[: len(body) // 2]]

    def _kind(self, reads: bool) -> str | None:
        with self._lock:
            number, read = next(self._count), next(self._read) if reads else 0
        if reads and read % self._every == 0:
            return "cut"
        return ("503", "slow")[number // self._every % 2] if number % self._every == 0 else None

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
