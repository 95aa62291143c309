"""humanseg pack: data sets in small files, for training on a machine that has nothing else."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import check_folder, whole_number
from humanseg.cli.terminal import say
from humanseg.errors import HumanSegError

MEGABYTE = 1_000_000
SETS = {
    "data": "folder of pairs, split into training and validation",
    "valid": "folder of pairs for validation alone",
    "negatives": "folder of photos without people",
    "unlabelled": "folder of photos to be labelled in training; boxes.csv or partial masks in it are used",
    "pasted": "folder of people cut out with alpha",
}


def add_to(commands: Any) -> None:
    summary = "Pack data sets small, for `humanseg train-packed` on a machine that has nothing else."
    parser = commands.add_parser("pack", help=summary, description=summary)
    parser.set_defaults(run=run)
    for name, meaning in SETS.items():
        parser.add_argument(f"--{name}", action="append", type=Path, default=[], metavar="DIR", help=meaning)
    for name, meaning in (("loose", "outlines are a few pixels off"), ("complete", "everybody is marked")):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="NAME", help=f"data set whose {meaning}")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--megabytes", type=whole_number("--megabytes", 1, 100_000), default=60, help="of a pack at most (default: 60)"
    )


def run(options: argparse.Namespace) -> int:
    """Writes `pack-1.zip` and so on."""
    from humanseg.data.pack import write_packs
    from humanseg.data.packing import choose

    sets = {name: getattr(options, name) for name in SETS}
    if not any(sets.values()):
        raise HumanSegError("There is nothing to pack: name a folder with --data.")
    check_folder(options.out)
    photos, left_out = choose(**sets, loose=options.loose, complete=options.complete)
    if left_out:
        say(f"Left out, since they look like photos that are held back: {', '.join(left_out)}")
    files = write_packs(photos, options.out, [options.megabytes * MEGABYTE])
    for file in files:
        say(f"{file}  {file.stat().st_size / MEGABYTE:.1f} MB")
    say(f"{len(photos)} photos")
    return 0
