"""The network in forms that other runtimes read: OpenVINO's, in memory, and ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from humanseg.errors import EngineError
from humanseg.model import unet
from humanseg.model.fused import fuse
from humanseg.model.pixels import PixelsToAlpha


def to_openvino(folder: Path, *, fused: bool = True) -> Any:
    """Converts weights in memory: input uint8 (1, H, W, 3) of any size, output alpha float32 (1, 1, H, W).

    Where the decoder stops early, the output is logits at its resolution: OpenVINO takes longer to enlarge them than
    for any layer (1.0 of 6.6 ms at 256x256), OpenCV next to nothing.

    Parameters
    ----------
    folder : weights as `unet.save` writes them
    fused : the decoder in fewer operations that give the same numbers

    Returns
    -------
    openvino.Model

    Raises
    ------
    WeightsError : the weights can't be loaded
    """
    import openvino as ov
    from openvino.preprocess import PrePostProcessor

    net, config = unet.load(folder)
    if fused:
        fuse(net)
    example = torch.zeros(1, 3, 4 * config.stride, 4 * config.stride)
    whole = config.coarseness == 1
    if not whole:
        net.segmentation_head = net.segmentation_head[0]
    pixels_to_alpha = PixelsToAlpha(net, config, sigmoid=whole)
    model = ov.convert_model(pixels_to_alpha, example_input=example, input=[1, 3, -1, -1])
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    return steps.build()


def to_onnx(folder: Path, path: Path, size: Sequence[int] | None = None) -> None:
    """Writes an ONNX file: `pixels` float32 (1, 3, H, W) in 0..255 -> `alpha` float32 (1, 1, H, W) in [0, 1].

    Parameters
    ----------
    folder : weights as `unet.save` writes them
    size : height and width for a fixed size, multiples of the stride; any multiples by default

    Raises
    ------
    WeightsError : the weights can't be loaded
    EngineError : the `onnx` package isn't installed, or the size isn't a multiple of the stride
    """
    net, config = unet.load(folder)
    height, width = size or (4 * config.stride, 4 * config.stride)
    if height % config.stride or width % config.stride or height < 1 or width < 1:
        raise EngineError(f"{height}x{width} doesn't fit the network: both sides must be multiples of {config.stride}.")
    axes = None if size else {"pixels": {2: "height", 3: "width"}, "alpha": {2: "height", 3: "width"}}
    try:
        torch.onnx.export(
            PixelsToAlpha(net, config),
            (torch.zeros(1, 3, height, width),),
            str(path),
            input_names=["pixels"],
            output_names=["alpha"],
            dynamic_axes=axes,
            dynamo=False,
        )
    except ModuleNotFoundError as error:
        raise EngineError(f"ONNX export needs the package {error.name}: run `pip install {error.name}`.") from error
