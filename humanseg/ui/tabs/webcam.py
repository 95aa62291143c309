"""The Webcam tab: the camera's frames with another background, live and in the visitor's own browser.

Everything in it is `humanseg/web/js/liveview.js`, which the static page has as well.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import gradio as gr

from humanseg.ui import text
from humanseg.ui.tabs.choice import place_pictures

SCRIPT = Path(__file__).parents[1] / "webcam.js"


def lay_out_webcam() -> gr.HTML:
    """The place where the view appears, and the script that puts it there."""
    places = json.dumps([[name, path.name] for path, name in place_pictures()])
    return gr.HTML(
        html_template=f'<div data-places="{escape(places)}"><p class="say" hidden>{escape(text.NO_VIEW)}</p></div>',
        js_on_load=SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="webcam",
    )
