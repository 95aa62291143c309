"""The About tab: what the model is, what it can and can't do, what happens to photos, how programs use it."""

from __future__ import annotations

import gradio as gr

from humanseg.segmenter import Segmenter
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.server.guard import guarded


class AboutTab:
    """Lays the tab out; the figures come with the weights, so they are filled in when it is opened."""

    def __init__(self, context: Context, tab: gr.Tab) -> None:
        self.context = context
        limits = context.limits
        with gr.Column(elem_id="about"):
            figures = gr.Markdown(text.LOADING)
            gr.Markdown(text.ABOUT_PHOTOS.format(minutes=limits.keep_seconds // 60, limits=limits))
            gr.Markdown(text.ABOUT_PROGRAMS)
        tab.select(guarded(self.fill), None, figures, show_progress="hidden", **context.quick)

    def fill(self) -> str:
        """What the model is."""
        return describe(self.context.model.get())


def describe(segmenter: Segmenter) -> str:
    """What the model is and what it reaches, as Markdown, from the configuration beside its weights."""
    config = segmenter.config
    parts = [text.ABOUT_MODEL.format(encoder=config.encoder, size=config.size, engine=segmenter.engine.name)]
    measured = config.metrics.get("evaluation") or config.metrics.get("validation") or {}
    rows = [
        f"| {name} | {scores['iou']:.3f} | {scores['boundary_iou']:.3f} | {scores['mae']:.3f} |"
        for name, scores in measured.items()
        if isinstance(scores, dict) and {"iou", "boundary_iou", "mae"} <= scores.keys()
    ]
    if rows:
        parts += ["\n".join([*text.FIGURES_HEAD, *rows]), text.FIGURES_NOTE]
    parts.append(text.ABOUT_LIMITS)
    return "\n\n".join(parts)
