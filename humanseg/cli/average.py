"""humanseg average: the mean of several weights of one training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import add_command, check_folder, number
from humanseg.cli.terminal import say
from humanseg.errors import HumanSegError


def add_to(commands: Any) -> None:
    parser = add_command(commands, "average", run, "Average weights of several stages or epochs of one training.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--scale-logits",
        type=number("--scale-logits"),
        default=1.0,
        metavar="K",
        help="factor of the logits; below 1 the network is less sure",
    )
    parser.add_argument(
        "--shares", type=number("--shares"), nargs="+", metavar="S", help="of each in the mean (default: even)"
    )


def run(options: argparse.Namespace) -> int:
    """Writes the mean of the weights in several folders to another."""
    from humanseg.bulk.targets import Inputs
    from humanseg.extras import needed

    if options.out in Inputs(options.folders):
        raise HumanSegError(f"--out names {options.out}, whose weights are to be averaged: name another folder.")
    check_folder(options.out)
    with needed("train", "Averaging weights"):
        from humanseg.model import unet

    unet.average(options.folders, options.out, options.scale_logits, options.shares)
    say(f"{options.out}")
    return 0
