"""The U-Net: built, saved, loaded, averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import segmentation_models_pytorch as smp
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from humanseg.errors import WeightsError
from humanseg.files import replacing
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME, ModelConfig, read_config, write_config
from humanseg.model.slim import slim


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
    except (KeyError, ValueError, RuntimeError, AttributeError, TypeError, IndexError, AssertionError) as error:
        raise WeightsError(f"smp can't build a U-Net with encoder {config.encoder!r}: {error}") from error
    if left_out:
        # smp's U-Net always decodes to full resolution.
        net.decoder.blocks = net.decoder.blocks[: len(channels)]
        net.segmentation_head = nn.Sequential(
            nn.Conv2d(channels[-1], 1, kernel_size=3, padding=1),
            nn.Upsample(scale_factor=config.coarseness, mode="bilinear"),
        )
    if config.slim < 1 or config.largest_kernel < ModelConfig.largest_kernel:
        try:
            slim(net.encoder, config.slim, config.largest_kernel)
        except ValueError as error:
            raise WeightsError(f"{config.encoder} can't be made slimmer ({error}): take an EfficientNet.") from error
    return net


def save(net: nn.Module, config: ModelConfig, folder: str | Path) -> None:
    """Writes `model.safetensors` and `config.json`; each appears whole or not at all.

    A `model.onnx` of the weights that were there before is removed.

    Raises
    ------
    OSError : the folder can't be written, the disk is full
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()}
    with replacing(folder / WEIGHTS_NAME) as path:
        save_file(state, path, metadata={"format": "pt"})
    (folder / ONNX_NAME).unlink(missing_ok=True)
    write_config(config, folder)


def average(
    folders: Sequence[str | Path], out: str | Path, logit_scale: float = 1.0, shares: Sequence[float] | None = None
) -> None:
    """Writes the mean of several weights of one training, which often does better than any (Wortsman et al. 2022).

    The last one's configuration is kept, with the stage and epoch of each.

    Parameters
    ----------
    shares : of each in the mean, relative to one another; even if not given. Weights before and after fine-tuning
        keep more of what the former knew (Wortsman et al. 2022, "Robust fine-tuning")
    logit_scale : factor of the logits; below 1 the network is less sure everywhere (temperature scaling, Guo et al.
        2017), and outlines stay where they are

    Raises
    ------
    WeightsError : weights are missing or damaged, or of different networks; a scale that isn't positive; shares that
        aren't one positive number each
    OSError : the folder can't be written
    """
    if not 0 < logit_scale < math.inf:
        raise WeightsError(f"Logits can't be scaled by {logit_scale}: take a positive number, such as 0.8.")
    even = shares is None
    shares = [1.0] * len(folders) if shares is None else shares
    if len(shares) != len(folders) or not all(0 < share < math.inf for share in shares):
        raise WeightsError(f"There are {len(folders)} weights to average: give as many shares, each a positive number.")
    shares = [share / sum(shares) for share in shares]
    nets, configs = zip(*map(load, folders), strict=True)
    if len({config.architecture for config in configs}) > 1:
        raise WeightsError("These weights are of different networks: average stages or epochs of one training.")
    states = [net.state_dict() for net in nets]
    mean = {
        name: sum(share * state[name] for share, state in zip(shares, states, strict=True))
        if tensor.is_floating_point()
        else tensor
        for name, tensor in states[0].items()  # integers are batch norms' counts of batches
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
            **({} if even else {"share": share}),
        }
        for config, share in zip(configs, shares, strict=True)
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
    if not all(torch.isfinite(tensor).all() for tensor in net.state_dict().values()):
        raise WeightsError(f"{path} has numbers in it that aren't finite: fetch the weights again, or train again.")
    return net.eval(), config
