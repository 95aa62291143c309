"""The page, put together from its tabs."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from humanseg.segmenter import Segmenter
from humanseg.ui import api, text, theme
from humanseg.ui.choices import TICKET, Choices
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN
from humanseg.ui.model import LazySegmenter
from humanseg.ui.server import links, patches
from humanseg.ui.server.guard import GuardedBlocks, guarded
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.middleware import middleware
from humanseg.ui.shelf import Shelf
from humanseg.ui.tabs.about import AboutTab
from humanseg.ui.tabs.background import BackgroundTab
from humanseg.ui.tabs.photo import PhotoTab
from humanseg.ui.tabs.video import VideoTab
from humanseg.ui.tabs.webcam import lay_out_webcam
from humanseg.ui.weights import Weights, add_line
from humanseg.web.site import Site


def build(
    factory: Callable[[], Segmenter],
    limits: Limits | None = None,
    live: Callable[[], Segmenter] | None = None,
    weights: Sequence[Weights] = (),
) -> gr.Blocks:
    """The whole page, not yet launched.

    Parameters
    ----------
    factory : gives the Segmenter for photos; called when it's first needed
    limits : by default those of the environment's variables
    live : gives the Segmenter for the webcam; None for the same one
    weights : those whose download the page tells of

    Raises
    ------
    HumanSegError : the environment asks for limits that make no sense
    """
    limits = limits or Limits.from_environment()
    page = GuardedBlocks(title=text.TITLE, analytics_enabled=False, delete_cache=limits.cleaning)
    model = LazySegmenter(factory, limits.concurrency)
    context = Context.of(
        model, LazySegmenter(live) if live else model, limits, Shelf(page.GRADIO_CACHE, patches.files_of(page))
    )
    if limits.fetch_urls:
        page.fetch_link = lambda link: _fetched(context, link)
    with page:
        gr.Markdown(text.HEADLINE, elem_id="headline")
        add_line(page, context, weights)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Photo", id="photo") as tab:
                photo = PhotoTab(context, tab)
            with gr.Tab("Background", id="background") as tab:
                background = BackgroundTab(context, tab)
            with gr.Tab("Video", id="video"):
                video = VideoTab(context)
            with gr.Tab("Webcam", id="webcam"):
                lay_out_webcam()
            with gr.Tab("About", id="about") as tab:
                AboutTab(context, tab, weights)
        api.build(context, video)
        choices = Choices([*photo.choices, *background.choices, *video.choices])
        _welcome(page, context, choices, photo, background, video)
        _farewell(page, context)
        _nudge(context)
    page.context = context
    page.queue(max_size=limits.queue, api_open=False)
    patches.limit_queue(page)
    return page


def _welcome(
    page: gr.Blocks, context: Context, choices: Choices, photo: PhotoTab, background: BackgroundTab, video: VideoTab
) -> None:
    """When the page is loaded, puts back the visitor's choices and, after a reload, their photos and their clip."""
    ticket = gr.Textbox(visible=False)

    @guarded
    def enter(ticket: str, ground: str, tint: str, request: gr.Request) -> list[Any]:
        session = context.sessions.enter(ticket, request.session_hash)
        # None rather than `gr.skip`, which counts as a change of properties: see `uploads.photo_input`.
        own = session.own.source if session.own is not None and Path(str(session.own.source)).exists() else None
        return [*photo.restore(session, ground, tint), own, session.view.number, video.number(session)]

    @guarded
    def come_back(ticket: str, ground: str, tint: str, request: gr.Request) -> list[Any]:
        session = context.sessions.enter(ticket, request.session_hash)
        has = session.has(context.examples)
        # After a restart the clip stays as it is: connection.js sends it again where it is needed.
        clip = video.number(session) or gr.skip()
        told = has | {"most": context.limits.photos, "seconds": context.limits.keep_seconds}
        # None of the examples stays chosen, so that connection.js can pick one again.
        examples = gr.Gallery(selected_index=None)
        return [None, examples, *photo.go_on(session, ground, tint), session.view.number, clip, json.dumps(told)]

    outputs = [*photo.restored, background.choice.own, background.turn, video.layout.back]
    choices.restore(page).then(
        enter, [ticket, *photo.grounds], outputs, js=TICKET, show_progress="hidden", **context.quick
    )
    # connection.js clicks this where answers were lost or the server was started anew.
    back, told = gr.Button(visible=HIDDEN, elem_id="come-back"), gr.Textbox(visible=HIDDEN)
    back.click(
        come_back,
        [ticket, *photo.grounds],
        [photo.layout.drop, photo.layout.examples, *photo.restored, background.turn, video.layout.back, told],
        js=TICKET,
        trigger_mode="multiple",
        show_progress="hidden",
        **context.quick,
    ).success(None, told, None, js="(told) => { window.humansegHas(told); }", api_visibility="private")


def _farewell(page: gr.Blocks, context: Context) -> None:
    """When the page is closed, frees the visitor's memory."""

    def leave(request: gr.Request) -> None:
        context.sessions.left(request.session_hash)

    page.unload(leave)


def _nudge(context: Context) -> None:
    """An event that does nothing, by which answers.js makes Gradio's client ask for answers again."""
    nudge = gr.Button(visible="hidden", elem_id="nudge")
    nudge.click(lambda: None, None, None, trigger_mode="multiple", show_progress="hidden", **context.quick)


def launch_options(limits: Limits, site: Site | None = None) -> dict[str, Any]:
    """The options of `Blocks.launch` for this page.

    Parameters
    ----------
    site : the files of the browser's engine; by default with the weights that ship
    """
    return {
        "theme": theme.theme(),
        "css": theme.style(),
        "js": theme.SCRIPT.read_text(encoding="utf-8"),
        "head": theme.head(),
        "favicon_path": theme.ICON,
        "max_file_size": limits.upload_mb * 1_000_000,
        "show_error": False,
        "share": False,
        "ssr_mode": False,
        # Gradio's state of a page load, 0.2 MB without any photo (see `sessions`), is made again where it's missing.
        "state_session_capacity": 100,
        "run_history": False,
        "mcp_server": _has_mcp(),
        "footer_links": ["api"],
        "app_kwargs": {"middleware": middleware(limits, site or Site())},
    }


def _fetched(context: Context, link: str) -> dict[str, Any]:
    """The file behind a link, as Gradio describes an upload."""
    name, data = links.fetch(link, context.limits.upload_mb * 1_000_000)
    return {"path": str(context.shelf.put(name, data)), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def _has_mcp() -> bool:
    return importlib.util.find_spec("mcp") is not None
