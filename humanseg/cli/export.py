"""humanseg export: the network as ONNX."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import LARGEST_SIZE, add_command, check_file, whole_number
from humanseg.cli.terminal import say
from humanseg.files import replacing


def add_to(commands: Any) -> None:
    parser = add_command(
        commands, "export", run, "Write the network as ONNX: float32 (1, 3, H, W), 0..255 in, alpha out."
    )
    parser.add_argument("--out", type=Path, default=Path("humansegnet.onnx"), metavar="FILE")
    parser.add_argument(
        "--size",
        type=whole_number("--size", 1, LARGEST_SIZE),
        nargs=2,
        metavar=("H", "W"),
        help="fixed size (default: any)",
    )


def run(options: argparse.Namespace) -> int:
    from humanseg.hub.find import find_weights

    folder = find_weights(options.model, revision=options.revision)
    check_file(options.out, "--out", folder.iterdir())
    say("Loading PyTorch ...")
    from humanseg.model.export import to_onnx

    say("Writing the network as ONNX, which takes up to a minute ...")
    with replacing(options.out) as temporary:
        to_onnx(folder, temporary, options.size)
    say(f"{options.out}")
    return 0
