"""The Background tab: what is behind the people, how large the picture is, and where in it they are.

The network doesn't run again. While people are dragged, the browser shows it (web/js/place.js); the server draws the
picture when they are let go, and makes the file.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from humanseg.backgrounds import COLOUR
from humanseg.errors import HumanSegError
from humanseg.sizes import AS_IS, PRINT, Size
from humanseg.ui import batch, export, looks, text
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN, PLACED, busy, empty, say
from humanseg.ui.item import Item, View, named
from humanseg.ui.looks import Look
from humanseg.ui.pictures import PREVIEW_SIDE
from humanseg.ui.placed import Placed
from humanseg.ui.server.guard import guarded
from humanseg.ui.session import Session
from humanseg.ui.tabs.background_layout import FITS, lay_out
from humanseg.ui.tabs.choice import chosen
from humanseg.ui.upload import Upload

# Long side in pixels of a picture behind the people in the file that's downloaded.
PICTURE_SIDE = 4096
ON_WHITE = ("35x45mm", "2000x2000")  # sizes that are wanted on white

# Answers may overtake each other; begins at the time, as in session.py.
_numbers = itertools.count(int(time.time() * 1000))

# The clipboard has to be asked for within the click; its picture may come later.
COPY = """async (shown, ...values) => {
  window.humansegCopying?.start();
  await window.humansegSettled?.();
  return [window.humansegPlaced?.() ?? shown, ...values];
}"""


class BackgroundTab:
    """The tab's events.

    Attributes
    ----------
    layout : its components
    choice : those of the background
    turn : whenever it changes, the session's current photo is drawn
    """

    def __init__(self, context: Context, tab: gr.Tab) -> None:
        self.context = context
        self.layout = lay_out(context)
        self.choice, self.turn = self.layout.choice, self.layout.turn
        self._wire(tab)

    @property
    def choices(self) -> list[Any]:
        """The controls whose values last."""
        return self.layout.lasting

    def _wire(self, tab: gr.Tab) -> None:
        context, layout = self.context, self.layout
        quiet = {"show_progress": "hidden"}
        latest = {"trigger_mode": "always_last", "js": PLACED, **quiet, **context.composes}
        taken = [*layout.screen, layout.turn]
        layout.photo.upload(guarded(self.take), layout.photo, taken, **quiet, **context.runs_the_model)
        inputs = [layout.canvas, *layout.look]
        opened = [tab.select, layout.turn.change]
        gr.on(opened, guarded(self.show), inputs, layout.screen, **latest)
        # One event for all of them: with several, an older picture that took longer would replace a newer one.
        changes = [layout.canvas.input, *(control.change for control in layout.look)]
        gr.on(changes, guarded(self.draw), inputs, layout.screen, **latest)
        layout.size.change(_has_margin, layout.size, layout.margin, **quiet, **context.quick)
        layout.size.input(_on_white, layout.size, [self.choice.kind, self.choice.colour], **quiet, **context.quick)
        layout.download.click(self.finished, [layout.canvas, layout.kind, *layout.look], js=PLACED)
        layout.all.click(self.finish_all, [layout.canvas, layout.kind, *layout.look], [layout.status], js=PLACED)
        copying = layout.copy.click(guarded(self.copied), inputs, layout.copied, js=COPY, **quiet, **context.quick)
        ends = {"api_visibility": "private", **quiet}
        copying.success(None, layout.copied, None, js="(file) => window.humansegCopying?.end(file.url)", **ends)
        copying.failure(None, None, None, js="() => window.humansegCopying?.end(null)", **ends)

    def take(self, upload: Upload | None, request: gr.Request) -> Iterator[list[Any]]:
        """A photo was given here."""
        if upload is None:
            return
        session = self.context.session(request)
        yield [busy(text.WORKING_ONE), *_UNCHANGED, gr.skip()]
        try:
            batch.cut_out_one(self.context, session, upload)
        except HumanSegError as error:
            # Nothing of an older photo stays, whose buttons would seem to be this one's.
            yield [*_nothing(say(str(error), bad=True)), gr.skip()]
            return
        yield [gr.skip(), *_UNCHANGED, session.view.number]

    def show(self, request: gr.Request, shown: Any, *values: Any) -> list[Any]:
        """The session's current photo, since the tab was opened."""
        session = self.context.session(request)
        _keep(session, shown)
        return self._drawn(session, session.view, shown, *values)

    def draw(self, request: gr.Request, shown: Any, *values: Any) -> list[Any]:
        """The photo that the page shows, with the current choices; a batch may have put another one on screen."""
        session = self.context.session(request)
        item, view = _keep(session, shown), session.view
        if item is not None and (view.item is None or view.item.id != item.id):
            view = View(item, view.number)
        return self._drawn(session, view, shown, *values)

    def _drawn(self, session: Session, view: View, shown: Any, *values: Any) -> list[Any]:
        number = next(_numbers)
        item = view.item
        if item is None or item.error:
            return _nothing(empty(text.BACKGROUND_EMPTY))
        if not session.pictures.found(item):
            return _nothing(say(text.NOBODY.format(name=item.name), bad=True))
        item = session.item(item.id)
        seq = shown.get("seq", 0) if isinstance(shown, dict) else 0
        scene = looks.scene(session.pictures, item, look_of(session, PREVIEW_SIDE, *values))
        said = say(scene.pop("says"))
        several = sum(not (other.error or other.empty) for other in session.items) > 1
        value = scene | {"token": f"{item.id}.{view.number}", "number": number, "seq": seq}
        return [said, value, gr.Row(visible=True), gr.Button(visible=True if several else HIDDEN)]

    def finished(self, request: gr.Request, shown: Any, format: str, *values: Any) -> str:
        """The picture that is shown, at full size, as a file."""
        session = self.context.session(request)
        item = _shown_in(session, shown)
        look = look_of(session, PICTURE_SIDE, *values)
        return str(export.look_file(session, item, look, format.lower()))

    def copied(self, request: gr.Request, shown: Any, *values: Any) -> str:
        """The picture that is shown, as what clipboards take."""
        return self.finished(request, shown, "PNG", *values)

    def finish_all(self, request: gr.Request, shown: Any, format: str, *values: Any) -> Iterator[list[Any]]:
        """All photos like this, in one file."""
        session = self.context.session(request)
        _keep(session, shown)
        look = look_of(session, PICTURE_SIDE, *values)
        for done in export.looks_file(session, look, format.lower()):
            match done:
                case export.Packing(number, total):
                    words = text.PACKING.format(done=number, total=total)
                    yield [busy(words, number, total), gr.skip()]
                case export.Packed(path, words):
                    yield [say(words), str(path)]


