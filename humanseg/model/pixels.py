"""The network from a photo's pixels to alpha: what engines and exported files run."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from humanseg.model.config import ModelConfig


class PixelsToAlpha(nn.Module):
    """Normalisation, the network, and a sigmoid, in eval mode.

    Parameters
    ----------
    net : normalised float32 (N, 3, H, W) -> logits (N, 1, H, W)
    config : its mean and standard deviation
    sigmoid : without it the output stays logits
    """

    def __init__(self, net: nn.Module, config: ModelConfig, *, sigmoid: bool = True) -> None:
        super().__init__()
        self.net = net
        self.sigmoid = sigmoid
        self.register_buffer("mean", torch.tensor(config.mean).view(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(config.std).view(1, 3, 1, 1) * 255)
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        """Float32 (N, 3, H, W), RGB from 0 to 255 -> alpha in [0, 1], or logits, (N, 1, H, W)."""
        logits = self.net((pixels - self.mean) / self.std)
        return torch.sigmoid(logits) if self.sigmoid else logits
