"""report.html beside the results: what a run came to, with some of the photos that want a look."""

from __future__ import annotations

import base64
import html
import random
from collections.abc import Callable
from urllib.parse import quote

from humanseg.bulk.addresses import read_photo
from humanseg.bulk.items import Outcome
from humanseg.bulk.places import LocalPlace, RemotePlace
from humanseg.bulk.progress import Tally, duration
from humanseg.errors import printable
from humanseg.media import photos
from humanseg.resize import shrink

NAME = "report.html"
SHOWN = 48  # doubtful photos, and as many failed ones
_SIDE = 240  # pixels of a picture's longer side
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem; }
dl div { background: #f3f3f5; border-radius: .5rem; padding: .5rem .8rem; }
dt { font-size: .85rem; color: #555; } dd { margin: 0; font-size: 1.4rem; font-weight: 600; }
.photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1rem; padding: 0; }
figure { margin: 0; overflow-wrap: anywhere; font-size: .85rem; }
figure div { display: flex; gap: .2rem; }
img { flex: 1; min-width: 0; height: 11rem; object-fit: contain; border-radius: .4rem;
  background: conic-gradient(#fff 25%, #ddd 0 50%, #fff 0 75%, #ddd 0) 0 0/16px 16px; }
td { vertical-align: top; padding: .3rem .8rem .3rem 0; border-top: 1px solid #ddd; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { background: #16161a; color: #ddd; } dl div { background: #26262c; }
  dt { color: #aaa; } td { border-color: #444; } a { color: #9bf; } }
"""


class Sample:
    """Some doubtful and some failed photos of a run, each as likely as any other."""

    def __init__(self, most: int = SHOWN, seed: int = 0) -> None:
        self._most, self._random = most, random.Random(seed)
        self._seen = {"doubtful": 0, "failed": 0}
        self.doubtful: list[Outcome] = []
        self.failed: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Takes in an outcome; keeps it, perhaps, where it's one of the two kinds (Vitter 1985, algorithm R)."""
        kind = "failed" if outcome.error else "doubtful" if outcome.doubtful else ""
        if not kind:
            return
        kept = getattr(self, kind)
        self._seen[kind] += 1
        if len(kept) < self._most:
            kept.append(outcome)
        elif (place := self._random.randrange(self._seen[kind])) < self._most:
            kept[place] = outcome


def write_report(place: LocalPlace | RemotePlace, tally: Tally, sample: Sample, troubles: list[str]) -> None:
    """Writes the report to the target.

    Raises
    ------
    PlaceError : it can't be written
    """
    place.put(NAME, page(place, tally, sample, troubles).encode())


def page(place: LocalPlace | RemotePlace, tally: Tally, sample: Sample, troubles: list[str]) -> str:
    """The report, a page of its own that needs no other file."""
    counts = {
        "done": f"{tally.done:,}",
        "failed": f"{tally.failed:,}",
        "doubtful": f"{tally.doubtful:,}",
        "nobody found": f"{tally.nobody:,}",
        "done before": f"{tally.skipped:,}",
        "photos/s": f"{tally.worked / max(tally.seconds, 1e-3):.2f}",
        "time": duration(tally.seconds),
    }
    parts = ["<dl>", *(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in counts.items()), "</dl>"]
    if troubles:
        parts += ["<h2>Couldn’t be read</h2><ul>", *(f"<li>{_text(trouble)}</li>" for trouble in troubles), "</ul>"]
    if sample.failed:
        rows = (f"<tr><td>{_text(each.key)}</td><td>{_text(each.error)}</td></tr>" for each in sample.failed)
        parts += [f"<h2>Failed: {len(sample.failed)} of {tally.failed:,}</h2><table>", *rows, "</table>"]
    if sample.doubtful:
        shown = sorted(sample.doubtful, key=lambda outcome: outcome.confidence)
        parts.append(f"<h2>Doubtful: {len(shown)} of {tally.doubtful:,}</h2><div class='photos'>")
        parts += [*(_figure(place, outcome) for outcome in shown), "</div>"]
    if not (troubles or sample.failed or sample.doubtful):
        parts.append("<p>Nothing failed, and nothing is doubtful.</p>")
    parts.append("<p>A record of every photo: the Parquet files in <code>_records</code>.</p>")
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><style>{_STYLE}</style>"
    body = "\n".join(parts)
    return f"<!doctype html>\n<html lang='en'><title>Cut out</title>{head}\n<h1>Cut out</h1>\n{body}\n</html>\n"


def _figure(place: LocalPlace | RemotePlace, outcome: Outcome) -> str:
    """The photo, where it can be read again, beside its result."""
    said = f"expected IoU {outcome.confidence:.2f}" if outcome.person_found else "nobody found"
    before = _picture(lambda: read_photo(outcome.where)) if outcome.where else ""
    after = _picture(lambda: place.get(outcome.target)) if outcome.person_found else ""
    link = f"<a href='{quote(outcome.target)}'>{_text(outcome.key)}</a>"
    return f"<figure><div>{before}{after}</div><figcaption>{link}<br>{said}</figcaption></figure>"


def _picture(get: Callable[[], bytes]) -> str:
    """A picture's file, small, as a part of the page."""
    try:
        rgb, alpha = (photo := photos.read(get())).rgb, photo.alpha
    except Exception:  # a result that was removed meanwhile, for instance: the line is worth having without it
        return ""
    small = photos.encode(
        shrink(rgb, _SIDE), None if alpha is None else shrink(alpha, _SIDE), format="webp", quality=80
    )
    data = base64.b64encode(small).decode()
    return f"<img alt='' src='data:image/webp;base64,{data}'>"


def _text(text: str) -> str:
    return html.escape(printable(text))
