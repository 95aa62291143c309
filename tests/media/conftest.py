import numpy as np
import pytest


@pytest.fixture
def small(astronaut):
    """64x96, and different in every corner."""
    return np.ascontiguousarray(astronaut[40:168:2, 100:292:2])
