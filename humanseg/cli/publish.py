"""humanseg publish: weights to the Hub, with their model card."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from humanseg.cli.terminal import say, size
from humanseg.extras import needed
from humanseg.model.config import ONNX_NAME


def add_to(commands: Any) -> None:
    summary = "Upload weights to the Hub, with ONNX file, configuration and model card."
    parser = commands.add_parser("publish", help=summary, description=summary)
    parser.set_defaults(run=run)
    parser.add_argument("repository", metavar="USER/NAME", help="the model on the Hub; it's made if there is none")
    parser.add_argument("--model", metavar="DIR", help="folder of weights (default: shipped)")
    parser.add_argument("--licence", metavar="ID", help="of weights trained on sets of your own: mit, cc-by-4.0, ...")
    parser.add_argument("--private", action="store_true", help="make a model that only you can see")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be uploaded")


def run(options: argparse.Namespace) -> int:
    from humanseg.hub import publish
    from humanseg.hub.find import find_own

    repository = options.repository
    publish.check_name(repository)
    folder = find_own(options.model)
    if not (folder / ONNX_NAME).is_file():
        say(f"{folder / ONNX_NAME} is made from the weights first, which takes up to a minute.")
        if not options.dry_run:
            _make_onnx(folder)
    with tempfile.TemporaryDirectory() as scratch:
        files = publish.gather(folder, repository, Path(scratch), options.licence)
        uploads, commit = publish.compare(repository, files)
        kind = "a model that is there" if commit else f"a new {'private' if options.private else 'public'} model"
        say(f"{folder} as {repository}, {kind}:")
        for upload in uploads:
            say(f"{size(upload.size)}  {upload.name}  ({upload.state})")
        changed = [upload for upload in uploads if upload.state != "unchanged"]
        if not changed:
            say(f"Nothing has changed: it's {repository}@{commit}.")
        elif options.dry_run:
            say(f"{size(sum(upload.size for upload in changed))}  would be uploaded.")
        else:
            say(f"Published: {repository}@{publish.publish(repository, changed, private=options.private)}")
    return 0


def _make_onnx(folder: Path) -> None:
    """Writes `model.onnx` beside weights that have none, as `humanseg export` does."""
    with needed("train", "Writing the network as ONNX"):
        from humanseg.model.export import write_onnx
    write_onnx(folder, folder / ONNX_NAME)