_UNCHANGED = [gr.skip()] * 3


def _nothing(said: str) -> list[Any]:
    """Values for `Layout.screen` where there's no picture."""
    return [said, None, gr.Row(visible=HIDDEN), gr.Button(visible=HIDDEN)]


def _keep(session: Session, shown: Any) -> Item | None:
    """Remembers where the people on the canvas were put; gives their photo, None for none that's still there."""
    try:
        return _shown_in(session, shown)
    except HumanSegError:
        return None


def _shown_in(session: Session, shown: Any) -> Item:
    """The photo on the canvas, with its people where they were put.

    Raises
    ------
    HumanSegError : there's none, or nothing can be made of what the page sent
    """
    if not isinstance(shown, dict):
        raise HumanSegError(text.NO_PHOTO)
    size = str(shown.get("size"))
    if size not in text.SIZES:
        raise HumanSegError(text.BAD_REQUEST)
    return session.place(named(str(shown.get("token"))), size, Placed.read(shown.get("placed")))


def look_of(session: Session, side: int, *values: Any) -> Look:
    """The look of the controls' values, with a picture whose long side is at most `side`."""
    size, margin, shadow, fit, across, down, wrap, match, *behind = values
    session.own = behind[4]
    picture = {"fit": FITS[fit], "position": (across, down), "light_wrap": wrap, "match_colours": match}
    return Look(chosen(session.pictures, side, *behind, **picture), size, margin, shadow)


def _has_margin(size: str) -> Any:
    return gr.Slider(visible=Size.parse(size).kind not in (AS_IS, PRINT))


def _on_white(size: str) -> list[Any]:
    """A size that's wanted on white is on white, until something else is chosen."""
    return [COLOUR, "#ffffff"] if size in ON_WHITE else [gr.skip(), gr.skip()]
