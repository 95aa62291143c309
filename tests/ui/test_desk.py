from __future__ import annotations

import numpy as np
import pytest

from humanseg.ui.desk import Desk


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (480, 640)])
def test_what_is_read_from_the_file_is_what_was_written(tmp_path, shape):
    random = np.random.default_rng(0)
    desk = Desk(random.integers(0, 256, (*shape, 3), np.uint8), random.integers(0, 256, shape, np.uint8))
    (tmp_path / "desk.npy").write_bytes(desk.packed())
    again = Desk.opened(tmp_path / "desk.npy")
    np.testing.assert_array_equal(again.rgb, desk.rgb)
    np.testing.assert_array_equal(again.alpha, desk.alpha)
    assert not again.rgb.flags.writeable and type(again.alpha) is np.ndarray
