"""How to train, checked before anything is fetched, read or written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import segmentation_models_pytorch as smp
import timm

from humanseg.data.training_set import Variation
from humanseg.errors import TrainingError
from humanseg.model.config import ModelConfig
from humanseg.training.losses import LOSSES

LARGEST_SIDE = 4096  # pixels; larger views need more memory than machines have
HIGHEST_SEED = 2**31 - 1  # an epoch's seed in a process is a million times this, plus both their numbers
ENCODER_HALVINGS = 32  # an encoder of depth 5 wants sides that are multiples of this


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; stored in the run folder and, in short, beside the weights.

    Raises
    ------
    TrainingError : a value is out of range
    """

    epochs: int = 25
    batch_size: int = 16
    sizes: tuple[int, ...] = (256, 320, 384)
    learning_rate: float = 1e-3
    encoder_rate: float = 0.3  # of the learning rate, so that ImageNet's weights change more slowly
    weight_decay: float = 1e-2
    warmup: float = 0.03  # of all steps
    ema_decay: float = 0.998
    loss: str = "boundary_iou"
    plain: bool = Variation.plain  # no augmentation, no paths dropped
    frozen_norm: bool = False  # batch norms stay as ImageNet left them: for very small batches
    hold: float = 0.0  # of the steps after the warm-up: the rate stays before it falls (Hu et al. 2024, MiniCPM)
    zoom: tuple[float, float] = Variation.zoom  # of views; at 1 the photo fills the view
    # Shares of the samples. `damage` is photometric augmentation: light, colour, blur, noise and compression.
    damage: float = Variation.damage
    # Copy-paste: of the people onto another background, and of a second person into the photo.
    new_background: float = Variation.new_background
    second_person: float = Variation.second_person
    # A part without people, of photos in sets where everybody is marked, if there is such a part.
    nobody: float = Variation.nobody
    # Four photos, each in a quarter of the view.
    mosaic: float = Variation.mosaic
    seed: int = 0
    workers: int = 1
    validation_size: int = 448

    def __post_init__(self) -> None:
        for name, (fits, wanted) in _WANTED.items():
            value = getattr(self, name)
            if not fits(value):
                shown = " ".join(map(str, value)) or "empty" if isinstance(value, tuple) else value
                raise TrainingError(f"{option(name)} is {shown}: give {wanted}.")


def option(name: str) -> str:
    """What `train.py` calls a value: `batch_size` is `--batch-size`."""
    return f"--{name.replace('_', '-')}"


def _between(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: low <= value <= high  # false for NaN


def _whole(low: int, high: int) -> tuple[Callable[[Any], bool], str]:
    return _between(low, high), f"a whole number from {low} to {high}"


def _part(low: float, high: float) -> tuple[Callable[[Any], bool], str]:
    return _between(low, high), f"a number from {low:g} to {high:g}"


def _are_sides(sizes: tuple[int, ...]) -> bool:
    return bool(sizes) and all(0 < size <= LARGEST_SIDE and size % ENCODER_HALVINGS == 0 for size in sizes)


def _is_range(zoom: tuple[float, ...]) -> bool:
    return len(zoom) == 2 and 0.05 <= zoom[0] <= zoom[1] <= 20


_WANTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "epochs": _whole(1, 100_000),
    "batch_size": _whole(1, 65_536),
    "sizes": (_are_sides, f"multiples of {ENCODER_HALVINGS} up to {LARGEST_SIDE}, such as 256 320 384"),
    "learning_rate": _part(1e-12, 10),
    "encoder_rate": _part(0, 100),
    "weight_decay": _part(0, 10),
    "warmup": _part(0, 1),
    "ema_decay": (lambda value: 0 <= value < 1, "a number from 0 to below 1"),
    "loss": (lambda value: value in LOSSES, f"one of {', '.join(sorted(LOSSES))}"),
    "hold": _part(0, 1),
    "zoom": (_is_range, "two numbers from 0.05 to 20, the smaller first"),
    **{name: _part(0, 1) for name in ("damage", "new_background", "second_person", "nobody", "mosaic")},
    "seed": _whole(0, HIGHEST_SEED),
    "workers": _whole(0, 256),
    "validation_size": _whole(ENCODER_HALVINGS, LARGEST_SIDE),
}


def check_network(model: ModelConfig) -> None:
    """Raises TrainingError where there is no such encoder, or a decoder that can't be built on it."""
    stages = model.decoder_channels
    if not 1 <= len(stages) <= model.depth or not all(1 <= width <= LARGEST_SIDE for width in stages):
        raise TrainingError(
            f"--decoder is {' '.join(map(str, stages)) or 'empty'}: give 1 to {model.depth} widths from 1 to "
            f"{LARGEST_SIDE}, such as 128 64 32 16 16."
        )
    if not ENCODER_HALVINGS <= model.size <= LARGEST_SIDE:
        raise TrainingError(f"--size is {model.size}: give a whole number from {ENCODER_HALVINGS} to {LARGEST_SIDE}.")
    known = smp.encoders.get_encoder_names()
    if model.encoder not in known and not (model.encoder.startswith("tu-") and timm.is_model(model.encoder[3:])):
        raise TrainingError(
            f"There is no encoder {model.encoder!r}: smp has {', '.join(known[:3])} and {len(known) - 3} more, see "
            "segmentation_models_pytorch.encoders.get_encoder_names()."
        )


def check_batch(config: TrainingConfig, processes: int) -> None:
    """Raises TrainingError where a batch can't be shared by so many processes, or leaves nothing to normalise over."""
    if config.batch_size % processes:
        raise TrainingError(
            f"A batch of {config.batch_size} can't be shared evenly by {processes} processes: give a --batch-size that "
            f"is a multiple of {processes}."
        )
    own = config.batch_size // processes
    if own * (min(config.sizes) // ENCODER_HALVINGS) ** 2 < 2 and not config.frozen_norm:
        raise TrainingError(
            f"One view of {min(config.sizes)} pixels at a time is too little for batch norms: give a larger "
            "--batch-size, larger --sizes, or --frozen-norm."
        )
