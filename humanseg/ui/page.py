"""The page, put together from its tabs."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr

from humanseg.segmenter import Segmenter
from humanseg.ui import api, text, theme
from humanseg.ui.choices import TICKET, Choices
from humanseg.ui.model import LazySegmenter
from humanseg.ui.server import links, patches
from humanseg.ui.server.guard import GuardedBlocks, plain
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.middleware import middleware
from humanseg.ui.tabs import about, background, photo, webcam
from humanseg.ui.visitor import Shelf, Visitor, Visitors


def build(
    factory: Callable[[], Segmenter], limits: Limits | None = None, live: Callable[[], Segmenter] | None = None
) -> gr.Blocks:
    """The whole page, not yet launched.

    Parameters
    ----------
    factory : gives the Segmenter for photos; called when it's first needed
    limits : None for what the environment says
    live : gives the one for the webcam; None for the same

    Raises
    ------
    HumanSegError : the environment asks for limits that make no sense
    """
    limits = limits or Limits.from_environment()
    page = GuardedBlocks(title=text.TITLE, analytics_enabled=False, delete_cache=limits.cleaning)
    model = LazySegmenter(factory, limits.concurrency)
    house = SimpleNamespace(
        model=model,
        live=LazySegmenter(live) if live else model,
        limits=limits,
        examples=sorted((Path(__file__).parent / "examples").glob("*.jpg")),
        shelf=Shelf(page.GRADIO_CACHE, patches.files_of(page)),
        runs_the_model={
            "concurrency_id": "model",
            "concurrency_limit": limits.concurrency,
            "api_visibility": "private",
        },
        # A camera holds its place for as long as it runs, so it must not take those of the photos.
        watches_cameras={"concurrency_id": "camera", "concurrency_limit": limits.cameras, "api_visibility": "private"},
        composes={"concurrency_id": "compose", "concurrency_limit": 4, "api_visibility": "private"},
        quick={"concurrency_limit": 8, "api_visibility": "private"},
    )
    if limits.fetch_urls:
        page.fetch_link = lambda link: _fetched(house, link)
    house.cut_out_into = lambda state, upload: photo.cut_out_into(house, state, upload)
    visitors = Visitors()
    with page:
        visitor = gr.State(Visitor(), time_to_live=limits.keep_seconds)
        gr.Markdown(text.HEADLINE, elem_id="headline")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Photo", id="photo") as photo_tab:
                on_photo = photo.build(house, visitor)
            with gr.Tab("Background", id="background") as background_tab:
                on_background = background.build(house, visitor, background_tab)
            with gr.Tab("Webcam", id="webcam"):
                on_webcam = webcam.build(house, visitor)
            with gr.Tab("About", id="about") as about_tab:
                on_about = about.build(house)
        api.build(house)
        for tab, part in ((photo_tab, on_photo), (about_tab, on_about)):
            tab.select(part.refresh, part.inputs, part.outputs, show_progress="hidden", **house.quick)
        choices = Choices([*on_photo.choices, *on_background.choices, *on_webcam.choices])
        ticket = gr.Textbox(visible=False)

        @plain
        def enter(ticket: str, shown: str, tint: str) -> list[Any]:
            # Every visitor starts with a state of their own, whose time runs from here; after a reload it's the same.
            state = visitors.enter(ticket)
            # None rather than `gr.skip`, which counts as a change of properties: see `uploads.photo_input`.
            own = state.own.source if state.own is not None and Path(state.own.source).exists() else None
            return [state, *on_photo.restore(state, shown, tint), own, 1]

        outputs = [visitor, *on_photo.restored, *on_background.restored]
        choices.restore(page).then(
            enter, [ticket, *on_photo.restores_by], outputs, js=TICKET, show_progress="hidden", **house.quick
        )
    page.house = house
    page.queue(max_size=limits.queue, api_open=False)
    patches.limit_queue(page)
    return page


def launch_options(limits: Limits) -> dict[str, Any]:
    """What `Blocks.launch` needs to know for this page."""
    return {
        "theme": theme.theme(),
        "css": theme.STYLE.read_text(encoding="utf-8"),
        "js": theme.SCRIPT.read_text(encoding="utf-8"),
        "max_file_size": limits.file_mb * 1_000_000,
        "show_error": False,
        "share": False,
        "ssr_mode": False,
        # A visitor's photo stays in memory with their session: the oldest sessions go when there are more.
        "state_session_capacity": 200,
        "run_history": False,
        "mcp_server": _has_mcp(),
        "footer_links": ["api"],
        "app_kwargs": {"middleware": middleware(limits)},
    }


def _fetched(house: SimpleNamespace, link: str) -> dict[str, Any]:
    """The file behind a link, as Gradio describes an upload."""
    name, data = links.fetch(link, house.limits.file_mb * 1_000_000)
    return {"path": str(house.shelf.put(name, data)), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def _has_mcp() -> bool:
    return importlib.util.find_spec("mcp") is not None
