"""humanseg evaluate: scores on pairs of photo and mask, and on photos of nobody."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import (
    LARGEST_SIZE,
    add_command,
    add_engine_options,
    add_pass_options,
    check_file,
    load_segmenter,
    whole_number,
)
from humanseg.cli.terminal import say
from humanseg.errors import HumanSegError
from humanseg.files import replacing

LABELS = {"iou": "IoU", "boundary_iou": "boundary IoU", "dice": "Dice", "mae": "MAE", "haze": "haze"}


def add_to(commands: Any) -> None:
    parser = add_command(commands, "evaluate", run, "Score the weights on pairs of photo and mask.")
    parser.add_argument("--data", nargs="+", type=Path, default=[], metavar="DIR", help="pairs of photo and mask")
    parser.add_argument("--negatives", nargs="+", type=Path, default=[], metavar="DIR", help="photos of nobody")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--ids", type=Path, metavar="FILE", help="of one set the stems to score, one a line")
    which.add_argument(
        "--validation",
        action="store_true",
        help="of each set the photos held back from training only, as its valid.txt says; without one all pairs, and "
        "half of the photos of nobody",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every photo there")
    parser.add_argument(
        "--size",
        type=whole_number("--size", 1, LARGEST_SIZE),
        metavar="N",
        help="long side that the network is shown, pixels (default: the model's)",
    )
    add_pass_options(parser)
    add_engine_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the mean scores of each set, how often somebody is missed, and how often found where nobody is."""
    from humanseg.evaluation import evaluate as scoring

    sets = _sets(options)
    if options.json:
        files = [file for _, pairs in sets for pair in pairs for file in (pair.image, pair.mask)]
        check_file(options.json, "--json", [file for file in (options.ids, *files) if file])
    segmenter = load_segmenter(options)
    contents = []
    for folder, pairs in sets:
        rows = scoring.evaluate(
            segmenter,
            pairs,
            second_pass=options.second_pass,
            refine=options.refine,
            size=options.size,
            progress=sys.stderr.isatty(),
        )
        content = {
            "data": folder.resolve().name,
            "engine": segmenter.engine.name,
            "size": options.size or segmenter.config.size,
            "second_pass": options.second_pass,
            "mean": scoring.summary(rows),
            "photos": rows,
        }
        _print_figures(folder, content)
        contents.append(content)
    if len(contents) > 1:
        _print_decisions([content["mean"] for content in contents])
    if options.json:
        with replacing(options.json) as temporary:
            whole = contents[0] if len(contents) == 1 else {"sets": contents}
            temporary.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    return 0


def _sets(options: argparse.Namespace) -> list[tuple[Path, list[Any]]]:
    """Each folder that was named, and what to score in it."""
    from humanseg.data import splits
    from humanseg.data.datasets import find_negatives, find_pairs, read_ids

    if not options.data and not options.negatives:
        raise HumanSegError("There is nothing to score: name a set with --data, or photos of nobody with --negatives.")
    if options.ids and len(options.data) + len(options.negatives) > 1:
        raise HumanSegError("--ids is for one set: name one, or use --validation.")
    ids = read_ids(options.ids) if options.ids else None
    sets = []
    for folder in options.data:
        sets.append((folder, splits.validation_pairs(folder) if options.validation else find_pairs(folder, ids)))
    for folder in options.negatives:
        found = splits.split_negatives(folder)[1] if options.validation else find_negatives(folder, ids)
        sets.append((folder, found))
    return sets


def _print_figures(folder: Path, content: dict[str, Any]) -> None:
    mean = content["mean"]
    if "somebody" in mean:
        say(f"{folder}: n {mean['n']}, somebody found in {mean['somebody']}")
        for row in content["photos"]:
            if row["somebody"]:
                say(f"  {row['id']}")
        return
    figures = ", ".join(f"{label} {mean[key]:.4f}" for key, label in LABELS.items() if key in mean)
    say(f"{folder}: n {mean['n']}, {figures}, nobody found in {mean['missed']}")


def _print_decisions(means: Sequence[dict[str, Any]]) -> None:
    """Over all sets together, how often somebody is found where nobody is, and nobody where somebody is."""
    for key, title, what in (
        ("somebody", "All photos of nobody", "somebody"),
        ("missed", "All pairs", "nobody"),
    ):
        rows = [mean for mean in means if key in mean]
        if rows:
            found, photos = sum(row[key] for row in rows), sum(row["n"] for row in rows)
            say(f"{title}: n {photos}, {what} found in {found} ({100 * found / max(1, photos):.1f} %)")
