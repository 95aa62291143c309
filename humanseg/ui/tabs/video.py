"""The Video tab: a clip, what goes behind its people, and the clip that is made of them."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from typing import Any

import gradio as gr

from humanseg.backgrounds import TRANSPARENT, Background
from humanseg.errors import HumanSegError
from humanseg.media.video import Clip
from humanseg.ui import clips, text
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN, busy, duration, empty, say
from humanseg.ui.player import player, trim
from humanseg.ui.reel import Reel, is_gone
from humanseg.ui.server.guard import guarded
from humanseg.ui.session import Session
from humanseg.ui.tabs.choice import chosen
from humanseg.ui.tabs.video_layout import lay_out_video
from humanseg.ui.upload import Upload

PICTURE_SIDE = 3840  # pixels, of a picture behind the people
_EVERY = 0.4  # seconds between two lines on how far a clip is
_turns = itertools.count(int(time.time()))


class VideoTab:
    """Lays the tab out and answers its events.

    Attributes
    ----------
    layout : its components
    pool : the threads that clips are cut out in
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.pool = clips.workers(context.limits.clips)
        self.layout = lay_out_video()
        self._wire()

    @property
    def choices(self) -> list[Any]:
        """The controls whose values last."""
        return [*self.layout.choice.lasting, self.layout.kind]

    def _wire(self) -> None:
        quiet = {"show_progress": "hidden"}
        context, layout = self.context, self.layout
        layout.clip.upload(guarded(self.take), layout.clip, layout.stage, **quiet, **context.composes)
        layout.clip.clear(guarded(self.leave), None, layout.stage, **quiet, **context.quick)
        layout.behind.upload(guarded(self.take_behind), layout.behind, None, **quiet, **context.composes)
        layout.behind.clear(guarded(self.take_behind), layout.behind, None, **quiet, **context.quick)
        layout.choice.kind.change(
            fitting_format, [layout.choice.kind, layout.kind], layout.kind, **quiet, **context.quick
        )
        inputs = [layout.clip, layout.start, layout.end, layout.kind, layout.behind, *layout.choice.inputs]
        shown = [layout.status, layout.player, *layout.buttons]
        begun = layout.cut.click(
            lambda: [busy(text.CLIP_WAITING), *_shown(stop=True)],
            None,
            [layout.status, *layout.buttons],
            **quiet,
            **context.quick,
        )
        cut = begun.then(guarded(self.cut), inputs, shown, **quiet, **context.works_on_clips)
        followed = layout.resume.change(guarded(self.follow), None, shown, **quiet, **context.looks_on)
        for done in (cut, followed):
            done.failure(
                lambda: ["", *_shown(start=True)], None, [layout.status, *layout.buttons], **quiet, **context.quick
            )
        # Not by the page's own first event: a clip that's given before its answer would be taken away again.
        restored = [layout.clip, layout.behind, *layout.stage, layout.resume]
        layout.back.change(guarded(self.restore), None, restored, **quiet, **context.quick)
        layout.stop.click(guarded(self.stop), None, None, **quiet, **context.quick)

    def take(self, upload: Upload | None, request: gr.Request) -> list[Any]:
        """A clip was given: its first frame, and which part is cut out at first."""
        session = self.context.session(request)
        _stop(session)
        session.reel = Reel(behind=session.reel.behind)
        if upload is None:
            return _nothing()
        clip = clips.look_at(self.context, upload)
        limit = self.context.limits.clip_seconds
        seconds = clip.seconds or limit
        words = text.CLIP_TAKEN.format(
            name=clip.name, width=clip.width, height=clip.height, seconds=seconds, rate=clip.rate
        )
        if seconds > limit:
            words += " " + text.CLIP_LIMITED.format(limit=limit)
        poster = clips.poster(self.context, clip)
        seconds = math.ceil(seconds * 100) / 100
        end = min(seconds, float(limit))
        session.reel = replace(session.reel, upload=upload, words=words, poster=poster, seconds=seconds, end=end)
        return self._stage(session.reel)

    def leave(self, request: gr.Request) -> list[Any]:
        """The clip was taken away."""
        return self.take(None, request)

    def take_behind(self, upload: Upload | None, request: gr.Request) -> None:
        """A clip was given that is to go behind the people, or taken away."""
        session = self.context.session(request)
        if upload is not None:
            clips.look_at(self.context, upload)
        session.reel = replace(session.reel, behind=upload)

    def cut(
        self,
        request: gr.Request,
        upload: Upload | None,
        start: float | None,
        end: float | None,
        kind: str,
        moving: Upload | None,
        *values: Any,
    ) -> Iterator[list[Any]]:
        """Cuts the clip out, saying how far it is."""
        if upload is None:
            raise HumanSegError(text.NO_CLIP)
        session = self.context.session(request)
        if session.reel.upload is not None and session.reel.upload.source == upload.source:
            upload = session.reel.upload  # after a reload the browser no longer knows what it was called
        background = self._background(session, moving, *values)
        job = self.begin(upload, clips.Wish(background, kind, start or None, end or None))
        _stop(session)
        session.reel = replace(
            session.reel, upload=upload, start=start or 0.0, end=end or session.reel.end, behind=moving, work=job
        )
        yield from self._follow(session, job)

    def follow(self, request: gr.Request) -> Iterator[list[Any]]:
        """The page was loaded again while something is being made: says on how far it is."""
        session = self.context.session(request)
        job = session.reel.work
        if isinstance(job, clips.Job):
            yield from self._follow(session, job)

    def _follow(self, session: Session, job: clips.Job) -> Iterator[list[Any]]:
        while not wait([job.result], _EVERY).done:
            if session.reel.work is not job:
                return  # another clip was given
            job.watch()
            yield [_progress(job), gr.skip(), *_shown(stop=True)]
        job.result.result()
        if session.reel.work is job:
            status, shown, _, _, _, _, *buttons = self._stage(session.reel)
            yield [status, shown, *buttons]

    def stop(self, request: gr.Request) -> None:
        """Ends the visitor's clip early; what is done is kept."""
        _stop(self.context.session(request))

    def number(self, session: Session) -> int:
        """What `layout.back` is to be after a reload of the page: another number where there is something to show."""
        if session.reel.lost:
            session.reel = Reel(behind=session.reel.behind)
        return next(_turns) if session.reel.upload or session.reel.behind else 0

    def restore(self, request: gr.Request) -> list[Any]:
        """The clip that this visitor had before, and what was made of it."""
        reel = self.context.session(request).reel
        behind = None if reel.behind is None or is_gone(reel.behind) else reel.behind.source
        if reel.upload is None:
            return [None, behind, *_nothing(), 0]
        if reel.work is None or reel.work.result.done():
            return [reel.upload.source, behind, *self._stage(reel), 0]
        stage = [busy(text.CLIP_STARTING), *self._clip(reel), *_shown(stop=True)]
        return [reel.upload.source, behind, *stage, next(_turns)]

    def begin(self, upload: Upload, wish: clips.Wish) -> clips.Job:
        """Starts to cut out a clip.

        Raises
        ------
        HumanSegError : it's no clip, is larger or longer than allowed, or can't be written like that
        """
        return clips.Job(self.context, self.pool, clips.look_at(self.context, upload), wish)

    def _background(self, session: Session, moving: Upload | None, kind: str, *values: Any) -> Background | Clip:
        if kind == clips.CLIP:
            return clips.behind(self.context, moving)
        return chosen(session.pictures, PICTURE_SIDE, kind, *values)

    def _stage(self, reel: Reel) -> list[Any]:
        """A clip, and what was made of it if it's still there."""
        result = _made(reel)
        status, part = say(reel.words), self._clip(reel)
        if result is None:
            return [status, *part, *_shown(start=True)]
        part[0] = player(result.shown, reel.upload, None, reel.start)
        return [_summary(reel.upload.name, result), *part, *_shown(start=True, file=str(result.file))]

    def _clip(self, reel: Reel) -> list[Any]:
        """A clip to be played, and the part of it that's cut out."""
        bar = trim(reel.seconds, self.context.limits.clip_seconds, reel.start, reel.end)
        part = [gr.Number(value=round(value, 2), maximum=reel.seconds) for value in (reel.start, reel.end)]
        return [player(None, reel.upload, reel.poster), bar, gr.Column(visible=True), *part]


