"""humanseg calibrate: fits from when on somebody is there, and the confidence, on photos that training didn't see."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import add_command, add_engine_options, check_folder
from humanseg.cli.terminal import say


def add_to(commands: Any) -> None:
    parser = add_command(
        commands, "calibrate", run, "Fit the confidence and the least evidence for somebody; writes config.json."
    )
    parser.add_argument(
        "--data", nargs="+", type=Path, required=True, metavar="DIR", help="pairs; of each set those held back"
    )
    parser.add_argument(
        "--negatives", nargs="+", type=Path, required=True, metavar="DIR", help="photos of nobody, those held back"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep the network's alphas there for the next fit")
    parser.add_argument("--no-second-pass", dest="second_pass", action="store_false", help="for weights of the webcam")
    add_engine_options(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the fitted values into the weights' config.json, the figures too, and confidence.png beside it."""
    from humanseg.data import splits
    from humanseg.engines import load_engine
    from humanseg.evaluation import calibrate, plot
    from humanseg.files import sha256
    from humanseg.hub.card import CONFIDENCE_PLOT
    from humanseg.hub.find import find_own
    from humanseg.model.config import WEIGHTS_NAME, read_config, write_config

    if options.cache:
        check_folder(options.cache, "--cache")
    pairs = [pair for folder in options.data for pair in splits.validation_pairs(folder)]
    pairs += [pair for folder in options.negatives for pair in splits.split_negatives(folder)[1]]
    folder = find_own(options.model)
    engine = load_engine(folder, engine=options.engine, threads=options.threads)
    passes = 2 if options.second_pass else 1
    cache = options.cache and options.cache / f"{sha256(folder / WEIGHTS_NAME)[:16]}-{engine.config.size}-{passes}"
    rows = calibrate.measure(engine, pairs, second_pass=options.second_pass, cache=cache, progress=sys.stderr.isatty())
    config = read_config(folder)
    calibration, report = calibrate.fitted(rows, config.calibration)
    plot.plot_confidence(report, folder / CONFIDENCE_PLOT)
    figures = {key: value for key, value in report.items() if key != "photos"}
    metrics = config.metrics | {"confidence": figures}
    write_config(replace(config, calibration=calibration, metrics=metrics), folder)
    _print(report, calibration)
    return 0


def _print(report: dict[str, Any], calibration: Any) -> None:
    people, nobody = report["people"], report["nobody"]
    say(
        f"somebody above an evidence of {calibration.least_evidence:.4f}: found in {nobody['somebody']} of "
        f"{nobody['n']} photos of nobody, missed in {people['missed']} of {people['n']} pairs"
    )
    say(
        f"confidence: rank correlation {report['rank_correlation']:.3f}, calibration error "
        f"{report['calibration_error']:.4f}; {report['failures_in_doubtful_tenth']} of {report['failures']} failures "
        f"are in the doubtful tenth of {report['n']} photos"
    )
