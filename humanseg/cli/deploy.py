"""humanseg deploy: the page on a Hugging Face Space."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import check_folder
from humanseg.cli.terminal import say, size
from humanseg.errors import HumanSegError


def add_to(commands: Any) -> None:
    summary = "Put the page on a Hugging Face Space, with weights from the Hub."
    parser = commands.add_parser("deploy", help=summary, description=summary)
    parser.set_defaults(run=run)
    parser.add_argument("space", metavar="USER/SPACE", help="the Space; it's made if there is none")
    parser.add_argument(
        "--model",
        metavar="USER/NAME[@REVISION]",
        help="weights for photos on the Hub, pinned to the commit that they are at (default: USER/humansegnet)",
    )
    parser.add_argument(
        "--live-model",
        metavar="USER/NAME[@REVISION]",
        help="the same for the webcam (default: the photos' name with -live behind it, where there is one)",
    )
    parser.add_argument(
        "--static",
        action="store_true",
        help="the page that works in the visitors' browsers, on a Static Space, which is free; the weights go along "
        "with it, and --model may be a folder (default: shipped)",
    )
    parser.add_argument("--zero-gpu", action="store_true", help="for ZeroGPU: PyTorch, and photos on a shared GPU")
    parser.add_argument("--dry-run", action="store_true", help="only say what the Space would hold")
    parser.add_argument("--out", type=Path, metavar="DIR", help="only write what it would hold to a new folder")


def run(options: argparse.Namespace) -> int:
    from humanseg.hub import deploy
    from humanseg.web import build

    deploy.check_name(options.space)
    if options.static and options.zero_gpu:
        raise HumanSegError("--static runs in the visitors' browsers and --zero-gpu on a GPU: choose one of them.")
    if options.out is not None:
        _check_new(options.out)
    files, loaded = _static(options) if options.static else _running(options)
    if options.dry_run:
        for name, data in sorted(files.items()):
            say(f"{size(build.length(data))}  {name}")
    say(f"{size(sum(map(build.length, files.values())))}  in {len(files)} files for the Space {options.space}")
    for line in loaded:
        say(line)
    if options.out is not None:
        deploy.write(files, options.out)
        say(f"{options.out}")
    elif not options.dry_run:
        say(deploy.upload(files, options.space, zero_gpu=options.zero_gpu, static=options.static))
    return 0


def _running(options: argparse.Namespace) -> tuple[Mapping[str, bytes | Path], list[str]]:
    """The files of a Space that runs the page, and what is said of the weights that it loads."""
    from humanseg.hub import deploy, space

    user = options.space.partition("/")[0]
    planned = deploy.plan(options.model or f"{user}/humansegnet", options.live_model, zero_gpu=options.zero_gpu)
    loaded = [
        f"{size(sum(weights.files.values()))}  that it loads from {weights}: {', '.join(weights.files)}"
        for weights in planned.weights
    ]
    return space.contents(planned), loaded


def _static(options: argparse.Namespace) -> tuple[Mapping[str, bytes | Path], list[str]]:
    """The files of a Static Space; it loads nothing from elsewhere."""
    from humanseg.hub import find, static_space
    from humanseg.web import build

    files = build.page(options.model, options.live_model)
    named = find.models_named(options.model, options.live_model)
    models = dict.fromkeys(name.partition("@")[0] for name in named if find.is_on_hub(name))
    terms = build.TERMS if build.TERMS in files else None
    return files | {"README.md": static_space.readme(list(models), terms).encode()}, []


def _check_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HumanSegError(f"--out names {folder}, which isn't empty: name a new folder.")
    check_folder(folder)
