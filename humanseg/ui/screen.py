"""The picture and texts on screen in the Photo tab, as values for its components."""

from __future__ import annotations

from typing import Any

import gradio as gr

from humanseg.ui import text
from humanseg.ui.elements import HIDDEN
from humanseg.ui.item import Item, View, named
from humanseg.ui.session import Session

# For `Layout.screen` and `Layout.list`: nothing changes.
UNCHANGED = [gr.skip()] * 4
NO_NEWS = [gr.skip()] * 4


def draw(session: Session, view: View, ground: str, tint: str, shown: str = "") -> list[Any]:
    """Values for `Layout.screen`; `UNCHANGED` when something else belongs on screen by the time it's drawn.

    Parameters
    ----------
    shown : what the page shows; a repair of the same photo goes on undisturbed
    """
    item = view.item
    if not session.is_current(view):
        return UNCHANGED
    if item is None or item.error:
        return [view.token, gr.ImageSlider(value=None, visible=HIDDEN), gr.Column(visible=False), None]
    before, after = session.pictures.before_after(item, ground, tint)
    if not session.is_current(view):
        return UNCHANGED
    # Nothing is on the canvas of another photo until its repair is opened.
    canvas = gr.skip() if named(shown) == item.id else None
    picture = gr.ImageSlider(value=(str(before), str(after)), visible=True)
    return [view.token, picture, finish(item), canvas]


def finish(item: Item) -> gr.Column:
    """What can be done with a photo: where nobody is in it, there is nothing to take home."""
    return gr.Column(visible=True, elem_classes=["nobody"] if item.empty else [])


def gallery(session: Session) -> list[Any]:
    """Values for `Layout.list`."""
    session.drop_lost()
    items, current = session.listed, session.view.item
    doubtful = sum(item.doubtful for item in session.items)
    offered = bool(doubtful) and len(session.items) > 1
    ids = [item.id for item in items]
    pictures = [(str(session.pictures.thumbnail(item)), item.caption) for item in items]
    selected = ids.index(current.id) if current is not None and current.id in ids else None
    shown = gr.Gallery(value=pictures, visible=bool(items), selected_index=selected)
    words = text.ONLY_DOUBTFUL.format(count=doubtful)
    only = gr.Checkbox(label=words, value=offered and session.only_doubtful, visible=offered)
    return [shown, " ".join(ids), gr.Row(visible=bool(items)), only]
