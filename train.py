"""Fine-tunes an ImageNet-initialised U-Net to separate people from their background.

python train.py                                          the public human dataset, fetched first
python train.py --data DIR --data DIR2=0.5 --epochs 25    your own; DIR2's photos are drawn half as often
python train.py --resume --out runs/latest                go on where it stopped
accelerate launch --multi_gpu --num_processes 2 train.py  more GPUs, the same effective batch
torchrun --nproc_per_node 2 train.py                      the same on CPUs
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from humanseg.errors import HumanSegError
from humanseg.model.config import ModelConfig
from humanseg.training.memory import keep_freed_memory


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    from humanseg.training.fit import TrainingConfig
    from humanseg.training.losses import LOSSES

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--data", action="append", default=[], metavar="DIR[=WEIGHT]", help="folder of pairs; may be given again")
    add("--negatives", action="append", default=[], metavar="DIR[=WEIGHT]", help="folder of photos without people")
    add("--pseudo", action="append", default=[], metavar="DIR[=WEIGHT]", help="photos labelled by `humanseg label`")
    add("--loose", action="append", default=[], metavar="NAME", help="data set whose outlines are a few pixels off")
    add("--complete", action="append", default=[], metavar="NAME", help="data set in which everybody is marked")
    add("--out", type=Path, default=Path("runs/latest"), help="where everything goes (default: %(default)s)")
    add("--resume", action="store_true", help="go on from the state in --out")
    add("--start-from", type=Path, metavar="DIR", help="begin with these weights instead of ImageNet's")
    add("--stop-after", type=int, metavar="N", help="end after N epochs of the schedule; --resume goes on")
    add("--fold", type=int, default=0, help="which tenth of a set without valid.txt to validate on")
    add("--encoder", default=ModelConfig.encoder, help="any smp encoder (default: %(default)s)")
    add("--decoder", type=int, nargs="+", metavar="C", help="stages' widths; another than --start-from's is new")
    add("--size", type=int, default=ModelConfig.size, help="long side at which photos will be looked at")
    add("--loss", choices=sorted(LOSSES), default=TrainingConfig.loss)
    add("--sizes", type=int, nargs="+", default=list(TrainingConfig.sizes), help="a batch is of one of these")
    add("--zoom", type=float, nargs=2, default=list(TrainingConfig.zoom), metavar="Z", help="range of views' zoom")
    add("--tensorboard", action="store_true", help="write the figures for TensorBoard too")
    add("--plain", action="store_true", help="no augmentation at all")
    add("--frozen-norm", action="store_true", help="leave batch norms as ImageNet left them, for tiny batches")
    for name in (
        "epochs", "batch_size", "learning_rate", "encoder_rate", "weight_decay", "warmup", "hold", "ema_decay",
        "damage", "new_background", "second_person", "nobody", "mosaic", "seed", "workers", "validation_size",
    ):  # fmt: skip
        default = getattr(TrainingConfig, name)
        add(f"--{name.replace('_', '-')}", type=type(default), default=default, help="(default: %(default)s)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    keep_freed_memory()
    from humanseg.data.sources import gather
    from humanseg.training.fit import TrainingConfig, fit

    values = {field.name: getattr(options, field.name) for field in fields(TrainingConfig)}
    config = TrainingConfig(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
    decoder = tuple(options.decoder or ModelConfig.decoder_channels)
    model = ModelConfig(encoder=options.encoder, decoder_channels=decoder, size=options.size)
    sources, validation = gather(
        options.data, options.negatives, options.pseudo,
        loose=options.loose, complete=options.complete, fold=options.fold,
    )  # fmt: skip
    fit(
        options.out, model, config, sources, validation,
        resume=options.resume, start_from=options.start_from, new_decoder=options.decoder is not None,
        stop_after=options.stop_after, tensorboard=options.tensorboard,
    )  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except HumanSegError as error:
        sys.exit(str(error))
