"""Serves the browser's engine from our own page: right types, compressed, kept by browsers until it changes."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.web.site import Content, Site, checksum

log = logging.getLogger(__name__)

PREFIX = "/web/"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"  # kept, but the browser asks each time whether it has changed
BLOCK = 1 << 18  # bytes sent at a time


@dataclass
class Answer:
    status: int
    content: Content = b""
    headers: dict[str, str] = field(default_factory=dict)


class ServesEngine:
    """ASGI middleware that answers requests below `/web/` with the engine's files, and passes all others on."""

    def __init__(self, app: Any, site: Site) -> None:
        self.app, self._site = app, site

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = _path(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else ""
        if not path.startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            # In a thread, since weights may have to be read or fetched first.
            answer = await asyncio.to_thread(answered, self._site, path.removeprefix(PREFIX), headers)
        except HumanSegError as error:
            log.warning("%s", error)
            answer = Answer(503, json.dumps({"detail": str(error)}).encode(), {"content-type": "application/json"})
        if answer is None:
            await self.app(scope, receive, send)  # which says that there is nothing there
            return
        await _send(send, answer, with_body=scope["method"] == "GET")


def answered(site: Site, path: str, headers: dict[bytes, str]) -> Answer | None:
    """The answer to a request for a file below `/web/`; None where there is no such file.

    Parameters
    ----------
    headers : of the request, by their names in lower case

    Raises
    ------
    HumanSegError : it's of weights that can't be had
    """
    found = site.find(path)
    if found is None:
        return None
    content, for_ever = found
    tag = f'"{_tag(content)}"'
    described = {
        "content-type": TYPES[Path(path).suffix],
        "cache-control": FOR_EVER if for_ever else ASK_AGAIN,
        "etag": tag,
        "vary": "accept-encoding",
    }
    asked = headers.get(b"if-none-match", "")
    if tag in (one.strip().removeprefix("W/") for one in asked.split(",")):
        return Answer(304, headers=described)
    encoding, content = _compressed(path, content, headers.get(b"accept-encoding", ""))
    if encoding:
        described["content-encoding"] = encoding
    described["content-length"] = str(len(content) if isinstance(content, bytes) else content.stat().st_size)
    return Answer(200, content, described)


def _path(scope: dict[str, Any]) -> str:
    """The address without the prefix of a reverse proxy."""
    path, root = scope["path"], scope.get("root_path", "")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def _compressed(path: str, content: Content, accepted: str) -> tuple[str, Content]:
    """How it's compressed for this browser ("" for not at all), and what is to be sent then."""
    names = {one.partition(";")[0].strip() for one in accepted.split(",")}
    if isinstance(content, Path):
        for encoding, ending in (("br", ".br"), ("gzip", ".gz")):
            other = content.with_name(content.name + ending)
            if encoding in names and other.is_file():
                return encoding, other
        content = content.read_bytes() if path.endswith(".js") else content
    # Weights are noise to a compressor.
    if isinstance(content, bytes) and "gzip" in names and not path.endswith(".onnx"):
        return "gzip", gzip.compress(content, mtime=0)
    return "", content


def _tag(content: Content) -> str:
    """What changes when a file does; a network of 12 MB isn't summed up again for every visitor."""
    if isinstance(content, bytes):
        return _known_tag(content)
    found = content.stat()
    return _known_tag(content, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _known_tag(content: Content, *state: int) -> str:
    return checksum(content)[:32]


async def _send(send: Any, answer: Answer, *, with_body: bool) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if isinstance(answer.content, Path) and with_body:
        with answer.content.open("rb") as file:
            while block := await asyncio.to_thread(file.read, BLOCK):
                await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.body", "body": answer.content if with_body else b""})
