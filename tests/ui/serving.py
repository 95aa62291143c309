"""What the tests of a running page share: starting it, sending it a photo, talking to its MCP tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import requests

from humanseg.segmenter import Segmenter
from humanseg.ui import page
from humanseg.ui.server.limits import Limits
from humanseg.ui.weights import Weights
from humanseg.web.site import Site

# The pages that are served now, by their address.
_RUNNING: dict[str, gr.Blocks] = {}


@contextmanager
def served(
    factory: Callable[[], Segmenter],
    limits: Limits,
    live: Callable[[], Segmenter] | None = None,
    weights: Sequence[Weights] = (),
    site: Site | None = None,
) -> Iterator[str]:
    """The page on loopback until the block is left: its address, ending in a slash."""
    demo = page.build(factory, limits, live, weights)
    options = page.launch_options(limits, site) | {
        "quiet": True,
        "prevent_thread_lock": True,
        "server_name": "127.0.0.1",
    }
    _, address, _ = demo.launch(**options)
    _RUNNING[address] = demo
    try:
        yield address
    finally:
        del _RUNNING[address]
        demo.close(verbose=False)


def has_answers_to_come(address: str, session: str) -> bool:
    """Whether a browser that has the page of this address open under this session's name still waits for an answer."""
    return bool(_RUNNING[address]._queue.pending_event_ids_session.get(session))


def uploaded(server: str, photo: Path) -> dict[str, Any]:
    """Sends a photo: what then stands for it in a request."""
    files = {"files": (photo.name, photo.read_bytes())}
    (path,) = requests.post(f"{server}gradio_api/upload", files=files, timeout=10).json()
    return {"path": path, "orig_name": photo.name, "meta": {"_type": "gradio.FileData"}}


def in_own_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls what runs a loop of its own: Playwright leaves one running in this thread when its tests come first."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def with_tools(server: str, talk: Callable[[Any], Awaitable[Any]]) -> Any:
    """What `talk` gives, which is handed a session of an MCP client."""
    anyio = pytest.importorskip("anyio")
    pytest.importorskip("mcp", reason="MCP is missing: pip install 'gradio[mcp]'.")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def connected() -> Any:
        async with (
            streamablehttp_client(f"{server}gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await talk(session)

    return in_own_thread(anyio.run, connected)
