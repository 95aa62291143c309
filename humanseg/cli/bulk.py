"""humanseg bulk: many photos, from wherever they are to wherever the results shall be, and on again after a stop."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from tqdm import tqdm

from humanseg.cli.arguments import MOST_THREADS, add_command, number, whole_number
from humanseg.cli.cut_out import add_result_options, result_options
from humanseg.cli.terminal import INTERRUPTED, complain, say
from humanseg.errors import HumanSegError
from humanseg.extras import needed

MOST_FAILURES = 20  # that are named on the terminal; all are in the records
PAUSE = 0.5, 30.0  # seconds between two lines on a terminal, and into a file


def add_to(commands: Any) -> None:
    parser = add_command(commands, "bulk", run, "Cut out a folder, bucket or archive of photos; goes on after a stop.")
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="folder, pattern ('photos/**/*.jpg'), archive (.zip, .tar) or Parquet file; as a path or an address "
        "(s3://, gs://, hf://)",
    )
    parser.add_argument(
        "target", metavar="TARGET", help="folder or address of the results, their records and report.html"
    )
    add_result_options(parser)
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="this machine, or a cluster")
    parser.add_argument("--address", metavar="auto|ray://...", help="of the Ray cluster (default: one on this machine)")
    parser.add_argument(
        "--processes",
        type=whole_number("--processes", 1, MOST_THREADS),
        metavar="N",
        help="on this machine (default: as many as pay, which is measured)",
    )
    parser.add_argument(
        "--threads",
        type=whole_number("--threads", 1, MOST_THREADS),
        default=1,
        metavar="N",
        help="of each (default: 1)",
    )
    parser.add_argument(
        "--actors",
        type=_bounds,
        default=(1, None),
        metavar="[MIN:]MAX",
        help="on a cluster (default: all it has room for)",
    )
    parser.add_argument(
        "--gpus", type=number("--gpus"), default=0.0, metavar="N", help="of each actor, such as 1 or 0.5"
    )
    parser.add_argument("--runtime", choices=("auto", "torch", "openvino"), help="what runs the network")
    parser.add_argument("--column", help="of a Parquet file, that holds the pictures")
    parser.add_argument(
        "--photo-seconds",
        type=whole_number("--photo-seconds", 1, 86_400),
        default=600,
        metavar="N",
        help="that one photo may take (default: 600)",
    )
    parser.add_argument("--same-source", action="store_true", help="TARGET's photos have moved to SOURCE")
    parser.add_argument("--log-json", action="store_true", help="print how far it is as lines of JSON")


def _bounds(text: str) -> tuple[int, int]:
    """Fewest and most actors: "4:100", or "100"."""
    read = whole_number("--actors", 1, 1_000_000)
    least, _, most = text.rpartition(":")
    least, most = read(least or "1"), read(most)
    if least > most:
        raise HumanSegError(f"--actors takes the fewest before the most, such as {most}:{least}, not {text!r}.")
    return least, most


def run(options: argparse.Namespace) -> int:
    """Works on what isn't done yet; 1 where a photo failed or part of the source couldn't be read."""
    with needed("bulk", "Bulk work"):
        from humanseg.bulk.job import JobConfig
        from humanseg.bulk.places import open_place
        from humanseg.bulk.run import Run
        from humanseg.bulk.sources import Source

    wanted = result_options(options, options.format)
    source = Source(options.source, options.target, options.column)
    place = open_place(options.target)
    config = JobConfig(place.address, wanted, options.model, options.revision, options.runtime).checked()
    shown = Shown(options.log_json)
    work = Run(source, place, config, shown.see, same_source=options.same_source)
    try:
        tally = work.work(_engine(options, config))
    except KeyboardInterrupt:
        shown.close()
        complain(f"Stopped: {work.tally.line()}. The same command goes on from here.")
        return INTERRUPTED
    finally:
        shown.close()
    for trouble in work.troubles:
        complain(trouble)
    if not tally.worked and not tally.skipped and not work.troubles:
        raise HumanSegError(f"There is no photo in {options.source}: {_instead(source)}.")
    shown.end(tally, options.target)
    return 1 if tally.failed or work.troubles else 0


def _engine(options: argparse.Namespace, config: Any) -> Any:
    if options.engine == "ray":
        from humanseg.bulk.ray import RayEngine

        return RayEngine(config, options.address, options.actors, options.threads, options.gpus)
    from humanseg.bulk.local import LocalEngine

    return LocalEngine(config, options.processes, options.threads, options.photo_seconds)


def _instead(source: Any) -> str:
    packed = source.packed()
    if packed:
        return f"there are archives or tables in it, such as {packed}; name them, for instance by a pattern"
    return "name another folder, file or pattern"


class Shown:
    """A run as it's seen: a line that changes on a terminal, now and then a line in a file, or JSON.

    Parameters
    ----------
    as_json : JSON goes to stdout, in place of lines for people
    """

    def __init__(self, as_json: bool) -> None:
        self._json, self._failures = as_json, 0
        self._bar = tqdm(bar_format="{desc}", leave=False, file=sys.stderr, disable=True if as_json else None)
        self._bar.set_description_str("Starting")
        self._pause = PAUSE[0] if not self._bar.disable or as_json else PAUSE[1]
        self._said = time.monotonic()

    def see(self, tally: Any, outcome: Any) -> None:
        """Says how far it is, where that wasn't said lately; and at once what failed."""
        if outcome is not None and outcome.error:
            self._failures += 1
            if self._failures <= MOST_FAILURES:
                complain(outcome.error)
            if self._failures == MOST_FAILURES:
                complain("Further failures are in the records alone.")
        now = time.monotonic()
        if now - self._said < self._pause:
            return
        self._said = now
        if self._json:
            say(json.dumps(tally.as_json()))
        elif self._bar.disable:
            say(tally.line())
        else:
            self._bar.set_description_str(tally.line())

    def close(self) -> None:
        """Takes the changing line away."""
        self._bar.close()

    def end(self, tally: Any, target: str) -> None:
        """Says what it came to."""
        if self._json:
            say(json.dumps(tally.as_json() | {"finished": True}))
            return
        say(f"{tally.summary()}. What wants a look: {target.rstrip('/')}/report.html")
