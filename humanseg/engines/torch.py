"""Eager PyTorch, on the GPU where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from humanseg.engines.base import check_image
from humanseg.model import unet
from humanseg.model.fused import fuse
from humanseg.model.pixels import PixelsToAlpha


class TorchEngine:
    """Runs the network as it is trained, in float32: the reference for all other engines."""

    def __init__(self, folder: Path, threads: int):
        net, self.config = unet.load(folder)
        self._device = _best_device()
        if self._device.type == "cpu":
            torch.set_num_threads(threads)
            fuse(net)  # measured on CPUs only
        self._net = PixelsToAlpha(net, self.config).to(self._device, memory_format=torch.channels_last)
        self.name = f"torch {self._device.type} float32"

    def __call__(self, image: np.ndarray) -> np.ndarray:
        check_image(image, self.config.stride)
        with torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(image))[None].to(self._device).permute(0, 3, 1, 2).float()
            return self._net(batch)[0, 0].cpu().numpy()


def _best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
