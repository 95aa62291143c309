"""Writes `model.onnx`: the network in the form that runtimes and browsers read."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from humanseg import files
from humanseg.errors import EngineError
from humanseg.model import unet
from humanseg.model.config import WEIGHTS_NAME, ModelConfig
from humanseg.model.fused import fuse
from humanseg.model.onnx_file import (
    ANY_SIZE,
    FORMAT,
    INPUT,
    LOGITS,
    OUTPUT,
    PREFIX,
    checksum_entry,
    described,
    metadata_entry,
)
from humanseg.model.pixels import PixelsToAlpha

OPSET = 17  # of 2022: what all runtimes in use read
# Numbers in a tensor from which on it's stored in half precision. Smaller ones are a tenth of the file, and most of its
# error if they are rounded, too: without that logits differ from PyTorch's by .0017 instead of .0154 (photos) and by
# .0009 instead of .0082 (webcam; root mean square over 8 photos).
LARGE = 20_000


def write_onnx(folder: Path, path: Path, size: Sequence[int] | None = None) -> None:
    """Writes the network of a folder of weights to a file, which appears whole or not at all; see `to_onnx`."""
    content = to_onnx(folder, size=size)
    with files.replacing(path) as temporary:
        temporary.write_bytes(content)


def to_onnx(folder: Path, *, size: Sequence[int] | None = None, fused: bool = True) -> bytes:
    """The network as an ONNX file: `pixels` float32 (1, 3, H, W), RGB, 0..255 -> `alpha` float32 (1, 1, H, W), 0..1.

    Weights are stored in half precision, and computed with in float32. Pixels come as float32, not as bytes: on CPUs
    that takes the same time, and the WebGPU kernels of ONNX Runtime take no bytes.

    Parameters
    ----------
    folder : weights as `unet.save` writes them
    size : height and width for a fixed size, multiples of the stride; any multiples by default
    fused : the decoder in fewer operations that give the same numbers

    Raises
    ------
    WeightsError : the weights can't be loaded
    EngineError : the size isn't a multiple of the stride; ONNX has no word for an operation of the network
    """
    net, config = unet.load(folder)
    height, width = size or (4 * config.stride, 4 * config.stride)
    if height % config.stride or width % config.stride or height < 1 or width < 1:
        raise EngineError(f"{height}x{width} doesn't fit the network: both sides must be multiples of {config.stride}.")
    if fused:
        fuse(net)
    model = _traced(PixelsToAlpha(net, config), height, width, any_size=size is None)
    _store_halves(model.graph)
    if config.coarseness > 1:
        _name_logits(model.graph)
    onnx.checker.check_model(model)
    content = model.SerializeToString() + _metadata(config, folder, size)
    return content + checksum_entry(content)


def _traced(net: PixelsToAlpha, height: int, width: int, *, any_size: bool) -> Any:
    """The network as an `onnx.ModelProto` in float32, of one example of this size."""
    axes = {2: "height", 3: "width"}
    file = io.BytesIO()
    try:
        with warnings.catch_warnings():
            # That this is the older exporter (the newer one needs another package, onnxscript), and about values that
            # are taken from the example: they are the same for every multiple of the stride.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                net,
                (torch.zeros(1, 3, height, width),),
                file,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes={INPUT: axes, OUTPUT: axes} if any_size else None,
                opset_version=OPSET,
                dynamo=False,
            )
    except RuntimeError as error:  # as all errors of exporter and tracer
        reason = str(error).splitlines()[0]
        raise EngineError(f"This network can't be written as ONNX ({reason}): use the engine torch.") from error
    return onnx.load_from_string(file.getvalue())


def _store_halves(graph: Any) -> None:
    """Stores large tensors in half precision, each with a cast to float32, which runtimes do once while loading."""
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LARGE:
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.isfinite(half).all():
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _name_logits(graph: Any) -> None:
    """Names the decoder's output, so that a runtime may enlarge it by other means."""
    resize = next(node for node in reversed(graph.node) if node.op_type == "Resize")
    old = resize.input[0]
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [LOGITS if name == old else name for name in names]


def _metadata(config: ModelConfig, folder: Path, size: Sequence[int] | None) -> bytes:
    height, width = size or ("height", "width")
    entries = {
        "format": FORMAT,
        "input": f"{INPUT}: float32 (1, 3, {height}, {width}), RGB, sRGB values from 0 to 255, normalised inside",
        "output": f"{OUTPUT}: float32 (1, 1, {height}, {width}), from 0 (background) to 1 (person)",
        "size": f"{height}x{width}" if size else ANY_SIZE,
        **described(config),
        "weights_sha256": files.sha256(folder / WEIGHTS_NAME),
    }
    return b"".join(metadata_entry(PREFIX + key, value) for key, value in entries.items())
