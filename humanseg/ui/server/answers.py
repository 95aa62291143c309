"""Answers to visitors: one sentence where something went wrong, and headers that keep browsers from guessing types."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

from starlette._utils import get_route_path
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from humanseg.hub.space import ISOLATION
from humanseg.ui import text
from humanseg.ui.server.bodies import UPLOAD
from humanseg.ui.server.gate import FILES
from humanseg.ui.server.limits import Limits

log = logging.getLogger("humanseg.ui")

MCP = "/gradio_api/mcp"
# These sentences replace Gradio's and FastAPI's own, which are for programmers.
SENTENCES = {
    400: text.BAD_REQUEST,
    403: text.SHUT,
    404: text.SHUT,
    405: text.SHUT,
    413: text.REQUEST_TOO_BIG,
    422: text.BAD_REQUEST,
}
_OURS = {value for value in vars(text).values() if isinstance(value, str)}
# Browsers must not guess a file's type, nor tell another page the address of a photo. Frames stay allowed: a Space is
# shown in one, and there is no account here that another page could misuse.
# The rest isolates the page from other origins, without which WebAssembly has no threads; the last one does so in a
# frame, too, in browsers that know it.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    **ISOLATION,
    "Document-Isolation-Policy": "isolate-and-require-corp",
}
# With a part of a file Gradio would send back all headers of the request, cookies too.
OF_FILES = {
    *(b"content-type", b"content-length", b"content-disposition", b"content-range"),
    *(b"accept-ranges", b"last-modified", b"etag"),
}


class Answers:
    """ASGI middleware that words errors for people; the log has the details."""

    def __init__(self, app: Any, limits: Limits) -> None:
        self.app, self._limits = app, limits

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = get_route_path(scope)
        answer = _Answer(path, send, self._limits)
        try:
            await self.app(scope, receive, answer.send)
        except ClientDisconnect:
            log.debug("%s %r: the visitor is gone.", scope["method"], path)
        except Exception as error:
            _report(scope["method"], path, error)
            if answer.started:
                # An answer that has begun can only be ended, so that the visitor doesn't wait for the rest.
                await answer.end()
            else:
                status = _status(scope["method"], error)
                sentence = SENTENCES.get(status, text.UNEXPECTED)
                await JSONResponse({"detail": sentence}, status_code=status)(scope, receive, answer.send)


def _report(method: str, path: str, error: Exception) -> None:
    """Logs an error that Gradio left to the server in one line; in full where the log is at DEBUG."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    # Browsers may ask for sessions from before the server's last start, which is no fault.
    known = isinstance(error.__cause__, HTTPException)
    level = logging.DEBUG if known else logging.WARNING
    log.log(level, "%s %r: %r (%s:%s)", method, path, error, where.filename, where.lineno)
    log.debug("In full:", exc_info=error)


def _status(method: str, error: Exception) -> int:
    """The status for an error that Gradio raised, mostly about a request that names something that doesn't exist."""
    if isinstance(error, OSError | MemoryError):
        return 500
    if method == "POST":
        return 400
    return 404 if isinstance(error, LookupError) else 500


class _Answer:
    """One answer that is being sent; an error's is held back until its sentence is known."""

    def __init__(self, path: str, send: Any, limits: Limits) -> None:
        self._path, self._send, self._limits = path, send, limits
        self._held: dict[str, Any] | None = None
        self._words = b""
        self.started = False

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if self._path.startswith(FILES):
                message = message | {"headers": [pair for pair in message["headers"] if pair[0].lower() in OF_FILES]}
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._path.startswith(FILES):
                headers.setdefault("Cache-Control", "private")
            if message["status"] in SENTENCES and not self._path.startswith(MCP):
                self._held = message
                return
        elif self._held is not None and message["type"] == "http.response.body":
            self._words += message.get("body", b"")
            if message.get("more_body"):
                return
            await self._reworded()
            return
        await self._send(message)

    async def _reworded(self) -> None:
        start, self._held = self._held, None
        headers = Headers(raw=start["headers"])
        as_text = self._path == UPLOAD or not headers.get("content-type", "").startswith("application/json")
        sentence = self._sentence(start["status"])
        body = sentence.encode() if as_text else json.dumps({"detail": sentence}, ensure_ascii=False).encode()
        kept = [(name, value) for name, value in start["headers"] if name not in (b"content-length", b"content-type")]
        kind = b"text/plain; charset=utf-8" if as_text else b"application/json"
        described = [(b"content-length", str(len(body)).encode()), (b"content-type", kind)]
        await self._send(start | {"headers": [*kept, *described]})
        await self._send({"type": "http.response.body", "body": body})

    def _sentence(self, status: int) -> str:
        try:
            said = json.loads(self._words)["detail"]
        except (ValueError, TypeError, KeyError):
            said = self._words.decode("utf-8", "replace")
        if isinstance(said, str) and said in _OURS:
            return said
        if self._path == UPLOAD:
            # Headers that are too long get the same status.
            large = status == 413 and said.startswith("File size")
            return text.UPLOAD_TOO_BIG.format(limit=self._limits.upload_mb) if large else text.BAD_UPLOAD
        return SENTENCES[status]

    async def end(self) -> None:
        if self._held is not None:
            await self._reworded()
        else:
            await self._send({"type": "http.response.body", "body": b""})
