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


def run(options: argparse.Namespace) -> int:
    from humanseg.hub.find import find_weights
    from humanseg.training import report

    folder = find_weights(options.model, revision=options.revision)
    report.add_scores(folder, options.scores)
    for table in options.tables:
        report.add_table(folder, table)
    say(f"{report.write_card(folder)}")
    return 0
