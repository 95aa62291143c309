"""humanseg card: the model card beside the weights."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import add_command
from humanseg.cli.terminal import say


def add_to(commands: Any) -> None:
    parser = add_command(commands, "card", run, "Write the model card beside the weights.")
    parser.add_argument("--scores", nargs="+", type=Path, default=[], metavar="FILE", help="from `evaluate --json`")
    parser.add_argument(
        "--tables", nargs="+", type=Path, default=[], metavar="FILE", help="from `benchmarks.ablation`, `.folds`"
    )
    parser.add_argument("--licence", metavar="ID", help="of weights trained on sets of your own: mit, cc-by-4.0, ...")


def run(options: argparse.Namespace) -> int:
    from humanseg.hub import card, figures
    from humanseg.hub.find import find_own

    folder = find_own(options.model)
    figures.add_scores(folder, options.scores)
    for table in options.tables:
        figures.add_table(folder, table)
    say(f"{card.write_card(folder, options.licence)}")
    return 0
