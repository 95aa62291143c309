import numpy as np
import pytest
import torch

from humanseg.data.masks import IGNORE, PERSON
from humanseg.data.pack import Row
from humanseg.training.gpu.canvases import Canvases

SIDE = 64


@pytest.fixture
def make_canvases():
    """Canvases of discs (bright, people) on dark noise; photos are 48 high and 64 wide."""

    def make(rows: list[Row]) -> Canvases:
        rng = np.random.default_rng(0)
        photos, masks, people = [], [], []
        for row in rows:
            x, y, radius = rng.integers(20, 44), rng.integers(16, 32), 10
            down, across = np.mgrid[:SIDE, :SIDE]
            disc = (across - x) ** 2 + (down - y) ** 2 <= radius**2
            if row.role.startswith("negative"):
                disc[:] = False
            rgb = rng.integers(0, 60, (3, SIDE, SIDE))
            rgb[:, disc] = 220
            mask = np.where(disc, PERSON, 0)
            if row.role == "unlabelled":
                mask[:] = IGNORE
            if row.role != "pasted":
                mask[48:] = IGNORE
            photos.append(torch.from_numpy(rgb.astype(np.uint8)))
            masks.append(torch.from_numpy(mask.astype(np.uint8))[None])
            shown = disc.any() and row.role != "unlabelled"
            people.append((x - radius, y - radius, x + radius + 1, y + radius + 1) if shown else (0, 0, 0, 0))
        sides = torch.tensor([(48, SIDE)] * len(rows), dtype=torch.float32)
        return Canvases(rows, torch.stack(photos), torch.stack(masks), sides, torch.tensor(people).float(), {})

    return make


@pytest.fixture
def bright():
    """A network that is right about discs: what is bright is person."""

    def predict(image: torch.Tensor) -> torch.Tensor:
        return ((image.mean(1, keepdim=True) - 0.45) * 40).sigmoid()

    return predict
