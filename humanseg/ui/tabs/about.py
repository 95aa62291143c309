"""The About tab: what it does well and badly, what happens to photos, how programs use it, what the networks reach."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import gradio as gr

from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.server.guard import guarded
from humanseg.ui.weights import Weights
from humanseg.web import showcase

# The browser knows under which address the page was opened; behind a proxy the server doesn't.
ADDRESS = "() => [new URL('.', document.baseURI).href]"
_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+/([\w.~%/-]*/)?")


class AboutTab:
    """Lays the tab out; the figures come with the weights, so they are filled in when it is opened.

    Parameters
    ----------
    weights : the page's networks, where they have names: for photos, and for the camera where that is another one
    """

    def __init__(self, context: Context, tab: gr.Tab, weights: Sequence[Weights] = ()) -> None:
        self.context, self._names = context, [one.name for one in weights]
        limits = context.limits
        host = text.ON_A_SPACE if os.environ.get("SPACE_ID") else ""
        with gr.Column(elem_id="about"):
            gr.HTML(showcase.html("web/showcase/"), padding=False)
            gr.Markdown(text.ABOUT_PHOTOS.format(minutes=limits.keep_seconds // 60, limits=limits, host=host))
            programs = gr.Markdown(written_for(""))
            with gr.Accordion(text.FIGURES, open=False, elem_id="figures"):
                figures = gr.Markdown(text.LOADING)
            address = gr.Textbox(visible=False)
        tab.select(
            guarded(self.fill), address, [programs, figures], js=ADDRESS, show_progress="hidden", **context.quick
        )

    def fill(self, address: str) -> list[str]:
        """The snippets for the page at this address, and what its networks reach."""
        return [written_for(address), self.figures()]

    def figures(self) -> str:
        """What each network is and reaches, as Markdown."""
        names = [f": `{name}`" for name in self._names]
        photos, camera = self.context.model.get(), self.context.live.get()
        if photos is camera:
            return described(photos, text.FOR_ALL + "".join(names[:1]), text.SHOWN_PHOTO)
        uses = [text.FOR_PHOTOS, text.FOR_CAMERA]
        titles = [use + name for use, name in zip(uses, names if len(names) == 2 else ["", ""], strict=True)]
        return described(photos, titles[0], text.SHOWN_PHOTO) + described(camera, titles[1], text.SHOWN_FRAME)


def written_for(address: str) -> str:
    """The snippets, with the address of this page where it is one; ending in a slash."""
    known = address if isinstance(address, str) and _ADDRESS.fullmatch(address) else text.THIS_PAGE
    return text.ABOUT_PROGRAMS.format(address=known)


def described(segmenter: Segmenter, title: str, shown: str) -> str:
    """What one network is and what it reaches, as Markdown, from the configuration beside its weights.

    Parameters
    ----------
    shown : what it is shown, with a place for the `size` in pixels
    """
    config = segmenter.config
    size = config.size if shown is text.SHOWN_PHOTO else config.live_size
    parts = [
        text.NETWORK.format(
            title=title, encoder=config.encoder, shown=shown.format(size=size), engine=segmenter.engine.name
        )
    ]
    rows = _rows(config)
    if rows:
        parts += ["\n".join([*text.FIGURES_HEAD, *rows]), text.FIGURES_NOTE]
    alarms = config.metrics.get("false_alarms") or {}
    counted = [row for row in alarms.values() if isinstance(row, dict) and {"n", "somebody"} <= row.keys()]
    if counted:
        photos, found = (sum(row[key] for row in counted) for key in ("n", "somebody"))
        parts.append(text.FALSE_ALARMS.format(photos=photos, found=found))
    return "\n\n".join(parts) + "\n\n"


def _rows(config: ModelConfig) -> list[str]:
    """A row for each set of photos that the network was measured on."""
    measured = config.metrics.get("evaluation") or config.metrics.get("validation") or {}
    return [
        f"| {_set(name)} | {scores.get('n', '')} "
        f"| {scores['iou']:.3f} | {scores['boundary_iou']:.3f} | {scores['mae']:.3f} |"
        for name, scores in measured.items()
        if isinstance(scores, dict) and {"iou", "boundary_iou", "mae"} <= scores.keys()
    ]


def _set(name: str) -> str:
    """A set's name for visitors, with what `humanseg.hub.figures` has put behind it: "portraits, one pass"."""
    folder, comma, rest = name.partition(",")
    return text.SETS.get(folder, folder) + comma + rest
