"""What the weights need to know about themselves: one frozen dataclass, stored as JSON beside them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from humanseg.errors import WeightsError
from humanseg.files import replacing

CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"


@dataclass(frozen=True)
class ModelConfig:
    """How to build the network and how to feed it.

    Attributes
    ----------
    encoder : name of the smp encoder
    depth : how often the encoder halves the resolution
    decoder_channels : width of the decoder's stages, deepest first, each of which doubles it; with fewer stages than
        `depth` alpha is interpolated to the input's size, which is cheaper and coarser
    mean, std : per channel, for RGB in [0, 1]
    size : long side in pixels at which the network is shown photos
    live_size : long side in pixels for webcam frames
    stride : both sides of the network's input are multiples of this
    threshold : alpha from which a pixel counts as person
    inset : how far a photo's outlines are drawn in, in pixels of the network's alpha, 0 to 1, for weights that learned
        from loosely drawn masks
    training : how the weights came about (data, recipe, versions); free form
    metrics : what they reach, by data set; free form
    """

    encoder: str = "timm-tf_efficientnet_lite0"
    depth: int = 5
    decoder_channels: tuple[int, ...] = (128, 64, 32, 16, 16)
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    size: int = 448
    live_size: int = 256
    stride: int = 32
    threshold: float = 0.5
    inset: float = 0.0
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def coarseness(self) -> int:
        """How many times coarser than the input the decoder ends; 1 where it goes all the way."""
        return 2 ** (self.depth - len(self.decoder_channels))

    def to_json(self) -> dict[str, Any]:
        """The configuration in smp's `save_pretrained` layout, with our own keys under `humanseg`."""
        return {
            "_model_class": "Unet",
            "encoder_name": self.encoder,
            "encoder_depth": self.depth,
            "encoder_weights": None,
            "decoder_channels": list(self.decoder_channels),
            "in_channels": 3,
            "classes": 1,
            "activation": None,
            "humanseg": {k: v for k, v in asdict(self).items() if k not in ("encoder", "depth", "decoder_channels")},
        }

    @classmethod
    def from_json(cls, config: dict[str, Any]) -> ModelConfig:
        """The inverse of `to_json`; keys of later versions are ignored.

        Raises
        ------
        WeightsError : something needed is missing
        """
        try:
            own = config["humanseg"]
            known = {f.name for f in fields(cls)}
            values = {k: v for k, v in own.items() if k in known}
            values["encoder"] = config["encoder_name"]
            values["depth"] = config["encoder_depth"]
            values["decoder_channels"] = tuple(config["decoder_channels"])
            for key in ("mean", "std"):
                values[key] = tuple(own[key])
        except (KeyError, TypeError) as error:
            raise WeightsError(
                f"The weights' {CONFIG_NAME} lacks {error}: use a folder that train.py wrote, or train again."
            ) from error
        return cls(**values)


def write_config(config: ModelConfig, folder: Path) -> None:
    """Writes `config.json` into a folder of weights, whole or not at all.

    Raises
    ------
    OSError : the folder can't be written
    """
    with replacing(Path(folder) / CONFIG_NAME) as path:
        path.write_text(json.dumps(config.to_json(), indent=2) + "\n", encoding="utf-8")


def read_config(folder: Path) -> ModelConfig:
    """Reads `config.json` in a folder of weights.

    Raises
    ------
    WeightsError : the file is missing or isn't ours
    """
    path = Path(folder) / CONFIG_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"There is no {path}: name a folder with {CONFIG_NAME} and {WEIGHTS_NAME}.") from error
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} can't be read as JSON ({error}): fetch the weights again.") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path} isn't a model configuration: fetch the weights again.")
    return ModelConfig.from_json(content)
