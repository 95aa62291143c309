"""Files that a visitor takes home: the cut-out, the finished picture, everything as a ZIP with its report."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from humanseg.backgrounds import TRANSPARENT
from humanseg.cutout import encoded
from humanseg.errors import HumanSegError
from humanseg.files import name_within
from humanseg.media import photos
from humanseg.ui import text
from humanseg.ui.item import Item
from humanseg.ui.looks import Look
from humanseg.ui.session import Session
from humanseg.ui.shelf import Shelf


def cut_out_file(session: Session, id: str, format: str = "png") -> Path:
    """A cut-out as `NAME-cutout.png` (or .webp).

    Raises
    ------
    HumanSegError : there is no such photo, it failed, nobody is in it, or its files have been removed meanwhile
    """
    item, pictures = session.item(id), session.pictures
    if item.empty:
        raise HumanSegError(item.describe())
    if format == "png":
        return pictures.png(item)
    return pictures.shelf.put(
        photos.output_name(item.name, extension=f".{format}"), encoded(pictures.rgba(item), format)
    )


def picture_file(shelf: Shelf, name: str, picture: np.ndarray, format: str, dpi: int | None = None) -> Path:
    """The finished picture (uint8 HxWx3, or HxWx4 when transparent) as `NAME-background.png` (.jpg, .webp).

    Parameters
    ----------
    dpi : pixels per inch where it's printed
    """
    if picture.shape[2] == 4 and format == "jpeg":
        format = "png"  # JPEG can't be transparent
    extension = ".jpg" if format == "jpeg" else f".{format}"
    return shelf.put(
        photos.output_name(name, suffix="-background", extension=extension), encoded(picture, format, dpi=dpi)
    )


def look_file(session: Session, item: Item, look: Look, format: str) -> Path:
    """A photo's finished picture as `NAME-background.png` (.jpg, .webp).

    Raises
    ------
    HumanSegError : it failed, nobody is in it, or its files have been removed meanwhile
    """
    if item.error or not session.pictures.found(item):
        raise HumanSegError(item.error or text.NOBODY.format(name=item.name))
    return picture_file(session.pictures.shelf, item.name, look.made(session.pictures, item), format, look.dpi)


@dataclass(frozen=True)
class Packing:
    """So many of the pictures are made."""

    done: int
    total: int


@dataclass(frozen=True)
class Packed:
    """The ZIP, and what is to be said of it."""

    path: Path
    words: str


def looks_file(session: Session, look: Look, format: str) -> Iterator[Packing | Packed]:
    """All photos of the session that somebody is in with one look, and `report.csv`, in one ZIP; says how far it is.

    Raises
    ------
    HumanSegError : there are none
    """
    items = session.items
    if not items:
        raise HumanSegError(text.NO_PHOTO)
    wanted = [item for item in items if not (item.error or item.empty)]
    endings = {"jpeg": ".jpg"}
    if look.background.kind == TRANSPARENT and format == "jpeg":
        format = "png"
    ending = endings.get(format, f".{format}")
    names = numbered(["report.csv", *(photos.output_name(item.name, "-background", ending) for item in wanted)])[1:]
    named = dict(zip((item.id for item in wanted), names, strict=True))
    rows, path = [], session.pictures.shelf.place("pictures.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for item in items:
            if item.id in named:
                yield Packing(sum(row.id in named for row in rows), len(named))
                item = _packed(
                    archive, named[item.id], session, item, lambda item: look_file(session, item, look, format)
                )
            rows.append(item)
        archive.writestr("report.csv", "\ufeff" + report(rows))
    failed = sum(bool(row.error) for row in rows)
    but = "".join(
        words.format(count=count)
        for words, count in {text.SOME_EMPTY: sum(row.empty for row in rows), text.BUT_FAILED: failed}.items()
        if count
    )
    yield Packed(path, text.PACKED.format(done=len(rows) - failed - sum(row.empty for row in rows), but=but))


def zip_file(session: Session) -> Path:
    """All cut-outs of the session that somebody is in, with their repairs, and `report.csv` in one ZIP.

    Raises
    ------
    HumanSegError : there are none
    """
    items = session.items
    if not items:
        raise HumanSegError(text.NO_PHOTO)
    cut_out = [item for item in items if not (item.error or item.empty)]
    names = numbered(["report.csv", *(photos.output_name(item.name) for item in cut_out)])[1:]
    rows, unused = [], iter(names)
    path = session.pictures.shelf.place("cutouts.zip")
    # PNGs don't get any smaller, so they are stored as they are.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for item in items:
            rows.append(
                _packed(archive, next(unused), session, item, session.pictures.png) if item in cut_out else item
            )
        archive.writestr("report.csv", "\ufeff" + report(rows))
    return path


def _packed(archive: zipfile.ZipFile, name: str, session: Session, item: Item, make: Callable[[Item], Path]) -> Item:
    """Puts a file that is made of a photo into the archive; gives its row of the report."""
    try:
        archive.write(make(item), name)
        return replace(item, person_found=session.pictures.found(item))
    except HumanSegError as error:
        return replace(item, error=str(error))
    except OSError:
        return replace(item, error=text.GONE.format(name=item.name))


def report(items: Sequence[Item]) -> str:
    """CSV with a line per photo: name, width, height, person found, confidence, worth a look, seconds, error."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["name", "width", "height", "person_found", "confidence", "worth_a_look", "seconds", "error"])
    for item in items:
        found = "" if item.error else ("yes" if item.person_found else "no")
        look = "yes" if item.doubtful or item.empty else "no"
        figures = ["", "", ""] if item.error else [f"{item.confidence:.3f}", look, f"{item.seconds:.2f}"]
        writer.writerow([_harmless(item.name), *(item.size if item.size[0] else ("", "")), found, *figures, item.error])
    return table.getvalue()


def _harmless(name: str) -> str:
    # A spreadsheet would take a name that starts with one of these for a formula.
    return "'" + name if name.startswith(("=", "+", "-", "@")) else name


def numbered(names: Sequence[str]) -> list[str]:
    """The names with repeated ones told apart: a.png, a (2).png; upper and lower case count as equal.

    A ZIP holds UTF-8 alone, so what stands for bytes that aren't becomes "_".
    """
    names = [re.sub("[\ud800-\udfff]", "_", name) for name in names]
    taken: set[str] = set()
    result = []
    for name in names:
        path, unique, number = Path(name), name, 1
        while unique.lower() in taken:
            number += 1
            unique = name_within(path.stem, f" ({number}){path.suffix}")
        taken.add(unique.lower())
        result.append(unique)
    return result
