"""A visitor without a browser: the page's context with a network that finds an ellipse, and photos in a session."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from humanseg.segmenter import Segmenter
from humanseg.ui import batch, history
from humanseg.ui.context import Context
from humanseg.ui.item import Item
from humanseg.ui.model import LazySegmenter
from humanseg.ui.server.limits import Limits
from humanseg.ui.session import Session
from humanseg.ui.shelf import Shelf
from humanseg.ui.upload import Upload
from tests.ui.fakes import EllipseEngine


def context_in(folder: Path, limits: Limits | None = None, engine: EllipseEngine | None = None) -> Context:
    """The context of a page whose files lie in a folder."""
    model = LazySegmenter(lambda: Segmenter(engine or EllipseEngine()), places=2)
    return Context.of(model, model, limits or Limits(file_mb=5, megapixels=20), Shelf(folder / "shelf", set()))


def photo_of(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Upload:
    """A photo of one colour but for a few pixels, in which the ellipse engine finds somebody."""
    pixels = np.full((size[1], size[0], 3), colour, np.uint8)
    pixels[:4, :4] = 255 - pixels[:4, :4]
    Image.fromarray(pixels).save(path)
    return Upload(str(path), path.name)


def add(context: Context, session: Session, *uploads: Upload) -> list[Item]:
    """Cuts them out into the session: their records."""
    for _ in batch.work(context, session, uploads):
        pass
    return list(session.items)[-len(uploads) :]


_numbers = itertools.count()


def by_hand(session: Session, id: str, do: str, **more: Any) -> bool:
    """Does to a photo what a page sends; whether that changed its repair."""
    act = history.read({"name": f"act {next(_numbers)}", "do": do, **more})
    before, now = session.act(id, [act])
    return before.repair != now.repair


def paint(session: Session, id: str, *points: tuple[float, float], radius: float = 8, keep: bool = True) -> bool:
    """Paints a stroke on a photo."""
    return by_hand(session, id, "stroke", points=points, radius=radius, keep=keep)


def move_edge(session: Session, id: str, grow: int, feather: int) -> bool:
    """Moves and softens a photo's edge by so many pixels."""
    return by_hand(session, id, "edge", grow=grow, feather=feather)
