"""The options of train.py that name data sets, as the photos to train and to validate on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from humanseg.data.datasets import Pair, find_pairs
from humanseg.data.masks import check_masks
from humanseg.data.splits import check_fold, split, split_negatives
from humanseg.data.training_set import Source
from humanseg.errors import DataError

MEAN = "mean"  # the name of the figures over all sets, which no set may have


def gather(
    data: Sequence[str],
    negatives: Sequence[str] = (),
    pseudo: Sequence[str] = (),
    *,
    loose: Sequence[str] = (),
    complete: Sequence[str] = (),
    fold: int = 0,
) -> tuple[list[Source], dict[str, list[Pair]]]:
    """Training sources, and validation pairs by data set.

    Parameters
    ----------
    data, negatives, pseudo : `DIR` or `DIR=WEIGHT`; with no data at all the public human dataset is fetched. Sets in
        `pseudo` were labelled by a network (`python -m humanseg label`): trained on, never scored or pasted
    loose : names of data sets (`set_names`, or their last parts) with outlines drawn by hand
    complete : names of data sets in which everybody is marked
    fold : which part of a set without `valid.txt` is validated on

    Raises
    ------
    DataError : a set can't be read or is named twice, no set has a name in `loose` or `complete`, a weight isn't a
        positive number, there is no such fold
    DownloadError : the human dataset can't be fetched
    """
    check_fold(fold)
    weighted = [[parse_weight(text) for text in texts] for texts in (data, negatives, pseudo)]
    if not data:
        from humanseg.data.download import human_dataset

        weighted[0] = [(human_dataset(), 1.0)]
    names = iter(set_names([folder for part in weighted for folder, _ in part]))
    sources: list[Source] = []
    validation: dict[str, list[Pair]] = {}
    for folder, weight in weighted[0]:
        name = next(names)
        train, valid = split(folder, fold=fold)
        check_masks([pair.mask for pair in (*train, *valid) if pair.mask])
        is_loose = _named(name, loose)
        # A person with a hand-drawn outline would be pasted along with slivers of the old background.
        sources.append(Source(name, train, weight, is_loose, pasteable=not is_loose, complete=_named(name, complete)))
        validation[name] = valid
    for folder, weight in weighted[1]:
        name = next(names)
        train, valid = split_negatives(folder)
        sources.append(Source(name, train, weight, pasteable=False))
        validation[name] = valid
    for folder, weight in weighted[2]:
        pairs = find_pairs(folder)
        check_masks([pair.mask for pair in pairs if pair.mask])
        sources.append(Source(next(names), pairs, weight, pasteable=False))
    for option, wanted in (("--loose", loose), ("--complete", complete)):
        for text in wanted:
            if not any(_named(source.name, [text]) for source in sources):
                known = ", ".join(source.name for source in sources)
                raise DataError(f"{option} {text}: no data set is called that; there are {known}.")
    return sources, validation


def set_names(folders: Sequence[Path]) -> list[str]:
    """What to call each data set: its folder's name, and as much of the path before it as tells it from the others.

    Raises
    ------
    DataError : two of them are the same folder
    """
    places: dict[Path, Path] = {}
    for folder in folders:
        place = folder.resolve()
        if place in places:
            raise DataError(f"{folder} and {places[place]} are the same data set: name it once (=2 draws it twice).")
        places[place] = folder
    # A link keeps its own name; `.` and `..` have the name of the folder that they stand for.
    parts = [(folder if folder.name not in ("", "..") else folder.resolve()).absolute().parts for folder in folders]
    names = []
    for own in parts:
        length = 1
        while length < len(own) and (
            own[-length:] == (MEAN,) or sum(other[-length:] == own[-length:] for other in parts) > 1
        ):
            length += 1
        names.append("/".join(own[-length:]))
    return names


def _named(name: str, wanted: Sequence[str]) -> bool:
    """Whether one of these is a data set's whole name, or the end of it."""
    return any(name == text or name.endswith(f"/{text}") for text in (text.rstrip("/") for text in wanted))


def parse_weight(text: str) -> tuple[Path, float]:
    """`DIR=WEIGHT` or `DIR` (weight 1).

    Raises
    ------
    DataError : the weight isn't a positive number
    """
    folder, separator, weight = text.rpartition("=")
    if not separator:
        return Path(text), 1.0
    try:
        value = float(weight)
    except ValueError:
        return Path(text), 1.0  # a folder with "=" in its name
    if not 0 < value < 1000:
        raise DataError(f"{text}: the weight must be a positive number, as in {folder}=2.")
    return Path(folder), value
