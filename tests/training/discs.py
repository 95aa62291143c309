"""The small network, the short training and the photos that the tests here have in common."""

from pathlib import Path

import cv2
import numpy as np

from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig

# Shallow, so that an epoch takes a second: what a disc looks like is seen at once.
MODEL = ModelConfig(depth=3, decoder_channels=(16, 8, 8))
CONFIG = TrainingConfig(
    epochs=2, batch_size=4, sizes=(64,), workers=0, validation_size=64, ema_decay=0.5, learning_rate=3e-3
)


def write_discs(root: Path, count: int, width: int, across: tuple[int, int], held_back: int) -> Path:
    """Photos, 72 pixels high, of bright discs, which are the people, on dark noise; gives the folder.

    Parameters
    ----------
    across : range of the discs' centres, in pixels from the left
    held_back : how many, the last ones, are to validate on
    """
    rng = np.random.default_rng(0)
    for n in range(count):
        rgb = rng.integers(0, 80, (72, width, 3), np.uint8)
        mask = np.zeros((72, width), np.uint8)
        cv2.circle(mask, (int(rng.integers(*across)), int(rng.integers(25, 47))), 20, 255, -1)
        rgb[mask > 0] = (90, 150, 230)
        for kind, picture in (("images", rgb), ("masks", mask)):
            (root / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(root / kind / f"d{n:02}.png"), picture)
    (root / "valid.txt").write_text("".join(f"d{n:02}\n" for n in range(count - held_back, count)))
    return root
