"""humanseg train-packed: fine-tunes weights on one GPU, by the clock, from packs alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import check_folder, number, whole_number
from humanseg.cli.terminal import say
from humanseg.errors import HumanSegError

LARGEST_SIDE = 2048  # pixels, of views


def add_to(commands: Any) -> None:
    summary = "Fine-tune weights on one GPU from packs of `humanseg pack`: photos and augmentation live on the device."
    parser = commands.add_parser("train-packed", help=summary, description=summary)
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("packs", nargs="+", type=Path, metavar="PACK")
    add("--start-from", required=True, metavar="DIR", help="weights to begin with, here or user/name on the Hub")
    add("--out", type=Path, required=True, metavar="DIR")
    add("--minutes", type=number("--minutes"), default=6.0, help="of training (default: 6)")
    add("--labeller", type=Path, metavar="DIR", help="weights that label unlabelled photos (default: its own average)")
    add("--sizes", type=whole_number("--sizes", 32, LARGEST_SIDE), nargs="+", default=[384, 448, 512], metavar="N")
    add("--batch-size", type=whole_number("--batch-size", 2, 4096), default=64, help="at the largest size")
    add("--learning-rate", type=number("--learning-rate"), default=1e-3)
    add("--weight", action="append", default=[], metavar="SET=W", help="how often a set's photos are drawn")
    add("--decoder", type=whole_number("--decoder", 1, 4096), nargs="+", metavar="C", help="a new decoder's widths")
    add("--slim", type=number("--slim"), metavar="S", help="share of the encoder's inner channels to keep")
    add("--largest-kernel", type=whole_number("--largest-kernel", 3, 9), metavar="K", help="of depthwise convolutions")
    add("--half", action="store_true", help="write half precision, half the size")
    add("--seed", type=whole_number("--seed", 0, 2**31 - 1), default=0)


def run(options: argparse.Namespace) -> int:
    """Trains and writes the average of the weights."""
    from humanseg.extras import needed
    from humanseg.hub.find import find_weights

    if not 0 < options.minutes < 10_000:
        raise HumanSegError(f"--minutes is {options.minutes}: give a positive number.")
    if any(size % 32 for size in options.sizes):
        raise HumanSegError("--sizes takes multiples of 32, such as 384 448 512.")
    if options.slim is not None and not 0 < options.slim <= 1:
        raise HumanSegError(f"--slim is {options.slim}: give a number above 0 and at most 1.")
    weights = dict(map(_weight, options.weight))
    check_folder(options.out)
    start_from = find_weights(options.start_from)
    with needed("train", "Training"):
        from humanseg.training.gpu import run as training
    plan = training.Plan(
        seconds=60 * options.minutes,
        batch=options.batch_size,
        sizes=tuple(options.sizes),
        learning_rate=options.learning_rate,
        weights=weights,
        seed=options.seed,
    )
    training.fit(
        options.packs,
        plan,
        start_from,
        options.out,
        labeller=options.labeller,
        decoder=tuple(options.decoder) if options.decoder else None,
        slim=options.slim,
        largest_kernel=options.largest_kernel,
        half=options.half,
    )
    say(f"{options.out}")
    return 0


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    weight = number("--weight")(value)
    if not name or not 0 <= weight < 1000:
        raise HumanSegError(f"--weight takes SET=W, such as everyday=1.8, not {text!r}.")
    return name, weight
