"""Files that a visitor takes home: the cut-out, the finished picture, everything as a ZIP with its report."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np

from humanseg.cutout import CutOut
from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.ui import text
from humanseg.ui.server.guard import plain
from humanseg.ui.visitor import Item, Visitor

# The file is made when it's asked for; only then the browser fetches it.
FETCH = """(file) => {
  if (!file) return;
  const link = document.createElement("a");
  link.href = file.url;
  link.download = file.orig_name || file.path.split("/").pop();
  document.body.appendChild(link); link.click(); link.remove();
}"""


# A person on the checkerboard that stands for “transparent”.
PERSON = """<svg viewBox="0 0 96 96" aria-hidden="true"><defs><pattern id="board" width="12" height="12"
patternUnits="userSpaceOnUse"><path d="M0 0h6v6H0zM6 6h6v6H6z" fill="currentColor" opacity=".16"/></pattern></defs>
<rect width="96" height="96" rx="12" fill="url(#board)"/><circle cx="48" cy="37" r="16" fill="var(--primary-600)"/>
<path d="M16 96c0-22 14-36 32-36s32 14 32 36z" fill="var(--primary-600)"/></svg>"""


def say(message: str, *, bad: bool = False) -> str:
    """A message as HTML, read out by screen readers."""
    return f'<p role="status" class="{"bad" if bad else "good"}">{escape(message)}</p>'


def busy(message: str) -> str:
    """A message with a progress bar that only says that something is going on."""
    return f'<p role="status">{escape(message)}</p><progress></progress>'


def empty(message: str) -> str:
    """What stands where a picture will be."""
    return f'<div class="empty">{PERSON}<p>{escape(message)}</p></div>'


class Download:
    """A button whose file is made on the click."""

    def __init__(self, house: SimpleNamespace, label: str, elem_id: str, **options: Any) -> None:
        self._house = house
        self.button = gr.Button(label, elem_id=elem_id, **options)
        self._file = gr.File(visible=False)

    def click(self, make: Callable[..., str], inputs: Sequence[Any]) -> None:
        """`make(*inputs)` gives the path of the file."""
        making = self.button.click(
            plain(make), inputs, self._file, show_progress="minimal", show_progress_on=self.button, **self._house.quick
        )
        making.success(None, self._file, None, js=FETCH, api_visibility="private")


def download(house: SimpleNamespace, label: str, elem_id: str, **options: Any) -> Download:
    """A `Download` at this place of the page."""
    return Download(house, label, elem_id, **options)


def encoded(cut: CutOut, format: str = "png") -> bytes:
    """The cut-out as a file; where nobody is, nothing of the old background is left in it."""
    return photos.encode(np.ascontiguousarray(cut.rgba[..., :3]), cut.alpha, format=format)


def cut_out_file(house: SimpleNamespace, visitor: Visitor, format: str = "png") -> str:
    """The current cut-out as `NAME-cutout.png` (or .webp).

    Raises
    ------
    HumanSegError : there is none
    """
    cut = visitor.cut
    if cut is None:
        raise HumanSegError(text.NO_PHOTO)
    written = visitor.item.result if visitor.item is not None and visitor.repair is None else None
    if format == "png" and written is not None and written.exists():
        return str(written)
    name = photos.output_name(cut.name, extension=f".{format}")
    return str(house.shelf.put(name, encoded(cut, format)))


def picture_file(house: SimpleNamespace, name: str, picture: np.ndarray, format: str) -> str:
    """The finished picture (uint8 HxWx3, or HxWx4 when transparent) as `NAME-background.png` (.jpg, .webp)."""
    alpha = None
    if picture.shape[2] == 4:
        picture, alpha = np.ascontiguousarray(picture[..., :3]), picture[..., 3].astype(np.float32) / 255
        format = "png" if format == "jpeg" else format  # JPEG knows no transparency
    extension = ".jpg" if format == "jpeg" else f".{format}"
    file = photos.output_name(name, suffix="-background", extension=extension)
    return str(house.shelf.put(file, photos.encode(picture, alpha, format=format)))


def report(items: Sequence[Item]) -> str:
    """CSV with a line per photo: name, width, height, person found, confidence, seconds, error."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["name", "width", "height", "person_found", "confidence", "seconds", "error"])
    for item in items:
        found = "" if item.error else ("yes" if item.person_found else "no")
        figures = ["", ""] if item.error else [f"{item.confidence:.3f}", f"{item.seconds:.2f}"]
        writer.writerow([_harmless(item.name), *(item.size if item.size[0] else ("", "")), found, *figures, item.error])
    return table.getvalue()


def _harmless(name: str) -> str:
    # A spreadsheet would take a name that starts so for a formula.
    return "'" + name if name.startswith(("=", "+", "-", "@")) else name


def numbered(names: Sequence[str]) -> list[str]:
    """The names with repeated ones told apart: a.png, a (2).png; upper and lower case count as equal."""
    taken: set[str] = set()
    result = []
    for name in names:
        path, unique, number = Path(name), name, 1
        while unique.lower() in taken:
            number += 1
            unique = f"{path.stem} ({number}){path.suffix}"
        taken.add(unique.lower())
        result.append(unique)
    return result


def zip_file(house: SimpleNamespace, visitor: Visitor) -> str:
    """All cut-outs of the session and `report.csv` in one ZIP.

    Raises
    ------
    HumanSegError : there are none
    """
    items = list(visitor.items)
    if not items:
        raise HumanSegError(text.NO_PHOTO)
    done = [item for item in items if item.result is not None and item.result.exists()]
    packed = io.BytesIO()
    # PNGs don't get any smaller, so they are stored as they are.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        names = numbered(["report.csv", *(photos.output_name(item.name) for item in done)])[1:]
        for item, name in zip(done, names, strict=True):
            archive.write(item.result, name)
        archive.writestr("report.csv", "\ufeff" + report(items))
    return str(house.shelf.put("cutouts.zip", packed.getvalue()))
