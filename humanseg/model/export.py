"""The network in a form that other runtimes read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from humanseg.engines import complete
from humanseg.errors import EngineError


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
    import torch

    from humanseg.model import unet

    net, config = unet.load(folder)
    height, width = size or (4 * config.stride, 4 * config.stride)
    if height % config.stride or width % config.stride or height < 1 or width < 1:
        raise EngineError(f"{height}x{width} doesn't fit the network: both sides must be multiples of {config.stride}.")
    axes = None if size else {"pixels": {2: "height", 3: "width"}, "alpha": {2: "height", 3: "width"}}
    try:
        torch.onnx.export(
            complete(net, config),
            (torch.zeros(1, 3, height, width),),
            str(path),
            input_names=["pixels"],
            output_names=["alpha"],
            dynamic_axes=axes,
            dynamo=False,
        )
    except ModuleNotFoundError as error:
        raise EngineError(f"ONNX export needs the package {error.name}: run `pip install {error.name}`.") from error
