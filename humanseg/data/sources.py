"""From what was asked for on the command line to what is trained and validated on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from humanseg.data.datasets import Pair, find_negatives, find_pairs
from humanseg.data.splits import split, split_negatives
from humanseg.data.training_set import Source
from humanseg.errors import DataError


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
    data, negatives, pseudo : `DIR` or `DIR=WEIGHT`; with no data at all the public human dataset is fetched. What's in
        `pseudo` was labelled by a network (`python -m humanseg label`): trained on, never scored or pasted
    loose : names of data sets with outlines drawn by hand
    complete : names of data sets in which everybody is marked
    fold : which part of a set without `valid.txt` is validated on

    Raises
    ------
    DataError, DownloadError : a set can't be read or fetched, a weight isn't a positive number
    """
    if not data:
        from humanseg.data.download import human_dataset

        data = [str(human_dataset())]
    sources: list[Source] = []
    validation: dict[str, list[Pair]] = {}
    for text in data:
        folder, weight = parse_weight(text)
        train, valid = split(folder, fold=fold)
        is_loose = folder.name in loose
        everybody = folder.name in complete
        # A hand-drawn outline would take slivers of its old background along.
        sources.append(Source(folder.name, train, weight, is_loose, pasteable=not is_loose, complete=everybody))
        validation[folder.name] = valid
    for text in negatives:
        folder, weight = parse_weight(text)
        train, valid = split_negatives(find_negatives(folder))
        sources.append(Source(folder.name, train, weight, pasteable=False))
        validation[folder.name] = valid
    for text in pseudo:
        folder, weight = parse_weight(text)
        sources.append(Source(folder.name, find_pairs(folder), weight, pasteable=False))
    return sources, validation


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
