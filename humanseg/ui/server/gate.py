"""A list of the addresses that may be requested; everything else is answered with 404, new routes of Gradio too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from starlette._utils import get_route_path
from starlette.responses import PlainTextResponse
from starlette.routing import compile_path

from humanseg.ui import text

# The requests of the page, of clients in Python and JavaScript, and of MCP clients, written as Gradio's routes.
OPEN = {
    "GET": (
        "/",
        "/config",
        "/config/",
        "/theme.css",
        "/gradio_api/theme.css",
        "/favicon.ico",
        "/manifest.json",
        "/robots.txt",
        "/static/{path:path}",
        "/assets/{path:path}",
        "/svelte/{path:path}",
        "/gradio_api/app_id",
        "/gradio_api/info",
        "/gradio_api/info/",
        "/gradio_api/startup-events",
        "/gradio_api/heartbeat/{session_hash}",
        "/gradio_api/upload_progress",
        "/gradio_api/queue/data",
        "/gradio_api/call/{api_name}/{event_id}",
        "/gradio_api/call/v2/{api_name}/{event_id}",
        "/gradio_api/file={path_or_url:path}",
        "/gradio_api/mcp",
        "/gradio_api/mcp/",
        "/gradio_api/mcp/schema",
    ),
    "HEAD": ("/", "/gradio_api/file={path_or_url:path}"),
    "POST": (
        "/gradio_api/upload",
        "/gradio_api/queue/join",
        "/gradio_api/run/predict",
        "/gradio_api/call/{api_name}",
        "/gradio_api/call/{api_name}/",
        "/gradio_api/call/v2/{api_name}",
        "/gradio_api/call/v2/{api_name}/",
        "/gradio_api/stream/{event_id}",
        "/gradio_api/stream/{event_id}/close",
        "/gradio_api/cancel",
        "/gradio_api/reset",
        "/gradio_api/mcp",
        "/gradio_api/mcp/",
    ),
}
FILES = "/gradio_api/file="
_RANGE = re.compile(rb"bytes=(\d+-\d*|-\d+)")
_PATTERNS = {method: [compile_path(route)[0] for route in routes] for method, routes in OPEN.items()}


def is_open(method: str, path: str) -> bool:
    """Whether this address may be requested, whatever file it names.

    Parameters
    ----------
    path : as the router compares it: decoded, without query and without the prefix of a reverse proxy
    """
    return any(pattern.match(path) for pattern in _PATTERNS.get(method, ()))


def is_own_file(path: str, folder: Path) -> bool:
    """Whether a path is that of a file which the page itself wrote, or which a visitor uploaded.

    Each of them lies in a folder of its own below `folder`. Files in `folder` itself (unfinished uploads, its owner's
    note) or behind a symbolic link can't be fetched.
    """
    try:
        if not Path(path).is_absolute():
            return False
        inside = Path(path).resolve(strict=True).relative_to(folder.resolve()).parts
        return len(inside) > 1 and not inside[0].startswith(".") and Path(path).is_file()
    except (OSError, ValueError, RuntimeError):  # not there, not below it, no path at all, links in a circle
        return False


def _without_odd_ranges(scope: dict[str, Any]) -> dict[str, Any]:
    """The request without ranges that Gradio can't read: the answer is then the whole file, as HTTP allows."""
    if scope["type"] != "http":
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name != b"range" or _RANGE.fullmatch(value)]
    return scope | {"headers": kept}


class Gate:
    """ASGI middleware that lets open addresses through, and answers all others with 404.

    Parameters
    ----------
    folder : of the page's temporary files, the only ones that are handed out
    """

    def __init__(self, app: Any, folder: str | Path) -> None:
        self.app, self._folder = app, Path(folder)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and self._lets_through(scope)):
            await self.app(_without_odd_ranges(scope), receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(text.SHUT, status_code=404)(scope, receive, send)
        else:  # a websocket: the page has none
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": text.SHUT})

    def _lets_through(self, scope: dict[str, Any]) -> bool:
        path = get_route_path(scope)
        if not is_open(scope["method"], path):
            return False
        return not path.startswith(FILES) or is_own_file(path.removeprefix(FILES), self._folder)
