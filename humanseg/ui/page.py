"""The page, put together from its tabs."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr

from humanseg.segmenter import Segmenter
from humanseg.ui import about, api, background, photo, text, theme, webcam
from humanseg.ui.guard import GuardedBlocks
from humanseg.ui.limits import Limits
from humanseg.ui.model import LazySegmenter
from humanseg.ui.visitor import Shelf, Visitor


def build(factory: Callable[[], Segmenter], limits: Limits | None = None) -> gr.Blocks:
    """The whole page, not yet launched.

    Parameters
    ----------
    factory : gives the page's one Segmenter; called when it's first needed
    limits : None for what the environment says

    Raises
    ------
    HumanSegError : the environment asks for limits that make no sense
    """
    limits = limits or Limits.from_environment()
    page = GuardedBlocks(title=text.TITLE, analytics_enabled=False, delete_cache=limits.cleaning)
    page.fetch_urls = limits.fetch_urls
    files: set[str] = set()
    page.temp_file_sets.append(files)
    house = SimpleNamespace(
        model=LazySegmenter(factory),
        limits=limits,
        examples=sorted((Path(__file__).parent / "examples").glob("*.jpg")),
        shelf=Shelf(page.GRADIO_CACHE, files),
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
    house.cut_out_into = lambda state, upload: photo.cut_out_into(house, state, upload)
    with page:
        visitor = gr.State(Visitor(), time_to_live=limits.keep_seconds)
        gr.Markdown(text.HEADLINE, elem_id="headline")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Photo", id="photo") as photo_tab:
                on_photo = photo.build(house, visitor)
            with gr.Tab("Background", id="background") as background_tab:
                on_background = background.build(house, visitor)
            with gr.Tab("Webcam", id="webcam"):
                webcam.build(house, visitor)
            with gr.Tab("About", id="about") as about_tab:
                on_about = about.build(house)
        api.build(house)
        for tab, part in ((photo_tab, on_photo), (background_tab, on_background), (about_tab, on_about)):
            tab.select(part.refresh, part.inputs, part.outputs, show_progress="hidden", **house.quick)
        # Every visitor starts with a state of their own, whose time runs from here.
        page.load(Visitor, None, visitor, **house.quick)
    page.house = house
    page.queue(max_size=limits.queue)
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
    }


def _has_mcp() -> bool:
    return importlib.util.find_spec("mcp") is not None
