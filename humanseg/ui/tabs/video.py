"""The Video tab: a clip, what goes behind its people, and the clip that is made of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

from humanseg.backgrounds import BLUR, PICTURE, TRANSPARENT, Background
from humanseg.errors import HumanSegError
from humanseg.media import video
from humanseg.ui import clips, text
from humanseg.ui.context import Context
from humanseg.ui.elements import HIDDEN, busy, duration, empty, say
from humanseg.ui.server.guard import guarded
from humanseg.ui.session import Session
from humanseg.ui.tabs.choice import lay_out, picture_of
from humanseg.ui.upload import Upload
from humanseg.ui.uploads import clip_input

SCRIPT = Path(__file__).parents[1] / "player.js"
PICTURE_SIDE = 3840  # pixels, of a picture behind the people
_EVERY = 0.4  # seconds between two lines on how far a clip is


class VideoTab:
    """Lays the tab out and answers its events.

    Attributes
    ----------
    choice : what is behind the people
    pool : the threads that clips are cut out in
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.pool = ThreadPoolExecutor(context.limits.clips, thread_name_prefix="clip")
        self._lock = threading.Lock()
        self._jobs: dict[str | None, clips.Job] = {}
        with gr.Row():
            with gr.Column(scale=2, min_width=240):
                self._clip = clip_input(
                    label=text.CLIP, file_types=sorted(video.SUFFIXES), height=130, elem_id="clip", elem_classes="drop"
                )
                with gr.Row(visible=HIDDEN, elem_id="clip-part") as self._part:
                    self._from = gr.Number(0, label=text.FROM, minimum=0, step=0.1, min_width=110, elem_id="clip-from")
                    self._to = gr.Number(0, label=text.TO, minimum=0, step=0.1, min_width=110, elem_id="clip-to")
                self.choice = lay_out("video", BLUR)
                self._format = gr.Radio(
                    [(label, name) for name, label in text.CLIP_FORMATS.items()],
                    value="mp4",
                    label=text.CLIP_FORMAT,
                    info=text.CLIP_FORMATS_HELP,
                    elem_id="clip-format",
                )
            with gr.Column(scale=5, min_width=260, elem_classes="result-first"):
                self._status = gr.HTML(empty(text.CLIP_EMPTY), elem_id="clip-status", elem_classes="say")
                self._player = gr.HTML(
                    "", js_on_load=SCRIPT.read_text(encoding="utf-8"), apply_default_css=False, elem_id="clip-player"
                )
                with gr.Row():
                    self._start = gr.Button(text.CUT_CLIP, variant="primary", visible=HIDDEN, elem_id="clip-start")
                    self._stop = gr.Button(text.STOP_CLIP, visible=HIDDEN, elem_id="clip-stop")
                    self._file = gr.DownloadButton(text.DOWNLOAD_CLIP, visible=HIDDEN, elem_id="clip-download")
        self._wire()

    @property
    def choices(self) -> list[Any]:
        """The controls whose values last."""
        return [*self.choice.lasting, self._format]

    def _wire(self) -> None:
        quiet = {"show_progress": "hidden"}
        buttons = [self._start, self._stop, self._file]
        taken = [self._status, self._player, self._part, self._from, self._to, *buttons]
        self._clip.upload(guarded(self.take), self._clip, taken, **quiet, **self.context.composes)
        self._clip.clear(_nothing, None, taken, **quiet, **self.context.quick)
        self.choice.kind.change(
            fitting_format, [self.choice.kind, self._format], self._format, **quiet, **self.context.quick
        )
        inputs = [self._clip, self._from, self._to, self._format, *self.choice.inputs]
        begun = self._start.click(
            lambda: [busy(text.CLIP_WAITING), *_shown(stop=True)],
            None,
            [self._status, *buttons],
            **quiet,
            **self.context.quick,
        )
        done = begun.then(
            guarded(self.cut), inputs, [self._status, self._player, *buttons], **quiet, **self.context.works_on_clips
        )
        done.failure(lambda: ["", *_shown(start=True)], None, [self._status, *buttons], **quiet, **self.context.quick)
        self._stop.click(self.stop, None, None, **quiet, **self.context.quick)

    def take(self, upload: Upload | None) -> list[Any]:
        """A clip was given: its first frame, and which part is cut out at first."""
        if upload is None:
            return _nothing()
        clip = clips.look_at(self.context, upload)
        limit = self.context.limits.clip_seconds
        seconds = clip.seconds or limit
        message = text.CLIP_TAKEN.format(
            name=clip.name, width=clip.width, height=clip.height, seconds=seconds, rate=clip.rate
        )
        if seconds > limit:
            message += " " + text.CLIP_LIMITED.format(limit=limit)
        poster = clips.poster(self.context, clip)
        end = round(min(seconds, limit), 2)
        numbers = [gr.Number(value=0, maximum=seconds), gr.Number(value=end, maximum=round(seconds + 0.01, 2))]
        shown = _player(None, upload, poster)
        return [say(message), shown, gr.Row(visible=True), *numbers, *_shown(start=True)]

    def cut(
        self,
        upload: Upload | None,
        start: float,
        end: float,
        kind: str,
        behind: str,
        colour: str,
        strength: float,
        place: int,
        own: Upload | None,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        """Cuts the clip out, saying how far it is."""
        if upload is None:
            raise HumanSegError(text.NO_CLIP)
        session = self.context.session(request)
        background = _background(session, behind, colour, strength, place, own)
        job = self.begin(upload, clips.Wish(background, kind, start or None, end or None))
        with self._lock:
            self._jobs[request.session_hash] = job
        try:
            while not wait([job.result], _EVERY).done:
                yield [_progress(job), gr.skip(), *_shown(stop=True)]
            result = job.result.result()
        finally:
            job.stop()  # the page was closed
            with self._lock:
                if self._jobs.get(request.session_hash) is job:
                    del self._jobs[request.session_hash]
        shown = _player(result.shown, upload, None, start or 0)
        yield [_summary(upload.name, result), shown, *_shown(start=True, file=str(result.file))]

    def stop(self, request: gr.Request) -> None:
        """Ends the visitor's clip early; what is done is kept."""
        with self._lock:
            job = self._jobs.get(request.session_hash)
        if job is not None:
            job.stop()

    def begin(self, upload: Upload, wish: clips.Wish) -> clips.Job:
        """Starts to cut out a clip.

        Raises
        ------
        HumanSegError : it's no clip, is larger or longer than allowed, or can't be written like that
        """
        return clips.Job(self.context, self.pool, clips.look_at(self.context, upload), wish)


def fitting_format(behind: str, kind: str) -> Any:
    """A file type that can be transparent, where that's what was chosen."""
    return "webm" if behind == TRANSPARENT and kind == "mp4" else gr.skip()


def _background(
    session: Session, behind: str, colour: str, strength: float, place: int, own: Upload | None
) -> Background:
    picture = picture_of(session.pictures, place, own, PICTURE_SIDE) if behind == PICTURE else None
    return Background(kind=behind, colour=colour or "#ffffff", strength=strength / 100, picture=picture)


def _shown(*, start: bool = False, stop: bool = False, file: str | None = None) -> list[Any]:
    """Which of the buttons are there."""
    return [
        gr.Button(visible=start or HIDDEN),
        gr.Button(visible=stop or HIDDEN),
        gr.DownloadButton(value=file, visible=True if file else HIDDEN),
    ]


def _nothing() -> list[Any]:
    return [empty(text.CLIP_EMPTY), "", gr.Row(visible=HIDDEN), 0, 0, *_shown()]


def _progress(job: clips.Job) -> str:
    if not job.total:
        return busy(text.CLIP_STARTING)
    left = "…" if job.left is None else duration(job.left)
    message = text.CLIP_WORKING.format(done=job.done, total=job.total, left=left)
    return busy(message, round(1000 * job.done), round(1000 * job.total))


def _summary(name: str, result: clips.Result) -> str:
    record = result.record
    if not record.people:
        return say(text.NOBODY.format(name=name), bad=True)
    message = text.CLIP_DONE.format(name=name, frames=record.frames, seconds=record.seconds)
    if record.stopped:
        message = text.CLIP_STOPPED.format(seconds=record.seconds)
    return say(" ".join(filter(None, (message, record.trouble))), bad=bool(record.trouble))


def _player(after: Path | None, before: Upload, poster: Path | None, start: float = 0.0) -> str:
    """The clip before, or before and after with a slider between them."""

    def address(path: Path | str) -> str:
        return escape("gradio_api/file=" + quote(str(path)))

    image = f' poster="{address(poster)}"' if poster else ""
    old = f'src="{address(before.source)}"'
    videos = f'<video class="after" playsinline preload="metadata"{image} {old}></video>'
    if after is not None:
        videos = (
            f'<video class="after" playsinline loop src="{address(after)}"></video>'
            f'<video class="before" muted playsinline tabindex="-1" aria-hidden="true" {old}></video>'
            '<span class="edge"></span>'
        )
    return _PLAYER.format(kind="single" if after is None else "", start=f"{start:g}", videos=videos)


_PLAYER = (
    '<div class="clip-player {kind}" data-start="{start}"><div class="stage">{videos}</div><div class="controls">'
    f'<button class="play" data-play="{text.PLAY}" data-pause="{text.PAUSE}" aria-label="{text.PLAY}">▶</button>'
    f'<input class="seek" type="range" min="0" max="1" step="any" value="0" aria-label="{text.SEEK}">'
    f'<button class="mute" aria-label="{text.MUTE}" aria-pressed="false">♪</button></div>'
    f'<div class="controls compare"><span>{text.BEFORE}</span>'
    f'<input class="wipe" type="range" min="0" max="100" value="50" aria-label="{text.BEFORE_AFTER}">'
    f"<span>{text.AFTER}</span></div></div>"
)
