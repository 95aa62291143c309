"""humanseg evaluate: scores on pairs of photo and mask, or on photos of nobody."""

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
from humanseg.files import replacing


def add_to(commands: Any) -> None:
    parser = add_command(commands, "evaluate", run, "Score the weights on pairs of photo and mask.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, metavar="DIR", help="pairs of photo and mask")
    what.add_argument("--negatives", type=Path, metavar="DIR", help="photos of nobody; --ids names those to score")
    parser.add_argument("--ids", type=Path, metavar="FILE", help="the stems to score, one a line (default: all)")
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
    """Prints the mean scores, or in how many photos of nobody somebody is found; --json gets each photo's figures."""
    from humanseg.data.datasets import find_negatives, find_pairs, read_ids
    from humanseg.evaluation import evaluate as scoring

    folder = options.data or options.negatives
    find = find_pairs if options.data else find_negatives
    pairs = find(folder, read_ids(options.ids) if options.ids else None)
    if options.json:
        files = [file for pair in pairs for file in (pair.image, pair.mask)]
        check_file(options.json, "--json", [file for file in (options.ids, *files) if file])
    segmenter = load_segmenter(options)
    rows = scoring.evaluate(
        segmenter,
        pairs,
        second_pass=options.second_pass,
        refine=options.refine,
        size=options.size,
        progress=sys.stderr.isatty(),
    )
    mean = scoring.summary(rows)
    _print_figures(folder, rows, mean)
    if options.json:
        content = {
            "data": folder.resolve().name,
            "engine": segmenter.engine.name,
            "size": options.size or segmenter.config.size,
            "second_pass": options.second_pass,
            "mean": mean,
            "photos": rows,
        }
        with replacing(options.json) as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0


def _print_figures(folder: Path, rows: Sequence[dict[str, Any]], mean: dict[str, Any]) -> None:
    if "iou" in mean:
        labels = {"iou": "IoU", "boundary_iou": "boundary IoU", "dice": "Dice", "mae": "MAE", "haze": "haze"}
        say(f"{folder}: n {mean['n']}, " + ", ".join(f"{labels[k]} {mean[k]:.4f}" for k in labels if k in mean))
        return
    say(f"{folder}: n {mean['n']}, somebody found in {mean['somebody']}")
    for row in rows:
        if row["somebody"]:
            say(f"  {row['id']}")
