"""How the page looks: Gradio's theme system with the system's own fonts, and a little CSS on top."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from humanseg import web
from humanseg.ui import text
from humanseg.web import showcase

FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
STYLES = [*(Path(__file__).parent / name for name in ("style.css", "clip.css", "choice.css")), showcase.STYLE]
SCRIPT = Path(__file__).parent / "script.js"
ICON = Path(web.__file__).parent / "page" / "icons" / "icon-192.png"
# What runs before Gradio's own scripts.
FIRST = [Path(__file__).parent / name for name in ("storage.js", "answers.js", "banner.js", "connection.js", "mend.js")]


def style() -> str:
    """The page's CSS, and the words that it writes on what Gradio draws."""
    words = {"add": text.ADD_PHOTOS, "choose": text.CHOOSE_PHOTOS}
    written = "".join(f"--words-{name}: {json.dumps(line)}; " for name, line in words.items())
    return "\n".join([f":root {{ {written}}}", *(path.read_text(encoding="utf-8") for path in STYLES)])


def head() -> str:
    """What stands in the page's head: scripts that run before Gradio's own."""
    words = f"<script>window.humansegWords = {json.dumps(text.CONNECTION | text.COMPARED)}</script>"
    return words + "".join(f"<script>\n{path.read_text(encoding='utf-8')}</script>" for path in FIRST)


def theme() -> gr.themes.Base:
    """The theme; it loads nothing from elsewhere. Text on buttons and labels has a contrast of 4.5:1 or more."""
    base = gr.themes.Base(
        primary_hue="teal",
        secondary_hue="teal",
        neutral_hue="slate",
        radius_size="lg",
        spacing_size="md",
        font=FONT,
        font_mono=MONO,
    )
    return base.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        block_shadow="none",
        block_label_background_fill="white",
        block_label_background_fill_dark="*neutral_900",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_title_text_weight="600",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        checkbox_label_background_fill_selected="*primary_50",
        checkbox_label_background_fill_selected_dark="*primary_900",
        checkbox_label_text_color_selected="*primary_800",
        checkbox_label_text_color_selected_dark="*primary_100",
        checkbox_label_border_color_selected="*primary_600",
        checkbox_label_border_color_selected_dark="*primary_500",
        checkbox_label_border_width="1px",
        slider_color="*primary_600",
    )
