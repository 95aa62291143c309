"""The address that the canvas of the repair sends strokes to: what is done by hand goes in, the alpha comes out."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from typing import Any

from starlette._utils import get_route_path
from starlette.responses import JSONResponse, Response

from humanseg.errors import HumanSegError
from humanseg.ui import history, text
from humanseg.ui.item import Item
from humanseg.ui.sentences import sentence
from humanseg.ui.session import Session
from humanseg.ui.sessions import Sessions
from humanseg.ui.text import BAD_REQUEST

log = logging.getLogger(__name__)

PATH = "/web/repair"
# Bytes of a request: strokes with thousands of points.
LARGEST = 500_000
MOST_ACTS = 50  # of a request
# Seconds within which a request must be here as a whole.
PATIENCE = 30
AT_ONCE = 4  # requests that are worked on


class Repairs:
    """ASGI middleware that answers what is done by hand with the alpha, and passes all other requests on.

    A request is JSON: `load` and `photo` name the page and the photo, `have` says which version of its alpha the page
    shows (null for none), `acts` is what was done, see `history.read`.

    The answer has a line of JSON (see `described`) and, behind the line's end, the alpha where it's another one now:
    8 bits a pixel.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self._places = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or get_route_path(scope) != PATH:
            await self.app(scope, receive, send)
            return
        sessions = scope["app"].get_blocks().context.sessions
        try:
            body = await asyncio.wait_for(_body(receive), PATIENCE)
            async with self._places:
                content = await asyncio.to_thread(answered, sessions, body)
            answer = Response(
                content,
                media_type="application/octet-stream",
                headers={"Content-Encoding": "gzip", "Cache-Control": "no-store"},
            )
        except HumanSegError as error:
            answer = JSONResponse({"detail": str(error)}, status_code=409)
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            answer = JSONResponse({"detail": text.REQUEST_TOO_SLOW}, status_code=408)
        except Exception as error:
            answer = JSONResponse({"detail": sentence(error)}, status_code=500)
        await answer(scope, receive, send)


def answered(sessions: Sessions, body: bytes) -> bytes:
    """The answer to a request, packed by gzip.

    Raises
    ------
    HumanSegError : it can't be read, the photo isn't there any more, or the page isn't its visitor's
    """
    try:
        asked = json.loads(body)
        load, photo, have = str(asked["load"]), str(asked["photo"]), asked.get("have")
        acts = [history.read(act) for act in asked["acts"][:MOST_ACTS]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise HumanSegError(BAD_REQUEST) from error
    session = sessions.of(load)
    before, now = session.act(photo, acts)
    box, alpha = session.pictures.alpha_on_canvas(now, before if have == before.history.number else None)
    head = described(session, now) | {"box": box}
    return gzip.compress(json.dumps(head).encode() + b"\n" + alpha.tobytes(), 1, mtime=0)


def described(session: Session, item: Item) -> dict[str, Any]:
    """What a page has to know of a photo's repair besides the alpha."""
    repair, known, people = item.repair, item.history, session.pictures.people(item)
    persons = people.persons if len(people.persons) > 1 else ()
    return {
        "photo": item.id,
        "number": known.number,
        "undo": bool(known.past),
        "redo": bool(known.future),
        "repaired": bool(repair),
        "grow": repair.grow,
        "feather": repair.feather,
        "people": [
            {
                "at": person.point,
                "box": person.box,
                "kept": person.point not in repair.dropped,
                "outlines": [line.tolist() for line in people.outlines(number)],
            }
            for number, person in enumerate(persons)
        ],
    }


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or len(body) > LARGEST:
            raise HumanSegError(BAD_REQUEST)
        if not message.get("more_body"):
            return body
