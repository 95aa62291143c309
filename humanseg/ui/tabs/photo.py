"""The Photo tab: one photo or a hundred in, cut-outs out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from humanseg.errors import HumanSegError
from humanseg.ui import batch, export, text
from humanseg.ui.context import Context
from humanseg.ui.elements import SETTLED, busy, duration, say
from humanseg.ui.item import named
from humanseg.ui.screen import NO_NEWS, UNCHANGED, draw, gallery
from humanseg.ui.server.guard import guarded
from humanseg.ui.session import Session
from humanseg.ui.tabs import repair
from humanseg.ui.tabs.photo_layout import invitation, lay_out
from humanseg.ui.upload import Upload

# Answers may overtake each other. Where an answer is older than what is shown, this gives its token, and the photo that
# belongs on screen is requested once more.
OVERTAKEN = """(token) => {
  const number = Number(token.split(".")[1] ?? 0);
  if (number < (window.humansegNewest ?? 0)) return token;
  window.humansegNewest = number;
  return "";
}"""


class PhotoTab:
    """The tab's events.

    Attributes
    ----------
    layout : its components
    """

    def __init__(self, context: Context, tab: gr.Tab) -> None:
        self.context = context
        self.layout = lay_out(context)
        self._wire(tab)

    @property
    def grounds(self) -> list[Any]:
        """The controls for what the cut-out is shown on."""
        return [self.layout.ground, self.layout.colour]

    @property
    def restored(self) -> list[Any]:
        """The components that `restore` gives values for."""
        return [self.layout.status, *self.layout.list, *self.layout.screen]

    @property
    def choices(self) -> list[Any]:
        """The controls whose values last."""
        return [*self.grounds, self.layout.kind]

    def take(self, uploads: list[Upload], ground: str, tint: str, request: gr.Request) -> Iterator[list[Any]]:
        """Photos were dropped."""
        if uploads:
            yield from self._work(uploads, ground, tint, self.context.session(request))

    def take_example(self, ground: str, tint: str, event: gr.SelectData, request: gr.Request) -> Iterator[list[Any]]:
        """An example was picked."""
        path = self.context.examples[event.index]
        yield from self._work([Upload(str(path), path.name)], ground, tint, self.context.session(request))

    def _work(self, uploads: list[Upload], ground: str, tint: str, session: Session) -> Iterator[list[Any]]:
        try:
            yield from self._answers(uploads, ground, tint, session)
        except HumanSegError as error:
            # Said in place of the progress, which would otherwise run on.
            yield [None, say(str(error), bad=True), *NO_NEWS, *UNCHANGED]

    def _answers(self, uploads: list[Upload], ground: str, tint: str, session: Session) -> Iterator[list[Any]]:
        view, screen = session.view, UNCHANGED
        for step in batch.work(self.context, session, uploads):
            match step:
                case batch.Loading():
                    yield [None, busy(text.LOADING), *NO_NEWS, *UNCHANGED]
                case batch.Working():
                    yield [None, _progress(step), *NO_NEWS, *UNCHANGED]
                case batch.Finished(item, now):
                    shown = UNCHANGED
                    if now.item is not None and now.item.id == item.id:
                        view, shown = now, draw(session, now, ground, tint)
                        screen = shown
                    yield [None, gr.skip(), *gallery(session), *shown]
                case batch.Over(message, failed, now):
                    # All of it once more: where answers come in faster than the browser draws, Gradio leaves out all
                    # but the last. Unless another photo was chosen meanwhile, or this one repaired.
                    last = screen if session.is_current(view) else UNCHANGED
                    if now.item is not None and now.item.error:
                        last = draw(session, now, ground, tint)
                    yield [None, say(message, bad=failed), *gallery(session), *last]

    def choose(self, listed: str, ground: str, tint: str, event: gr.SelectData, request: gr.Request) -> list[Any]:
        """A thumbnail was clicked."""
        session, ids = self.context.session(request), listed.split()
        view = session.select(ids[event.index] if event.index < len(ids) else "")
        screen = draw(session, view, ground, tint)
        message = say(view.item.describe(), bad=bool(view.item.error))
        return [message if screen is not UNCHANGED else gr.skip(), *screen]

    def repaint(self, shown: str, ground: str, tint: str, request: gr.Request) -> list[Any]:
        """The cut-out is to be shown on another ground."""
        session = self.context.session(request)
        # An answer with the old ground may still be under way: this one counts as newer.
        view = session.touch()
        return [gr.ColorPicker(visible=ground == text.COLOUR), *draw(session, view, ground, tint, shown)]

    def redraw(self, overtaken: str, ground: str, tint: str, request: gr.Request) -> list[Any]:
        """The page shows something older than it should."""
        session = self.context.session(request)
        if not overtaken:
            return [*NO_NEWS, *UNCHANGED]
        return [*gallery(session), *draw(session, session.repaired(), ground, tint)]

    def refresh(self, shown: str, ground: str, tint: str, request: gr.Request) -> list[Any]:
        """The tab was opened again: a photo may have been given on another tab."""
        session = self.context.session(request)
        view = session.view
        if shown == view.token or not (named(shown) or view.item):
            return [*NO_NEWS, *UNCHANGED]
        return [*gallery(session), *draw(session, view, ground, tint, shown)]

    def restore(self, session: Session, ground: str, tint: str) -> list[Any]:
        """After a reload of the browser: what this visitor had before."""
        news = gallery(session)
        view = session.repaired()
        if view.item is None:
            return [gr.skip(), *news, *UNCHANGED]
        message = say(view.item.describe(), bad=bool(view.item.error))
        return [message, *news, *draw(session, view, ground, tint)]

    def filter(self, only: bool, request: gr.Request) -> list[Any]:
        """Only what is worth a look is to be listed, or all again."""
        session = self.context.session(request)
        session.only_doubtful = only
        return gallery(session)

    def go_on(self, session: Session, ground: str, tint: str) -> list[Any]:
        """Answers were lost, or the server was started anew: what the visitor has, or that it's made once more."""
        if session.view.item is not None:
            return self.restore(session, ground, tint)
        return [busy(text.CUT_ANEW), *gallery(session), *draw(session, session.view, ground, tint)]

    def start_over(self, request: gr.Request) -> list[Any]:
        """All photos are to be forgotten."""
        session = self.context.session(request)
        nothing = session.forget()
        return [invitation(self.context), *gallery(session), *draw(session, nothing, "", "")]

    def download(self, shown: str, kind: str, request: gr.Request) -> str:
        """The photo that is on screen, as a file."""
        return str(export.cut_out_file(self.context.session(request), named(shown), kind.lower()))

    def download_all(self, request: gr.Request) -> str:
        """All photos in one file."""
        return str(export.zip_file(self.context.session(request)))

    def _wire(self, tab: gr.Tab) -> None:
        context, layout = self.context, self.layout
        grounds = self.grounds
        hidden = {"show_progress": "hidden"}
        one_lane = {"trigger_mode": "always_last", **hidden}
        several = {"trigger_mode": "multiple", **hidden, **context.runs_the_model}
        everything = [layout.drop, layout.status, *layout.list, *layout.screen]
        layout.drop.upload(guarded(self.take), [layout.drop, *grounds], everything, **several)
        layout.examples.select(guarded(self.take_example), grounds, everything, **several)
        # None of them stays chosen: Gradio says nothing of a second click on the chosen one.
        layout.examples.select(
            lambda: gr.Gallery(selected_index=None),
            None,
            layout.examples,
            queue=False,
            api_visibility="private",
            **hidden,
        )
        layout.gallery.select(
            guarded(self.choose),
            [layout.listed, *grounds],
            [layout.status, *layout.screen],
            js=SETTLED,
            show_progress_on=layout.compare,
            **context.quick,
        )
        # One event for several controls: with two, the older picture may come last.
        changes = [layout.ground.change, layout.colour.change]
        repainted = [layout.colour, *layout.screen]
        gr.on(
            changes,
            guarded(self.repaint),
            [layout.shown, *grounds],
            repainted,
            js=SETTLED,
            **one_lane,
            **context.quick,
        )
        repair.Repairing(context, layout.repair).wire(layout.shown, grounds, layout.list, layout.compare, layout.finish)
        layout.only_doubtful.input(guarded(self.filter), layout.only_doubtful, layout.list, **one_lane, **context.quick)
        layout.clear.click(guarded(self.start_over), None, self.restored, **hidden, **context.quick)
        screen = [*layout.list, *layout.screen]
        tab.select(guarded(self.refresh), [layout.shown, *grounds], screen, js=SETTLED, **hidden, **context.quick)
        layout.shown.change(None, layout.shown, layout.overtaken, js=OVERTAKEN, api_visibility="private", **hidden)
        layout.overtaken.change(
            guarded(self.redraw),
            [layout.overtaken, *grounds],
            screen,
            **one_lane,
            **context.quick,
        )
        layout.download.click(self.download, [layout.shown, layout.kind])
        layout.download_all.click(self.download_all, [])


def _progress(step: batch.Working) -> str:
    left = None if step.left is None else duration(step.left)
    if step.total == 1:
        return busy(text.WORKING_ONE if left is None else text.WORKING_ONE_LEFT.format(left=left))
    words = text.WORKING_FIRST if left is None else text.WORKING
    return busy(words.format(done=step.done, total=step.total, left=left), step.done, step.total)
