import cv2
import numpy as np
import pytest

from humanseg.data.datasets import find_pairs
from humanseg.data.training_set import Source


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve photos of bright discs, which are the people, on dark noise."""
    root = tmp_path_factory.mktemp("discs")
    rng = np.random.default_rng(0)
    for n in range(12):
        rgb = rng.integers(0, 80, (72, 96, 3), np.uint8)
        mask = np.zeros((72, 96), np.uint8)
        centre = (int(rng.integers(30, 66)), int(rng.integers(25, 47)))
        cv2.circle(mask, centre, 20, 255, -1)
        rgb[mask > 0] = (90, 150, 230)
        for kind, picture in (("images", rgb), ("masks", mask)):
            (root / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(root / kind / f"d{n:02}.png"), picture)
    (root / "valid.txt").write_text("d10\nd11\n")
    return root


@pytest.fixture
def data(folder):
    pairs = find_pairs(folder)
    return [Source("discs", pairs[:10], 2.0)], {"discs": pairs[10:]}
