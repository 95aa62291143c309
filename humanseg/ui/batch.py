"""Photos through the network and into a visitor's session, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from humanseg.bulk.cut_out import recorded
from humanseg.cutout import CutOut, encoded
from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.ui import text
from humanseg.ui.context import Context
from humanseg.ui.item import Item, View
from humanseg.ui.pictures import thumbnail
from humanseg.ui.preview import failed_thumbnail
from humanseg.ui.sentences import sentence
from humanseg.ui.session import Session
from humanseg.ui.upload import Upload


@dataclass(frozen=True)
class Loading:
    """The network has to be loaded first."""


@dataclass(frozen=True)
class Working:
    """So many of the photos are done, and the rest takes about `left` seconds (None where that can't be told yet)."""

    done: int
    total: int
    left: float | None


@dataclass(frozen=True)
class Finished:
    """A photo is done, or has failed; `view` is what belongs on screen now."""

    item: Item
    view: View


@dataclass(frozen=True)
class Over:
    """All are done: the sentence about them, whether anything failed, and what belongs on screen now."""

    message: str
    failed: bool
    view: View


def work(
    context: Context, session: Session, uploads: Sequence[Upload]
) -> Iterator[Loading | Working | Finished | Over]:
    """Cuts out all of them and reports its progress; ends silently when the visitor has started over meanwhile.

    Raises
    ------
    HumanSegError : there are no weights
    """
    visit = session.begin()
    try:
        if not context.model.ready:
            yield Loading()
        context.model.get()
        yield from _work(context, session, uploads, visit)
    finally:
        session.end()


def _work(
    context: Context, session: Session, uploads: Sequence[Upload], visit: int
) -> Iterator[Working | Finished | Over]:
    limits, started, before = context.limits, time.monotonic(), session.view
    taken, done = uploads[: limits.photos], []
    for number, upload in enumerate(taken):
        seconds = time.monotonic() - started
        if not session.wants(visit):
            return
        # Until one is done, as long as other photos took lately.
        each = seconds / number if number else context.pace.usual
        yield Working(number, len(taken), None if each is None else each * (len(taken) - number))
        if seconds > limits.seconds:
            item, cut = refused(context, upload, text.OUT_OF_TIME.format(seconds=limits.seconds)), None
        else:
            item, cut = cut_out(context, upload)
        view = session.finish(item, cut, visit)
        if view is None:
            return
        done.append(item)
        yield Finished(item, view)
    if session.wants(visit):
        failed = all(item.error for item in done)
        view = session.failed(done[-1].id, before) if failed else session.view
        yield Over(*_summary(done, len(uploads), limits.photos), view)


def _summary(done: Sequence[Item], total: int, limit: int) -> tuple[str, bool]:
    """The sentence about a batch, and whether anything failed."""
    failed = sum(bool(item.error) for item in done)
    counts = {
        text.SOME_DOUBTFUL: sum(item.doubtful for item in done),
        text.SOME_EMPTY: sum(item.empty for item in done),
    }
    but = "".join(words.format(count=count) for words, count in counts.items() if count)
    if total > limit:
        message = text.TOO_MANY.format(count=total, limit=limit)
    elif total == 1:
        message = done[0].describe()
    elif failed:
        message = text.SOME_FAILED.format(done=total - failed, but=but, total=total, failed=failed)
    else:
        message = text.DONE_MANY.format(done=total, but=but)
    return message, bool(failed)


def cut_out_one(context: Context, session: Session, upload: Upload) -> None:
    """One photo through the network and into the session.

    Raises
    ------
    HumanSegError : it couldn't be cut out
    """
    visit = session.begin()
    try:
        item, cut = cut_out(context, upload)
        if cut is None:
            raise HumanSegError(item.error)
        session.finish(item, cut, visit)
    finally:
        session.end()


def cut_out(context: Context, upload: Upload) -> tuple[Item, CutOut | None]:
    """One photo through the network; a failure becomes the record's error, so that the others go on."""
    shelf, kept, small = context.shelf, upload, None

    def work() -> tuple[CutOut, Path]:
        nonlocal kept, small
        if isinstance(upload.source, bytes):
            # So that it can be read again when it has left memory.
            kept = replace(upload, source=str(shelf.put(upload.name, upload.source)))
        cut = context.model.cut_out(kept, context.limits)
        result = shelf.put(photos.output_name(upload.name), encoded(cut.rgba, "png"))
        small = shelf.put("thumbnail.jpg", thumbnail(cut))
        return cut, result

    record, cut = recorded(upload.name, work, lambda _, error: sentence(error))
    if cut is None:
        return refused(context, upload, record.error), None
    item = Item(
        upload=kept,
        name=upload.name,
        size=record.size,
        person_found=record.person_found,
        confidence=record.confidence,
        seconds=context.pace.add(record.seconds),
        result=record.target,
        thumbnail=small,
    )
    return item, cut


def refused(context: Context, upload: Upload, error: str) -> Item:
    """The record of a photo that failed."""
    sign: Path = context.shelf.put("thumbnail.png", photos.encode(failed_thumbnail()))
    return Item(upload=upload, name=upload.name, error=error, thumbnail=sign)
