"""One source -> one record: what the command line, the page's batches and bulk work do with every photo."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from humanseg.backgrounds import TRANSPARENT, Background
from humanseg.cutout import CutOut, check_format, encoded
from humanseg.errors import HumanSegError, ImageError, printable
from humanseg.media import photos
from humanseg.media.exif import fitting
from humanseg.people import Keep
from humanseg.placing import Placement, placed_alpha
from humanseg.segmenter import Segmenter
from humanseg.sizes import AS_IS, PEOPLE

log = logging.getLogger(__name__)

SUFFIXES = {"png": ".png", "webp": ".webp", "jpeg": ".jpg"}


@dataclass(frozen=True)
class Options:
    """How photos are cut out and written.

    Attributes
    ----------
    background : what goes behind the people
    format : png, webp or jpeg; None for png, or jpeg on a background
    mask : the alpha alone, as a grey PNG, in place of the picture
    crop : short for a placement of the size "people": cropped to them, with a margin
    placement : the picture's size, and where the people are in it; of a mask too
    second_pass, refine, colours : as for `Segmenter.cut_out`
    keep_exif : keep the photo's EXIF, which may say where it was taken
    keep : who of several people stays, as for `Segmenter.cut_out`

    Raises
    ------
    ImageError : the format can't hold what is asked for
    """

    background: Background = field(default_factory=Background)
    format: str | None = None
    mask: bool = False
    crop: bool = False
    second_pass: bool = True
    refine: bool = True
    colours: bool = True
    keep_exif: bool = False
    keep: Keep | None = None
    placement: Placement = field(default_factory=Placement)

    def __post_init__(self) -> None:
        if self.crop and self.placement.size.kind == AS_IS:
            object.__setattr__(self, "placement", replace(self.placement, size=PEOPLE))
        if self.mask and self.format not in (None, "png"):
            raise ImageError("A mask is always written as PNG: leave the format out.")
        if not self.mask:
            check_format(self.background, self.file_format)

    @property
    def file_format(self) -> str:
        """png, webp or jpeg."""
        if self.mask:
            return "png"
        return self.format or ("png" if self.background.kind == TRANSPARENT else "jpeg")

    @property
    def ending(self) -> tuple[str, str]:
        """What the photo's name gets in place of its suffix: ("-cutout", ".png")."""
        return "-mask" if self.mask else "-cutout", SUFFIXES[self.file_format]


@dataclass(frozen=True)
class Record:
    """What became of one photo.

    Attributes
    ----------
    source : what it was called
    target : the file that was written, None if it failed
    size : width and height of the photo in pixels, (0, 0) if it failed
    person_found, confidence : as for `CutOut`
    seconds : how long it took, from reading to writing
    error : why it failed, in one sentence; "" if it didn't
    """

    source: str
    target: Path | None = None
    size: tuple[int, int] = (0, 0)
    person_found: bool = False
    confidence: float = 0.0
    seconds: float = 0.0
    error: str = ""


def cut_out(
    segmenter: Segmenter, source: str | os.PathLike[str], target: Path, options: Options | None = None
) -> Record:
    """Cuts the people out of one photo and writes the result, whole or not at all.

    Never raises for what is wrong with a photo or with the place that the result goes to: the record says it.

    Parameters
    ----------
    source : the photo's path
    target : the file to write; its folder is made where it's missing
    """
    options = options or Options()

    def work() -> tuple[CutOut, Path]:
        photo = photos.read(source)
        cut = found_in(photo, segmenter, options)
        data = finished(cut, options, photo.exif)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageError(f"{target.parent} can't be made ({error.strerror}): choose another folder.") from error
        photos.write(target, data)
        return cut, target

    return recorded(str(source), work)[0]


def found_in(photo: photos.Photo, segmenter: Segmenter, options: Options) -> CutOut:
    """The people in a photo, by the options that say how they are looked for."""
    return segmenter.cut_out(
        photo,
        second_pass=options.second_pass,
        refine=options.refine,
        colours=options.colours,
        keep=options.keep,
    )


def finished(cut: CutOut, options: Options | None = None, exif: bytes | None = None) -> bytes:
    """The file that is made of a cut-out.

    Parameters
    ----------
    exif : of the photo; goes into the file only where `options.keep_exif` says so

    Raises
    ------
    ImageError : the format can't hold a picture that large
    """
    options = options or Options()
    placement, dpi = options.placement, options.placement.size.dpi
    if options.mask:
        return photos.encode_mask(placed_alpha(cut.alpha, placement), dpi=dpi)
    picture = cut.on(options.background, placement=placement)
    kept = fitting(exif, options.file_format) if exif and options.keep_exif else None
    if options.keep_exif and kept != exif:
        kind = options.file_format.upper()
        log.warning("%s has more EXIF than %s holds: its longest entries are left out", printable(cut.name), kind)
    return encoded(picture, options.file_format, exif=kept, dpi=dpi)


def explained(source: str, error: Exception) -> str:
    """One sentence for what went wrong with a photo; what nobody expected goes to the log with its stack trace."""
    if isinstance(error, HumanSegError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{source} needs more memory than is free: make it smaller."
    log.error("%s went wrong", source, exc_info=error)
    return f"{source} couldn't be cut out ({type(error).__name__}: {error}): please report this photo."


def recorded(
    source: str,
    work: Callable[[], tuple[CutOut, Path]],
    explain: Callable[[str, Exception], str] = explained,
) -> tuple[Record, CutOut | None]:
    """Does one photo's work: a failure becomes the record's error, so that the others go on.

    Parameters
    ----------
    source : what the photo is called
    work : gives the cut-out and the file that was written
    explain : makes a sentence of an exception, given `source` too

    Returns
    -------
    the record, and the cut-out (None if it failed)
    """
    started = time.monotonic()
    try:
        cut, target = work()
    except Exception as error:
        return Record(source, seconds=time.monotonic() - started, error=explain(source, error)), None
    height, width = cut.alpha.shape
    seconds = time.monotonic() - started
    return Record(source, target, (width, height), cut.person_found, cut.confidence, seconds), cut
