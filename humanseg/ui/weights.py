"""Which weights serve on the page, and what the page says of it: how far a download is, what serves instead."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import gradio as gr

from humanseg.errors import DownloadError, HumanSegError
from humanseg.hub.find import is_on_hub
from humanseg.segmenter import Segmenter
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.elements import say
from humanseg.ui.server.guard import guarded

log = logging.getLogger("humanseg.ui")

EVERY = 1.0  # seconds between two looks at how far a download is


class Weights:
    """One network of the page: a model on the Hub, in whose place the weights that ship serve if need be.

    Attributes
    ----------
    name : folder, `user/name` on the Hub, or name of weights that ship
    shipped : which of the weights that ship do the same
    engine : that runs them; None for the best one
    sentence : what the page says of it now; empty where there is nothing to say
    settled : whether it will say nothing else by itself
    missing : whether there are none that serve
    """

    def __init__(self, name: str, shipped: str, engine: str | None = None) -> None:
        self.name, self.shipped, self.engine = name, shipped, engine
        self.sentence, self.settled, self.missing = "", False, False

    def load(self) -> Segmenter:
        """The Segmenter of these weights, or of those that ship where the Hub can't be reached.

        Raises
        ------
        HumanSegError : there are no such weights, or they can't be used
        """
        self.sentence, self.settled, self.missing = "", False, False
        try:
            return Segmenter.from_pretrained(self.name, engine=self.engine, listener=self)
        except DownloadError as error:
            return self._shipped(error)
        except HumanSegError as error:
            self.sentence, self.missing = str(error), True
            raise
        finally:
            self.settled = True

    def _shipped(self, error: DownloadError) -> Segmenter:
        try:
            segmenter = Segmenter.from_pretrained(self.shipped, engine=self.engine)
        except HumanSegError:
            self.sentence, self.missing = str(error), True
            raise error from None
        log.warning("%s", error)
        self.sentence = text.SHIPPED_INSTEAD.format(wrong=str(error).rpartition(": ")[0], name=self.name)
        return segmenter

    def progress(self, done: int, total: int) -> None:
        """See `humanseg.hub.progress.Listener`."""
        whole = done >= total
        self.sentence = "" if whole else text.FETCHING.format(name=self.name, done=done / 1e6, total=total / 1e6)

    def instead(self, sentence: str) -> None:
        """See `humanseg.hub.progress.Listener`."""
        self.sentence = sentence


def add_line(page: gr.Blocks, context: Context, weights: Sequence[Weights]) -> None:
    """The line that says which weights serve; none where all of them are on this computer."""
    asked = [one for one in weights if is_on_hub(one.name)]
    if not asked:
        return
    line = gr.HTML(elem_id="weights", elem_classes="say")
    again = gr.Timer(EVERY, active=False)

    @guarded
    def look() -> list[Any]:
        sentence, settled = summary(asked)
        return [say(sentence, bad=any(one.missing for one in asked)) if sentence else "", gr.Timer(active=not settled)]

    for event in (page.load, again.tick):
        event(look, None, [line, again], show_progress="hidden", **context.quick)


def summary(weights: Sequence[Weights]) -> tuple[str, bool]:
    """What there is to say of several weights, nothing twice, and whether that is all."""
    sentences = dict.fromkeys(one.sentence for one in weights if one.sentence)
    return " ".join(sentences), all(one.settled for one in weights)
