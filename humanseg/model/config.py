"""The configuration of weights: network, preprocessing, calibration; stored as JSON beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from humanseg.errors import WeightsError
from humanseg.files import replacing
from humanseg.model.calibration import Calibration, is_number

CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"
ONNX_NAME = "model.onnx"  # made from the weights: see `export.py`

LARGEST_SIDE = 8192  # pixels that a network is shown: more would need tens of gigabytes
DEEPEST = 6  # no encoder of smp halves the resolution more often than 5 times
WIDEST = 4096  # channels of a stage


@dataclass(frozen=True)
class ModelConfig:
    """How to build the network and how to feed it.

    Attributes
    ----------
    encoder : name of the smp encoder
    depth : how often the encoder halves the resolution
    decoder_channels : width of the decoder's stages, deepest first, each of which doubles it; with fewer stages than
        `depth` alpha is interpolated to the input's size, which is cheaper and coarser
    slim : share of the inner channels of the encoder's inverted residuals (`model/slim.py`)
    largest_kernel : side in pixels of their depthwise kernels at most
    mean, std : per channel, for RGB in [0, 1]
    size : long side in pixels at which the network is shown photos
    live_size : long side in pixels for webcam frames
    stride : both sides of the network's input are multiples of this
    threshold : alpha from which a pixel counts as person
    inset : how far a photo's alpha is eroded, in pixels of the network's alpha, 0 to 1, for weights that learned
        from loosely drawn masks
    calibration : how far the network's alphas can be trusted
    training : how the weights came about (data, recipe, versions); free form
    metrics : their scores, by data set; free form
    """

    encoder: str = "timm-tf_efficientnet_lite0"
    depth: int = 5
    decoder_channels: tuple[int, ...] = (128, 64, 32, 16, 16)
    slim: float = 1.0
    largest_kernel: int = 9
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    size: int = 448
    live_size: int = 256
    stride: int = 32
    threshold: float = 0.5
    inset: float = 0.0
    calibration: Calibration = field(default_factory=Calibration)
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)

    ARCHITECTURE: ClassVar[tuple[str, ...]] = ("encoder", "depth", "decoder_channels", "slim", "largest_kernel")

    @property
    def coarseness(self) -> int:
        """How many times coarser than the input the decoder ends; 1 where it goes all the way."""
        return 2 ** (self.depth - len(self.decoder_channels))

    @property
    def architecture(self) -> tuple[Any, ...]:
        """What two networks have in common whose weights fit each other."""
        return tuple(getattr(self, name) for name in self.ARCHITECTURE)

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

        What `smp.Unet.save_pretrained` wrote is read, too, though our keys aren't in it: it's shown photos as its
        encoder's ImageNet weights expect them (mean and std of 0.5 for tf_efficientnet_lite, Inception and Xception;
        0.485, 0.456, 0.406 and 0.229, 0.224, 0.225 for others), and has `ModelConfig`'s defaults of all else.

        Raises
        ------
        WeightsError : something needed is missing, or can't be meant
        """
        try:
            values = {
                "encoder": config["encoder_name"],
                "depth": config["encoder_depth"],
                "decoder_channels": config["decoder_channels"],
            }
            own = config.get("humanseg", _preprocessing(values["encoder"]))
            values |= {"mean": own["mean"], "std": own["std"]}
            values |= {f.name: own[f.name] for f in fields(cls) if f.name in own and f.name not in values}
        except (KeyError, TypeError) as error:
            raise WeightsError(
                f"The weights' {CONFIG_NAME} lacks {error}: use a folder that train.py wrote, or train again."
            ) from error
        _check_kind(config)
        for name, value in values.items():
            if name in _EXPECTED and not _EXPECTED[name][1](value):
                raise _unexpected(name, value, _EXPECTED[name][0])
        if len(values["decoder_channels"]) > values["depth"]:
            raise _unexpected("decoder_channels", values["decoder_channels"], f"at most {values['depth']} numbers")
        for name in ("decoder_channels", "mean", "std"):
            values[name] = tuple(values[name])
        values["calibration"] = Calibration.from_json(values.get("calibration", {}))
        config = cls(**values)
        if config.stride % 2**config.depth:
            raise _unexpected("stride", config.stride, f"a multiple of {2**config.depth}")
        return config


