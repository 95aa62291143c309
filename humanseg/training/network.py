"""The network that a training begins with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from timm.layers import DropPath
from torch import nn

from humanseg.hub.find import name_on_hub
from humanseg.model import imagenet, unet
from humanseg.model.config import ModelConfig


@dataclass(frozen=True)
class Beginning:
    """A network, how it is built, and the trainings that its weights have been through, oldest first."""

    net: nn.Module
    model: ModelConfig
    earlier: list[dict[str, Any]]


def begin(model: ModelConfig, start_from: Path | None, new_decoder: bool) -> Beginning:
    """The network with ImageNet's weights in its encoder, or with those in a folder.

    Parameters
    ----------
    start_from : folder of weights; the network is built as they say
    new_decoder : where `model` says another decoder than theirs, take the encoder alone

    Raises
    ------
    WeightsError : the weights can't be found or loaded
    """
    if start_from is None:
        return Beginning(imagenet.build_from_imagenet(model), model, [])
    net, before = unet.load(start_from)
    built = {name: getattr(before, name) for name in ModelConfig.ARCHITECTURE if name != "decoder_channels"}
    model = replace(model, **built)
    if new_decoder and model.decoder_channels != before.decoder_channels:
        encoder, net = net.encoder, unet.build(model)
        net.encoder = encoder
    else:
        model = replace(model, decoder_channels=before.decoder_channels)
    own = {key: value for key, value in before.training.items() if key != "earlier"}
    if name := name_on_hub(start_from):
        own["published_as"] = name
    return Beginning(net, model, [*before.training.get("earlier", []), own])


def begin_again(model: ModelConfig, description: dict[str, Any]) -> Beginning | None:
    """The network of a run that is resumed, without weights, which its state has; None if the description doesn't say.

    Parameters
    ----------
    description : of the run, from `run.read_description`
    """
    built = description.get("network")
    if not isinstance(built, dict) or not {"encoder", "depth", "decoder_channels"} <= built.keys():
        return None
    built = {name: value for name, value in built.items() if name in ModelConfig.ARCHITECTURE}
    model = replace(model, **{**built, "decoder_channels": tuple(built["decoder_channels"])})
    return Beginning(unet.build(model), model, description.get("earlier", []))


def keep_all_paths(net: nn.Module) -> None:
    """Turns off the dropping of paths (stochastic depth) that some encoders bring."""
    for module in net.modules():
        if isinstance(module, DropPath):
            module.drop_prob = 0.0
