"""Validation photos: scored after every epoch, and drawn as contact sheets."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from accelerate.utils import gather_object
from torch import nn
from tqdm import tqdm

from humanseg.data.datasets import Pair, read_photo
from humanseg.data.masks import read_mask
from humanseg.data.sources import MEAN
from humanseg.evaluation import metrics
from humanseg.model.config import ModelConfig
from humanseg.resize import letterbox
from humanseg.training import report

# Read the test figures from `evaluate`; these are for picking a checkpoint, so a set counts once however large it is.
PICKED_BY = ("iou", "boundary_iou")
CACHE_LONG_SIDE = 1024


def has_bf16() -> bool:
    """Whether autocast to bfloat16 pays: a GPU that has it, or a CPU with AVX-512 BF16 or AMX.

    HUMANSEG_FLOAT32=1 says no, for comparing runs digit by digit.
    """
    if os.environ.get("HUMANSEG_FLOAT32") == "1":
        return False
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


@torch.inference_mode()
def predict(net: nn.Module, model: ModelConfig, rgb: np.ndarray, size: int, device: torch.device) -> np.ndarray:
    """Alpha (float32, at the network's size) of a photo whose long side is brought to `size`."""
    boxed, inner = letterbox(rgb, size, model.stride)
    inputs = torch.from_numpy(boxed).to(device).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (model.mean, model.std))
    inputs = ((inputs - mean) / std).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bf16()):
        logits = net(inputs)
    return logits.float().sigmoid()[0, 0, : inner[0], : inner[1]].cpu().numpy()


class ValidationSet:
    """Validation photos, decoded once, scored at their masks' own size."""

    def __init__(self, validation: dict[str, list[Pair]], rank: int = 0, world_size: int = 1):
        self._rank, self._world_size = rank, world_size
        self._photos = {name: [_decoded(pair) for pair in pairs] for name, pairs in validation.items() if pairs}

    def figures(
        self, net: nn.Module, model: ModelConfig, size: int, device: torch.device
    ) -> dict[str, dict[str, float]]:
        """Mean figures by set, and under `mean` what the checkpoint is picked by; every process does its share."""
        net.eval()
        figures: dict[str, dict[str, float]] = {}
        for name, photos in self._photos.items():
            rows = []
            share = photos[self._rank :: self._world_size]
            for rgb, mask in tqdm(share, f"validating on {name}", unit="photo", disable=self._rank > 0, leave=False):
                alpha = predict(net, model, rgb, size, device)
                if mask is None:
                    rows.append({"false_area": float((alpha >= model.threshold).mean())})
                else:
                    rows.append(metrics.score(alpha, mask, model.threshold))
            figures[name] = metrics.mean(gather_object(rows))
        scored = [f for f in figures.values() if "iou" in f]
        both = {key: float(np.mean([f[key] for f in scored])) for key in PICKED_BY}
        figures[MEAN] = {**both, "pick": sum(both.values()) / len(both)}
        return figures

    def contact_sheet(self, net: nn.Module, model: ModelConfig, size: int, device: torch.device, run: Path) -> None:
        """Writes the best, middling and worst cut-outs of each set to `sheets/SET.png`."""
        net.eval()
        for name, photos in self._photos.items():
            alphas = [predict(net, model, rgb, size, device) for rgb, _ in photos]
            # For photos of nobody, less alpha is better.
            scores = [
                -float(alpha.mean()) if mask is None else metrics.score(alpha, mask, model.threshold)["iou"]
                for alpha, (_, mask) in zip(alphas, photos, strict=True)
            ]
            chosen = report.best_median_worst(scores)
            samples = [(photos[i][0], alphas[i], f"{scores[i]:.3f}") for i in chosen]
            report.contact_sheet(samples, run / "sheets" / f"{name.replace('/', '__')}.png")


def _decoded(pair: Pair) -> tuple[np.ndarray, np.ndarray | None]:
    return read_photo(pair.image, CACHE_LONG_SIDE), None if pair.mask is None else read_mask(pair.mask)
