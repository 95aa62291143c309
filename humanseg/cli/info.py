"""humanseg info: which weights and which engine would be used here."""

from __future__ import annotations

import argparse
import platform
from typing import Any

import humanseg
from humanseg.cli.arguments import add_command, add_engine_options, load_segmenter
from humanseg.cli.terminal import say


def add_to(commands: Any) -> None:
    parser = add_command(commands, "info", run, "Say which weights and which engine would be used here.")
    add_engine_options(parser)


def run(options: argparse.Namespace) -> int:
    from humanseg.engines import FILES, choose_engine
    from humanseg.hub.find import find_weights, name_on_hub

    needs = FILES[choose_engine(options.engine)]
    folder = find_weights(options.model, revision=options.revision, needs=needs)
    segmenter = load_segmenter(options)
    config = segmenter.config
    say(f"humanseg {humanseg.__version__}, Python {platform.python_version()}, {platform.machine()}")
    name = name_on_hub(folder)
    say(f"weights  {name} in {folder}" if name else f"weights  {folder}")
    say(f"network  U-Net, {config.encoder}, decoder {'-'.join(map(str, config.decoder_channels))}")
    say(f"sizes    {config.size} for photos, {config.live_size} for the webcam (long side, pixels)")
    say(f"engine   {segmenter.engine.name}")
    return 0
