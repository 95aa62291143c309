"""The choice of a gradient: swatches, and two colours of one's own."""

from __future__ import annotations

from html import escape
from pathlib import Path

import gradio as gr

from humanseg.gradients import Gradient
from humanseg.ui import text

SCRIPT = Path(__file__).parents[1] / "gradient.js"
PATTERN = r"^#[0-9a-f]{6}\.\.#[0-9a-f]{6}@([0-9]{1,3}|radial)$"  # of its value


def lay_out_gradient(elem_id: str, visible: bool) -> gr.HTML:
    """The component; its value is what `Gradient.parse` reads."""
    swatches = "".join(_swatch(value, name) for value, name in text.GRADIENTS.items())
    ways = "".join(f'<option value="{value}">{escape(words)}</option>' for value, words in text.GRADIENT_WAYS.items())
    own = (
        f'<label>{text.GRADIENT_FROM} <input type="color" name="first"></label>'
        f'<label>{text.GRADIENT_TO} <input type="color" name="last"></label>'
        f'<label>{text.GRADIENT_WAY} <select name="way">{ways}</select></label>'
    )
    return gr.HTML(
        next(iter(text.GRADIENTS)),
        html_template=f'<div class="gradients" role="radiogroup" aria-label="{text.GRADIENT}">{swatches}</div>'
        f'<div class="gradient-own">{own}</div>',
        js_on_load=SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="gradient",
        visible=visible,
    )


def _swatch(value: str, name: str) -> str:
    return (
        f'<button type="button" role="radio" aria-checked="false" data-gradient="{value}" title="{name}" '
        f'aria-label="{name}" style="background: {css(value)}"></button>'
    )


def css(value: str) -> str:
    """The gradient as browsers paint it."""
    gradient = Gradient.parse(value)
    first, last = (f"rgb{colour}" for colour in (gradient.first, gradient.last))
    if gradient.direction is None:
        return f"radial-gradient(circle farthest-corner, {first}, {last})"
    return f"linear-gradient({gradient.direction:g}deg, {first}, {last})"