def _preprocessing(encoder: Any) -> dict[str, tuple[float, float, float]]:
    """Mean and std of an encoder's ImageNet weights; smp 0.6 asks the Hub for them (`get_preprocessing_params`)."""
    if any(family in str(encoder) for family in ("tf_efficientnet_lite", "inception", "xception")):
        return {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
    return {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


# What smp lets a network vary in, and we don't.
_KIND: dict[str, tuple[Any, ...]] = {
    "_model_class": ("Unet",),
    "in_channels": (3,),
    "classes": (1,),
    "activation": (None, "identity", "sigmoid"),  # applied to the same logits, so it doesn't change the network
    "decoder_use_norm": (True, "batchnorm"),
    "decoder_use_batchnorm": (None, True),  # before smp 0.5
    "decoder_attention_type": (None,),
    "decoder_interpolation": ("nearest",),
    "aux_params": (None,),
}


def _check_kind(config: dict[str, Any]) -> None:
    """Raises WeightsError where smp's configuration is of a network that this project can't build."""
    for name, possible in _KIND.items():
        if name in config and config[name] not in possible:
            raise WeightsError(
                f"The weights' {CONFIG_NAME} has {name} {config[name]!r:.60}, which can't be built here: use a U-Net "
                f"with {name} {possible[-1]!r}."
            )


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_list(value: Any, fits: Callable[[Any], bool], length: int | None = None) -> bool:
    return isinstance(value, list | tuple) and len(value) == (length or len(value)) and all(map(fits, value))


# For each key: the expected value in words, and a check of it.
_EXPECTED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "encoder": ("a name", lambda value: isinstance(value, str) and 0 < len(value) <= 200),
    "depth": (f"a whole number from 1 to {DEEPEST}", lambda value: _is_whole(value, 1, DEEPEST)),
    "decoder_channels": (
        f"a list of whole numbers from 1 to {WIDEST}",
        lambda value: _is_list(value, lambda width: _is_whole(width, 1, WIDEST)) and len(value) > 0,
    ),
    "mean": ("three numbers from 0 to 1", lambda value: _is_list(value, lambda mean: is_number(mean, 0, 1), 3)),
    "std": ("three numbers from 0.001 to 1", lambda value: _is_list(value, lambda std: is_number(std, 1e-3, 1), 3)),
    "stride": (f"a whole number from 1 to {LARGEST_SIDE}", lambda value: _is_whole(value, 1, LARGEST_SIDE)),
    "slim": ("a number from 0.05 to 1", lambda value: is_number(value, 0.05, 1)),
    "largest_kernel": ("a whole number from 3 to 9", lambda value: _is_whole(value, 3, 9)),
    "threshold": ("a number from 0.001 to 0.999", lambda value: is_number(value, 1e-3, 0.999)),
    "inset": ("a number from 0 to 1", lambda value: is_number(value, 0, 1)),
    "training": ("a table", lambda value: isinstance(value, dict)),
    "metrics": ("a table", lambda value: isinstance(value, dict)),
} | {
    name: (f"a whole number from 16 to {LARGEST_SIDE}", lambda value: _is_whole(value, 16, LARGEST_SIDE))
    for name in ("size", "live_size")
}


def _unexpected(name: str, value: Any, expected: str) -> WeightsError:
    return WeightsError(
        f"The weights' {CONFIG_NAME} has {name} {value!r:.60}, where {expected} should be: fetch the weights again."
    )


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
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} can't be read as JSON ({error}): fetch the weights again.") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path} isn't a model configuration: fetch the weights again.")
    return ModelConfig.from_json(content)
