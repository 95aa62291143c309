"""What the page remembers of one visitor: the photos of this session, in memory and in one temporary folder."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from humanseg.cutout import CutOut
from humanseg.errors import ImageError
from humanseg.media import photos
from humanseg.media.stream import Stream
from humanseg.resize import shrink
from humanseg.ui import text
from humanseg.ui.server.limits import Limits
from humanseg.ui.uploads import Upload

if TYPE_CHECKING:
    from humanseg.ui.repair import Repair

# Long side in pixels of what the Background and Webcam previews are worked out on: keeps a change under 0.3 s.
PREVIEW_SIDE = 1280


@dataclass
class Item:
    """One photo of a batch, after it has been through the network (or has failed).

    Attributes
    ----------
    upload, name : the photo
    size : width and height in pixels
    seconds : how long it took
    error : why it failed, "" if it didn't
    result : the finished PNG
    thumbnail : what the gallery shows
    """

    upload: Upload
    name: str
    size: tuple[int, int] = (0, 0)
    person_found: bool = False
    confidence: float = 0.0
    seconds: float = 0.0
    error: str = ""
    result: Path | None = None
    thumbnail: Path | None = None

    def load(self, limits: Limits) -> CutOut:
        """The cut-out again, from its files: pixel for pixel what was written.

        Raises
        ------
        ImageError : the files have been removed meanwhile
        """
        if self.result is None or not self.result.exists():
            raise ImageError(text.GONE.format(name=self.name))
        done = photos.read(self.result, max_pixels=limits.max_pixels)
        return CutOut(
            image=self.upload.read(limits).rgb,
            foreground=done.rgb,
            alpha=done.alpha,
            person_found=self.person_found,
            confidence=self.confidence,
            name=self.name,
        )


class Shelf:
    """Temporary files of the page, in a folder nobody can guess, below the one that Gradio serves and clears.

    Every file is entered in `register`, a set that Gradio's `delete_cache` goes through.
    """

    def __init__(self, root: str | Path, register: set[str]) -> None:
        self.root, self.register = Path(root), register

    def put(self, name: str, data: bytes) -> Path:
        """Writes `data` under `name` (its folder parts are dropped) and returns the path."""
        folder = self.root / secrets.token_hex(16)
        folder.mkdir(parents=True)
        path = folder / (Path(name.replace("\\", "/")).name or "photo")
        self.register.add(str(path))
        path.write_bytes(data)
        return path


class Visitor:
    """State of one visitor. Handlers change it in place; Gradio drops it with the session.

    Attributes
    ----------
    items : the photos of this session
    current : which of them is shown, None for none
    original : the cut-out that all tabs work on, before any repair by hand
    own : the picture of their own that stands behind the person, None for none
    stream, ticks : the webcam's
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.items: list[Item] = []
        self.current: int | None = None
        self.original: CutOut | None = None
        self.own: Upload | None = None
        self.stream: Stream | None = None
        self.ticks: list[float] = []
        self._repair: Repair | None = None
        self._cut: CutOut | None = None
        self._small: CutOut | None = None
        self._preview: CutOut | None = None
        self._pictures: dict[Any, np.ndarray] = {}

    def __deepcopy__(self, memo: dict) -> Visitor:
        # Gradio copies the initial value for every visitor; a lock can't be copied, and nothing may be shared.
        return Visitor()

    def show(self, cut: CutOut | None) -> None:
        """Makes `cut` the one that all tabs work on."""
        with self.lock:
            self.original, self._repair = cut, None
            self._cut = self._small = self._preview = None

    @property
    def repair(self) -> Repair | None:
        """What was done by hand to the current cut-out."""
        return self._repair

    @repair.setter
    def repair(self, repair: Repair | None) -> None:
        with self.lock:
            self._repair = repair
            self._cut = self._preview = None

    @property
    def cut(self) -> CutOut | None:
        """The current cut-out at full size, repaired; worked out when it's first asked for."""
        with self.lock:
            if self._cut is None and self.original is not None:
                self._cut = self.original
                if self._repair is not None:
                    self._cut = self.original.with_alpha(self._repair(self.original.alpha))
            return self._cut

    @property
    def preview(self) -> CutOut | None:
        """The current cut-out, repaired, with its long side at most `PREVIEW_SIDE`."""
        with self.lock:
            if self.original is None:
                return None
            if self._small is None:
                parts = ("image", "foreground", "alpha")
                small = {part: shrink(getattr(self.original, part), PREVIEW_SIDE) for part in parts}
                self._small = replace(self.original, **small)
            if self._preview is None:
                self._preview = self._small
                if self._repair is not None:
                    scale = self._small.alpha.shape[0] / self.original.alpha.shape[0]
                    self._preview = self._small.with_alpha(self._repair(self._small.alpha, scale))
            return self._preview

    @property
    def item(self) -> Item | None:
        """The item that the current cut-out belongs to."""
        return None if self.current is None else self.items[self.current]

    def add(self, item: Item, limit: int) -> None:
        """Adds an item and makes it current; beyond `limit` the oldest goes."""
        with self.lock:
            self.items = [*self.items, item][-limit:]
            self.current = len(self.items) - 1

    def drop_lost(self) -> None:
        """Forgets the photos whose files have been removed meanwhile, and the current one with them."""
        with self.lock:
            item = self.item
            self.items = [kept for kept in self.items if kept.thumbnail is not None and kept.thumbnail.exists()]
            self.current = next((number for number, kept in enumerate(self.items) if kept is item), None)
            if item is not None and self.current is None:
                self.show(None)

    def forget(self) -> None:
        """Back to where the visitor came in."""
        with self.lock:
            self.items, self.current, self.own = [], None, None
            self.show(None)

    def remember(self, key: Any, make: Callable[[], np.ndarray]) -> np.ndarray:
        """What `make` gives, kept for the next time; the last two pictures are."""
        with self.lock:
            if key not in self._pictures:
                made = make()
                self._pictures = {**dict(list(self._pictures.items())[-1:]), key: made}
            return self._pictures[key]


class Visitors:
    """Visitors by the ticket that only their own browser tab knows, for when they reload the page.

    Nobody is held here: a visitor is gone as soon as Gradio drops the session.
    """

    def __init__(self) -> None:
        self._known: WeakValueDictionary[str, Visitor] = WeakValueDictionary()
        self._lock = threading.Lock()

    def enter(self, ticket: Any) -> Visitor:
        """Whoever came with this ticket (128 bits in hex) before, else somebody new; anything else opens nothing."""
        if not isinstance(ticket, str) or not re.fullmatch("[0-9a-f]{32}", ticket):
            return Visitor()
        with self._lock:
            return self._known.setdefault(ticket, Visitor())
