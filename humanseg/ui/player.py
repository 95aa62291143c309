"""A clip on the page as HTML: before and after, and the bar on which its part is chosen."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import quote

from humanseg.ui import text
from humanseg.ui.upload import Upload

PLAYER, TRIM = (Path(__file__).parent / name for name in ("player.js", "trim.js"))
STEP = 0.01  # seconds, of the handles


def player(after: Path | None, before: Upload, poster: Path | None, start: float = 0.0) -> str:
    """The clip before, or before and after with a slider between them.

    Parameters
    ----------
    after : what was made of it, None for nothing yet
    poster : what is shown until it plays, and where a browser can't play it
    start : where in the clip what was made of it begins, in seconds
    """
    image = f' poster="{_address(poster)}"' if poster else ""
    old = f'src="{_address(before.source)}"'
    videos = f'<video class="after" playsinline preload="metadata"{image} {old}></video>'
    if after is not None:
        videos = (
            f'<video class="after" playsinline loop src="{_address(after)}"></video>'
            f'<video class="before" muted playsinline tabindex="-1" aria-hidden="true" {old}></video>'
            '<span class="edge"></span>'
        )
    return _PLAYER.format(kind="single" if after is None else "", start=f"{start:g}", videos=videos)


def trim(seconds: float, limit: float, start: float, end: float) -> str:
    """The bar on which the part of a clip is chosen.

    Parameters
    ----------
    seconds : how long the clip is
    limit : how long the part may be
    """
    handles = "".join(
        f'<input class="{name}" type="range" min="0" max="{seconds:g}" step="{STEP:g}" value="{value:g}" '
        f'aria-label="{label}">'
        for name, value, label in (("from", start, text.TRIM_FROM), ("to", end, text.TRIM_TO))
    )
    return _TRIM.format(seconds=f"{seconds:g}", limit=f"{limit:g}", handles=handles)


def _address(path: Path | str) -> str:
    return escape("gradio_api/file=" + quote(str(path)))


_PLAYER = (
    '<div class="clip-player {kind}" data-start="{start}"><div class="stage">{videos}</div><div class="controls">'
    f'<button class="play" data-play="{text.PLAY}" data-pause="{text.PAUSE}" aria-label="{text.PLAY}">▶</button>'
    f'<input class="seek" type="range" min="0" max="1" step="any" value="0" aria-label="{text.SEEK}">'
    f'<button class="mute" aria-label="{text.MUTE}" aria-pressed="false">♪</button></div>'
    f'<div class="controls compare"><span>{text.BEFORE}</span>'
    f'<input class="wipe" type="range" min="0" max="100" value="50" aria-label="{text.BEFORE_AFTER}">'
    f"<span>{text.AFTER}</span></div></div>"
)
_TRIM = (
    '<div class="clip-trim" data-seconds="{seconds}" data-limit="{limit}" role="group" '
    f'aria-label="{text.TRIM}"><p class="words" data-words="{text.TRIM_WORDS}" data-all="{text.TRIM_ALL}"></p>'
    '<div class="bar"><span class="part"></span>{handles}</div></div>'
)
