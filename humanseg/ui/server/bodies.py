"""Requests from visitors: none may be larger or slower than the page needs."""

from __future__ import annotations

import asyncio
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette._utils import get_route_path
from starlette.responses import JSONResponse

from humanseg.ui import text
from humanseg.ui.server.limits import Limits

UPLOAD = "/gradio_api/upload"
# Seconds without a single byte after which a request that isn't whole is given up.
PATIENCE = 60
# Bytes of a request besides its files: many strokes of a brush, or a batch's names.
_WORDS = 2_000_000


def largest(path: str, limits: Limits) -> int:
    """Bytes that a request to this address may have: a whole batch for an upload, else two photos written as text."""
    if path == UPLOAD:
        return limits.photos * limits.file_mb * 1_000_000 + _WORDS
    return 2 * limits.file_mb * 1_000_000 * 4 // 3 + _WORDS


class Bodies:
    """ASGI middleware that gives up requests which are too large or come to a standstill, with a sentence."""

    def __init__(self, app: Any, limits: Limits) -> None:
        self.app, self._limits = app, limits

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = get_route_path(scope)
        end = _closing(scope) if path == UPLOAD else b""
        request = _Request(receive, send, largest(path, self._limits), end)
        if _announced(scope) > request.limit:
            request.refuse(413, text.REQUEST_TOO_BIG)
        else:
            try:
                await self.app(scope, request.receive, request.send)
            except Exception:
                if request.refusal is None:
                    raise
        if request.refusal is not None and not request.answered:
            status, sentence = request.refusal
            answer = JSONResponse({"detail": sentence}, status_code=status, headers={"Connection": "close"})
            await answer(scope, receive, send)


class _Request:
    """One request, read no further than its limits allow."""

    def __init__(self, receive: Any, send: Any, limit: int, end: bytes) -> None:
        self._receive, self._send, self.limit, self._end = receive, send, limit, end
        self._size, self._whole, self._tail = 0, False, b""
        self.refusal: tuple[int, str] | None = None
        self.answered = False

    def refuse(self, status: int, sentence: str) -> None:
        self.refusal = (status, sentence)

    async def receive(self) -> dict[str, Any]:
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), PATIENCE)
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            self.refuse(408, text.REQUEST_TOO_SLOW)
            message = {"type": "http.disconnect"}
        if message["type"] == "http.request":
            body = message.get("body", b"")
            self._size += len(body)
            self._whole = not message.get("more_body", False)
            # The end, and room for a line's end behind it.
            self._tail = (self._tail + body[-1000:])[-1000:]
            if self._size > self.limit:
                self.refuse(413, text.REQUEST_TOO_BIG)
            elif self._whole and self._end not in self._tail:
                self.refuse(400, text.BAD_UPLOAD)
            if self.refusal is not None:
                message = {"type": "http.disconnect"}
        return message

    async def send(self, message: dict[str, Any]) -> None:
        # Gradio's answer to a request that was cut off is replaced by our own.
        if self.refusal is None or self.answered:
            self.answered = True
            await self._send(message)


def _closing(scope: dict[str, Any]) -> bytes:
    """The last line of a whole upload: of one that was cut short, Gradio drops the last file and says nothing."""
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    boundary = parse_options_header(kind)[1].get(b"boundary", b"")
    return b"--" + boundary + b"--" if boundary else b""


def _announced(scope: dict[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
