"""The command line, `humanseg COMMAND`; one file a command."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from humanseg.cli import (
    average,
    bulk,
    calibrate,
    card,
    cut_out,
    deploy,
    evaluate,
    export,
    info,
    label,
    pack,
    publish,
    terminal,
    train_packed,
    web,
)
from humanseg.errors import HumanSegError

COMMANDS = (
    *(cut_out, bulk, evaluate, calibrate, label, pack, train_packed),
    *(export, average, card, publish, deploy, web, info),
)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="humanseg", description="Cuts people out of photos.")
    commands = top.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; gives the exit status: 0, 1 if anything failed, 130 after Ctrl-C.

    Ended by SIGTERM or SIGHUP it leaves nothing half-written, as after Ctrl-C.
    """
    with terminal.forgiving(), terminal.stopping_cleanly(), warnings.catch_warnings():
        # Warnings of libraries are meant for programmers, not for people who cut out photos.
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        try:
            options = parser().parse_args(arguments)
            return options.run(options)
        except HumanSegError as error:
            terminal.complain(str(error))
            return 1
        except OSError as error:
            if error.filename is None:  # an error of the network, for instance
                raise
            terminal.complain(f"{error.filename} can't be read or written ({error.strerror}): check disk and path.")
            return 1
        except KeyboardInterrupt:
            terminal.complain("Stopped.")
            return terminal.INTERRUPTED