def fitting_format(behind: str, kind: str) -> Any:
    """A file type that can be transparent, where that's what was chosen."""
    return "webm" if behind == TRANSPARENT and kind == "mp4" else gr.skip()


def _made(reel: Reel) -> clips.Result | None:
    """What was made of a clip; None where nothing was, or its files have been removed."""
    if reel.work is None or reel.work.result.exception() is not None:
        return None
    result = reel.work.result.result()
    return result if result.file.exists() and result.shown.exists() else None


def _stop(session: Session) -> None:
    if session.reel.work is not None:
        session.reel.work.stop()


def _shown(*, start: bool = False, stop: bool = False, file: str | None = None) -> list[Any]:
    """Which of the buttons are there."""
    return [
        gr.Button(visible=start or HIDDEN),
        gr.Button(visible=stop or HIDDEN),
        gr.DownloadButton(value=file, visible=True if file else HIDDEN),
    ]


def _nothing() -> list[Any]:
    return [empty(text.CLIP_EMPTY), "", "", gr.Column(visible=False), 0, 0, *_shown()]


def _progress(job: clips.Job) -> str:
    if job.waits:
        return busy(text.CLIP_WAITING)
    if not job.total:
        return busy(text.CLIP_STARTING)
    left = "…" if job.left is None else duration(job.left)
    words = text.CLIP_GIVES_WAY if job.gives_way else text.CLIP_WORKING
    return busy(
        words.format(done=job.done, total=job.total, left=left), round(1000 * job.done), round(1000 * job.total)
    )


def _summary(name: str, result: clips.Result) -> str:
    record = result.record
    if not record.people:
        return say(text.NOBODY.format(name=name), bad=True)
    message = text.CLIP_DONE.format(name=name, frames=record.frames, seconds=record.seconds)
    if record.stopped:
        message = text.CLIP_STOPPED.format(seconds=record.seconds)
    return say(" ".join(filter(None, (message, record.trouble))), bad=bool(record.trouble))
