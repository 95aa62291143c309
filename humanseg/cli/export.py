"""humanseg export: `model.onnx`, made from the weights."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from humanseg.cli.arguments import LARGEST_SIZE, add_command, check_file, whole_number
from humanseg.cli.terminal import say
from humanseg.errors import HumanSegError


def add_to(commands: Any) -> None:
    parser = add_command(
        commands, "export", run, "Write the network as ONNX: float32 (1, 3, H, W), 0..255 in, alpha out; needs PyTorch."
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: model.onnx beside the weights; here for those of the Hub"
    )
    parser.add_argument(
        "--size",
        type=whole_number("--size", 1, LARGEST_SIZE),
        nargs=2,
        metavar=("H", "W"),
        help="fixed size, for runtimes that want one (default: any); needs --out",
    )


def run(options: argparse.Namespace) -> int:
    from humanseg.extras import needed
    from humanseg.hub.find import find_weights
    from humanseg.model.config import ONNX_NAME

    folder = find_weights(options.model, revision=options.revision)
    if options.size and not options.out:
        raise HumanSegError("A file for one size can't serve as model.onnx beside the weights: name another by --out.")
    out = options.out or (folder if _is_here(options.model) else Path()) / ONNX_NAME
    check_file(out, "--out", (path for path in folder.iterdir() if path.name != ONNX_NAME))
    say("Writing the network as ONNX, which takes up to a minute ...")
    with needed("train", "Writing the network as ONNX"):
        from humanseg.model.export import write_onnx
    write_onnx(folder, out, options.size)
    say(f"{out}")
    return 0


def _is_here(model: str | None) -> bool:
    """Whether weights are a folder of this computer's or those that ship, rather than in the Hub's cache."""
    from humanseg.hub.find import LIVE_NAME, MODEL_VARIABLE, SHIPPED_NAME

    model = model or os.environ.get(MODEL_VARIABLE) or SHIPPED_NAME
    return model in (SHIPPED_NAME, LIVE_NAME) or Path(model).expanduser().is_dir()
