"""The options of `train.py`: read, completed and checked before any work begins."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from humanseg.data.sources import parse_weight
from humanseg.data.splits import check_fold
from humanseg.errors import TrainingError
from humanseg.hub.find import find_weights
from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig, check_network, option
from humanseg.training.losses import LOSSES
from humanseg.training.run import check_out, choose_folder, read_description

# Options of one session, which a resumed run doesn't take over.
_PASSING: dict[str, Any] = {"out": None, "resume": False, "stop_after": None, "tensorboard": False}
_OWN: dict[str, Any] = {
    "data": [], "negatives": [], "pseudo": [], "loose": [], "complete": [], "start_from": None, "fold": 0,
    "encoder": ModelConfig.encoder, "decoder": None, "size": ModelConfig.size,
    **{field.name: field.default for field in fields(TrainingConfig)},
}  # fmt: skip


def parse(arguments: list[str] | None, description: str | None) -> dict[str, Any]:
    """The options given on the command line alone: defaults come later, from the run where it's resumed."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    add = parser.add_argument
    add("--data", action="append", metavar="DIR[=WEIGHT]", help="folder of pairs; may be given again")
    add("--negatives", action="append", metavar="DIR[=WEIGHT]", help="folder of photos without people")
    add("--pseudo", action="append", metavar="DIR[=WEIGHT]", help="photos labelled by `humanseg label`")
    add("--loose", action="append", metavar="NAME", help="data set whose outlines are a few pixels off")
    add("--complete", action="append", metavar="NAME", help="data set in which everybody is marked")
    add("--out", type=Path, metavar="DIR", help="where everything goes (default: a new folder, runs/DATE-TIME)")
    add("--resume", action="store_true", help="go on from the state in --out (default: the last run in runs)")
    add("--start-from", metavar="DIR", help="begin with these weights (or user/name on the Hub) instead of ImageNet's")
    add("--stop-after", type=int, metavar="N", help="end after N epochs of the schedule; --resume goes on")
    add("--fold", type=int, metavar="N", help="which tenth of a set without valid.txt to validate on (default: 0)")
    add("--encoder", metavar="NAME", help=f"any smp encoder (default: {_OWN['encoder']})")
    add("--decoder", type=int, nargs="+", metavar="C", help="stages' widths; another than --start-from's is new")
    add("--size", type=int, help=f"long side at which photos will be shown to it (default: {_OWN['size']})")
    add("--loss", choices=sorted(LOSSES), help=f"(default: {_OWN['loss']})")
    add("--sizes", type=int, nargs="+", metavar="N", help="a batch is of one of these (default: 256 320 384)")
    add("--zoom", type=float, nargs=2, metavar="Z", help="range of views' zoom (default: {} {})".format(*_OWN["zoom"]))
    add("--tensorboard", action="store_true", help="write the figures for TensorBoard too")
    add("--plain", action="store_true", help="no augmentation at all")
    add("--frozen-norm", action="store_true", help="leave batch norms as ImageNet left them, for tiny batches")
    for name in (
        "epochs", "batch_size", "learning_rate", "encoder_rate", "weight_decay", "warmup", "hold", "ema_decay",
        "damage", "new_background", "second_person", "nobody", "mosaic", "seed", "workers", "validation_size",
    ):  # fmt: skip
        add(option(name), type=type(_OWN[name]), help=f"(default: {_OWN[name]})")
    return vars(parser.parse_args(arguments))


def settle(given: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """The run's folder, ready to be written to, and all values: given, or else the resumed run's, or else the defaults.

    Raises
    ------
    TrainingError, DataError, WeightsError : something can't be as asked for; nothing has been made then
    """
    resume = given.get("resume", False)
    folder = check_out(given.get("out"), resume)
    kept = read_description(folder).get("arguments") if folder and resume else None
    values = {**_PASSING, **_OWN, **_read_kept(kept), **given}
    configurations(values)
    check_fold(values["fold"])
    if values["stop_after"] is not None and values["stop_after"] < 1:
        raise TrainingError(f"--stop-after is {values['stop_after']}: give a whole number from 1.")
    for text in (*values["data"], *values["negatives"], *values["pseudo"]):
        parse_weight(text)
    if values["start_from"] is not None and not resume:
        values["start_from"] = find_weights(str(values["start_from"]))
    return choose_folder(folder), values


def configurations(values: dict[str, Any]) -> tuple[TrainingConfig, ModelConfig]:
    """How to train, and what.

    Raises
    ------
    TrainingError : a value is out of range
    """
    own = {field.name: values[field.name] for field in fields(TrainingConfig)}
    config = TrainingConfig(**{name: tuple(v) if isinstance(v, list) else v for name, v in own.items()})
    decoder = ModelConfig.decoder_channels if values["decoder"] is None else tuple(values["decoder"])
    model = ModelConfig(encoder=values["encoder"], decoder_channels=decoder, size=values["size"])
    check_network(model)
    return config, model


def to_keep(values: dict[str, Any]) -> dict[str, Any]:
    """The run's own values as JSON can hold them; folders as they are found from anywhere."""
    kept = {name: values[name] for name in _OWN}
    for name in ("data", "negatives", "pseudo"):
        kept[name] = [f"{folder.absolute()}={weight!r}" for folder, weight in map(parse_weight, values[name])]
    kept["start_from"] = None if values["start_from"] is None else str(Path(values["start_from"]).absolute())
    return kept


def _read_kept(kept: Any) -> dict[str, Any]:
    """The inverse of `to_keep`; values of other versions are left out."""
    if not isinstance(kept, dict):
        return {}
    values = {name: value for name, value in kept.items() if name in _OWN}
    if values.get("start_from"):
        values["start_from"] = Path(values["start_from"])
    return values
