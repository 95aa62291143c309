"""A page on loopback, with a network that finds an ellipse, and photos to send to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanseg.ui.server.limits import Limits
from tests.ui.fakes import segmenter
from tests.ui.serving import served


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits(file_mb=2, clip_mb=2, megapixels=1, photos=3)


@pytest.fixture(scope="session")
def server(limits: Limits) -> Iterator[str]:
    """Address of the page, ending in a slash."""
    with served(segmenter, limits) as address:
        yield address


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo in which the ellipse engine finds somebody, 160x120 pixels."""
    noise = np.random.default_rng(1).integers(0, 255, (6, 8, 3), np.uint8)
    path = tmp_path / "Summer party.png"
    Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC).save(path)
    return path
