from __future__ import annotations

import numpy as np
import pytest

from humanseg.errors import ImageError
from humanseg.media.stream import Stream
from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter


class Brightness:
    """A network that takes brightness for people, and notes the shape of each image."""

    name = "fake"
    config = ModelConfig(size=128, live_size=64)

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, image: np.ndarray) -> np.ndarray:
        self.seen.append(image.shape)
        return image.mean(axis=2).astype(np.float32) / 255


@pytest.fixture
def engine() -> Brightness:
    return Brightness()


@pytest.fixture
def stream(engine) -> Stream:
    return Stream(Segmenter(engine))


def frame(value: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    return np.full((*size, 3), value, np.uint8)


def test_an_alpha_has_the_size_of_its_frame_and_stays_within_its_range(stream):
    for value in (255, 0, 240):
        alpha = stream.alpha(frame(value))
        assert alpha.shape == (48, 64)
        assert alpha.dtype == np.float32
        assert 0 <= alpha.min() and alpha.max() <= 1


def test_there_is_one_pass_a_frame_at_the_live_size(stream, engine):
    stream.alpha(frame(200, (480, 640)))
    assert engine.seen == [(64, 64, 3)]


def test_the_outline_of_a_still_person_flickers_less_than_the_network_does(stream):
    rng = np.random.default_rng(0)
    still = np.zeros((48, 64, 3))
    still[:, :40] = 255  # enough of it is sure that somebody is there
    still[:, 40:43] = np.array([230, 160, 60])[:, None]
    noisy = [np.clip(still + rng.normal(0, 4, still.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    raw = [Stream(stream.segmenter).alpha(one) for one in noisy]
    smooth = [stream.alpha(one) for one in noisy]
    assert np.diff(smooth[2:], axis=0).std() < 0.7 * np.diff(raw[2:], axis=0).std()


def test_nothing_trails_behind_what_moves(stream):
    for _ in range(4):
        stream.alpha(frame(255))
    assert stream.alpha(frame(0)).max() < 0.02


def test_after_a_reset_the_past_does_not_count(stream):
    stream.alpha(frame(250))
    stream.reset()
    np.testing.assert_array_equal(stream.alpha(frame(244)), Stream(stream.segmenter).alpha(frame(244)))


def test_frames_may_change_their_size(stream):
    stream.alpha(frame(250))
    assert stream.alpha(frame(250, (100, 30))).shape == (100, 30)


def test_what_is_done_to_a_result_does_not_reach_the_next_frame(stream):
    stream.alpha(frame(250))[:] = 0
    assert stream.alpha(frame(250)).min() > 0.9


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_what_is_no_frame_is_refused(stream, bad):
    with pytest.raises(ImageError, match="uint8 HxWx3"):
        stream.alpha(bad)
