"""The address that a browser sends its camera's frames to if it can't run the network: a small JPEG in, alphas out."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any
from urllib.parse import parse_qs

from starlette._utils import get_route_path
from starlette.responses import JSONResponse, Response

from humanseg.errors import HumanSegError, ImageError
from humanseg.ui import text
from humanseg.ui.camera import Cameras, alphas_of
from humanseg.ui.server.limits import Limits

PATH = "/web/frame"
# Bytes of a frame: the page sends at most 30 kB.
LARGEST = 64_000
# Seconds within which a frame must be here as a whole.
PATIENCE = 10


class Frames:
    """ASGI middleware that answers frames with their two alphas, 8 bits a pixel, and passes all other requests on."""

    def __init__(self, app: Any, limits: Limits) -> None:
        self.app = app
        self._cameras = Cameras(limits.cameras, limits.camera_seconds)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or get_route_path(scope) != PATH:
            await self.app(scope, receive, send)
            return
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: dict[str, Any], receive: Any) -> Response:
        (camera,) = parse_qs(scope["query_string"].decode("latin-1")).get("camera", [""])[:1]
        # Gradio's app has the page, and that one the network for frames.
        live = scope["app"].get_blocks().context.live
        try:
            self._cameras.admit(camera[:64])
            picture = await asyncio.wait_for(_body(receive), PATIENCE)
            alphas = await asyncio.to_thread(lambda: alphas_of(picture, live.get()))
        except ImageError as error:
            return _sentence(str(error), 400)
        except HumanSegError as error:
            return _sentence(str(error), 503)
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            return _sentence(text.REQUEST_TOO_SLOW, 408)
        # Most of an alpha is 0 or 255: packed it's a few kB.
        return Response(
            gzip.compress(alphas.tobytes(), 1, mtime=0),
            media_type="application/octet-stream",
            headers={"Content-Encoding": "gzip", "Cache-Control": "no-store"},
        )


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ImageError(text.FRAME_BAD)
        body += message.get("body", b"")
        if len(body) > LARGEST:
            raise ImageError(text.FRAME_BAD)
        if not message.get("more_body"):
            return body


def _sentence(sentence: str, status: int) -> Response:
    return JSONResponse({"detail": sentence}, status_code=status)
