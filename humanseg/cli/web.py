"""humanseg web: the page as a folder of files, which works in the visitors' browsers without any server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import check_folder
from humanseg.cli.terminal import say, size


def add_to(commands: Any) -> None:
    summary = "Write the static page: photos and webcam are cut out in the visitor's own browser, by no server."
    parser = commands.add_parser("web", help=summary, description=summary)
    parser.set_defaults(run=run)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder, or one written before")
    parser.add_argument(
        "--model", metavar="DIR", help="weights for photos: a folder, or user/name on the Hub (default: shipped)"
    )
    parser.add_argument("--live-model", metavar="DIR", help="the same for the webcam (default: shipped)")


def run(options: argparse.Namespace) -> int:
    from humanseg.web import build, folder

    out = options.out
    folder.check(out)
    check_folder(out)
    files = build.page(options.model, options.live_model)
    changed = folder.write(files, out)
    sizes = build.parts(files)
    for name, part in sizes.items():
        say(f"{size(part)}  {name}")
    say(f"{size(sum(sizes.values()))}  in {len(files)} files in {out}, {changed} of them new or changed")
    say(f"Try it: python -m http.server 8000 --bind 127.0.0.1 --directory {out}  and open http://localhost:8000")
    return 0
