"""Photometric augmentation of a batch on the device: light, colour, focus, noise and compression of cameras."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
KERNEL = 9  # pixels, of blurs
# Quantisation tables of JPEG at quality 50 (ITU-T T.81, annex K).
_LUMA_TABLE = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
_CHROMA_TABLE = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""


class Damage:
    """Damages a share of a batch, float32 (N, 3, S, S) in [0, 1], in place of a camera."""

    def __init__(self, share: float, device: torch.device, seed: int = 0):
        self.share, self.device = share, device
        self.generator = torch.Generator(device).manual_seed(seed)
        self._luma = torch.tensor(LUMA, device=device).view(1, 3, 1, 1)
        tables = [[float(value) for value in table.split()] for table in (_LUMA_TABLE, _CHROMA_TABLE)]
        self._tables = torch.tensor(tables, device=device).view(2, 8, 8)
        self._dct = _dct_matrix(device)

    def __call__(self, image: Tensor) -> Tensor:
        chosen = self._some(len(image), self.share)
        if len(chosen):
            image[chosen] = self._damaged(image[chosen])
        return image

    def _damaged(self, image: Tensor) -> Tensor:
        image = self._light(image)
        image = self._colour(image)
        for change, share in ((self._blur, 0.14), (self._shrunk, 0.08), (self._noise, 0.2), (self._jpeg, 0.25)):
            chosen = self._some(len(image), share)
            if len(chosen):
                image[chosen] = change(image[chosen])
        return image.clamp(0, 1)

    def _uniform(self, count: int, low: float, high: float) -> Tensor:
        drawn = torch.rand(count, 1, 1, 1, device=self.device, generator=self.generator)
        return drawn * (high - low) + low

    def _some(self, count: int, share: float) -> Tensor:
        return torch.where(torch.rand(count, device=self.device, generator=self.generator) < share)[0]

    def _with(self, count: int, share: float, changed: Tensor, neutral: float) -> Tensor:
        chosen = torch.rand(count, 1, 1, 1, device=self.device, generator=self.generator) < share
        return torch.where(chosen, changed, torch.full_like(changed, neutral))

    def _light(self, image: Tensor) -> Tensor:
        count = len(image)
        contrast = self._with(count, 0.5, self._uniform(count, 0.7, 1.3), 1.0)
        brightness = self._with(count, 0.5, self._uniform(count, -0.25, 0.25), 0.0)
        gamma = self._with(count, 0.25, self._uniform(count, math.log(0.6), math.log(1.6)).exp(), 1.0)
        # A dark room: a quarter of the light.
        dark = self._with(count, 0.08, self._uniform(count, 0.2, 0.6), 1.0)
        mean = image.mean((1, 2, 3), keepdim=True)
        image = ((image - mean) * contrast + mean + brightness).clamp(1e-4, 1)
        return image.pow(gamma) * dark

    def _colour(self, image: Tensor) -> Tensor:
        count = len(image)
        grey = (image * self._luma).sum(1, keepdim=True)
        saturation = self._with(count, 0.35, self._uniform(count, 0.6, 1.4), 1.0)
        saturation = self._with(count, 0.96, saturation, 0.0)
        image = grey + saturation * (image - grey)
        drawn = torch.rand(count, 3, 1, 1, device=self.device, generator=self.generator)
        shift = self._with(count, 0.3, drawn * 0.14 - 0.07, 0.0)
        return (image + shift).clamp(0, 1)

    def _blur(self, image: Tensor) -> Tensor:
        """Out of focus (Gaussian) or moved (a line)."""
        count = len(image)
        places = torch.arange(KERNEL, device=self.device) - KERNEL // 2
        y, x = torch.meshgrid(places, places, indexing="ij")
        spread = self._uniform(count, 0.5, 2.0)
        round_ = torch.exp(-(x**2 + y**2)[None, None] / (2 * spread**2))
        angle, length = self._uniform(count, 0, math.pi), self._uniform(count, 1, KERNEL / 2)
        along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
        line = ((along.abs() <= length) & (across.abs() < 0.75)).float()
        kernel = torch.where(self._uniform(count, 0, 1) < 0.6, round_, line)
        kernel = kernel / kernel.sum((2, 3), keepdim=True)
        kernel = kernel.expand(count, 3, KERNEL, KERNEL).reshape(3 * count, 1, KERNEL, KERNEL)
        flat = F.pad(image, (KERNEL // 2,) * 4, mode="replicate").view(
            1, 3 * count, *(s + KERNEL - 1 for s in image.shape[2:])
        )
        return F.conv2d(flat, kernel, groups=3 * count).view_as(image)

    def _shrunk(self, image: Tensor) -> Tensor:
        """Enlarged from fewer pixels, by one factor for all."""
        factor = float(torch.rand((), generator=self._host)) * 0.45 + 0.35
        small = F.interpolate(image, scale_factor=factor, mode="area")
        return F.interpolate(small, size=image.shape[2:], mode="bilinear")

    @property
    def _host(self) -> torch.Generator:
        # Of the processor, so that drawing a size doesn't wait for the GPU.
        if not hasattr(self, "_host_generator"):
            self._host_generator = torch.Generator().manual_seed(self.generator.initial_seed())
        return self._host_generator

    def _noise(self, image: Tensor) -> Tensor:
        noise = torch.randn(image.shape, device=self.device, generator=self.generator)
        even, by_light = self._uniform(len(image), 0.01, 0.06), self._uniform(len(image), 0, 0.08)
        return (image + noise * (even + by_light * image.clamp_min(0).sqrt())).clamp(0, 1)

    def _jpeg(self, image: Tensor) -> Tensor:
        """What JPEG at a quality of 20 to 80 leaves, with colours at half the resolution."""
        image = image.clamp(0, 1) * 255
        luma = (image * self._luma).sum(1, keepdim=True)
        blue, red = (image[:, 2:] - luma) * 0.564, (image[:, :1] - luma) * 0.713
        quality = self._uniform(len(image), 20, 80)
        factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
        luma = self._quantised(luma - 128, self._tables[0], factor) + 128
        chroma = F.avg_pool2d(torch.cat([blue, red], 1), 2)
        chroma = F.interpolate(self._quantised(chroma, self._tables[1], factor), scale_factor=2, mode="bilinear")
        blue, red = chroma[:, :1], chroma[:, 1:]
        green = luma - 0.344 * blue - 0.714 * red
        return (torch.cat([luma + 1.402 * red, green, luma + 1.772 * blue], 1) / 255).clamp(0, 1)

    def _quantised(self, plane: Tensor, table: Tensor, factor: Tensor) -> Tensor:
        count, channels, height, width = plane.shape
        padded = F.pad(plane, (0, -width % 8, 0, -height % 8), mode="replicate")
        rows, columns = padded.shape[2] // 8, padded.shape[3] // 8
        blocks = padded.view(count, channels, rows, 8, columns, 8).permute(0, 1, 2, 4, 3, 5)
        steps = (table * factor.view(-1, 1, 1, 1, 1, 1)).clamp_min(1)
        blocks = (self._dct @ blocks @ self._dct.T / steps).round() * steps
        blocks = self._dct.T @ blocks @ self._dct
        return blocks.permute(0, 1, 2, 4, 3, 5).reshape(padded.shape)[:, :, :height, :width]


def _dct_matrix(device: torch.device) -> Tensor:
    """The orthonormal cosine transform of 8 values, (8, 8)."""
    place, order = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="xy")
    matrix = torch.cos(math.pi * (place + 0.5) * order / 8) / 2
    matrix[0] /= math.sqrt(2)
    return matrix.to(device)
