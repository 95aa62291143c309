from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from humanseg.crops import Box
from humanseg.errors import ImageError
from humanseg.media.stream import Stream
from humanseg.media.view import View
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


def scene(left: int, *, seed: int = 0, top: int = 4, place: int = 20) -> np.ndarray:
    """A textured, bright person with their left edge in that column, over a dark, noisy place."""
    random = np.random.default_rng(seed)
    out = random.normal(place, 3, (48, 64, 3))
    texture = np.random.default_rng(99).uniform(235, 255, (44, 20, 1))
    columns = slice(max(0, left), max(0, left + 20))
    out[top:, columns] = texture[: 48 - top, max(0, -left) :][:, : out[top:, columns].shape[1]]
    return np.clip(out, 0, 255).astype(np.uint8)


def test_a_clip_gives_every_frame_once_and_in_order(engine):
    for count in (0, 1, 2, 3, 7):
        frames = [scene(10 + n, seed=n) for n in range(count)]
        out = list(Stream(Segmenter(engine), look_ahead=2).alphas(iter(frames)))
        assert [frame is given for (frame, _), given in zip(out, frames, strict=True)] == [True] * count
        assert all(alpha.shape == (48, 64) and alpha.dtype == np.float32 for _, alpha in out)


def test_a_clip_asks_for_no_more_frames_than_it_looks_ahead(engine):
    asked = []
    frames = (asked.append(n) or scene(10) for n in range(50))
    next(Stream(Segmenter(engine), look_ahead=2).alphas(frames))
    assert len(asked) == 3


def test_without_looking_ahead_a_clip_is_what_a_camera_gives(engine):
    frames = [scene(10 + 2 * n, seed=n) for n in range(5)]
    camera = Stream(Segmenter(engine))
    clip = Stream(Segmenter(engine)).alphas(frames)
    for frame, (_, alpha) in zip(frames, clip, strict=True):
        np.testing.assert_array_equal(alpha, camera.alpha(frame))


def test_the_two_halves_of_a_clip_may_run_one_after_the_other(engine):
    frames = [scene(10 + 2 * n, seed=n) for n in range(5)]
    stream = Stream(Segmenter(engine), look_ahead=2)
    halves = list(stream.finished(list(stream.steady(frames))))
    whole = Stream(Segmenter(engine), look_ahead=2).alphas(frames)
    for (_, alpha), (_, other) in zip(halves, whole, strict=True):
        np.testing.assert_array_equal(alpha, other)


@pytest.mark.parametrize("look_ahead", [0, 2])
def test_an_outline_that_moves_stays_where_the_person_is(engine, look_ahead):
    frames = [scene(4 + 3 * n, seed=n) for n in range(12)]
    for n, (_, alpha) in enumerate(Stream(Segmenter(engine), look_ahead=look_ahead).alphas(frames)):
        truth = np.zeros((48, 64), bool)
        truth[4:, 4 + 3 * n : 24 + 3 * n] = True
        assert np.mean((alpha >= 0.5) == truth) > 0.97, n


@pytest.mark.parametrize("look_ahead", [0, 2])
def test_a_cut_starts_afresh(engine, look_ahead):
    before, after = scene(2), 255 - scene(2)
    frames = [before] * 4 + [after] * 4
    alphas = [alpha for _, alpha in Stream(Segmenter(engine), look_ahead=look_ahead).alphas(frames)]
    fresh = [alpha for _, alpha in Stream(Segmenter(engine), look_ahead=look_ahead).alphas([after] * 4)]
    np.testing.assert_allclose(alphas[4], fresh[0], atol=1e-6)
    np.testing.assert_allclose(alphas[3], alphas[2], atol=0.01)


def test_black_frames_are_empty_and_who_appears_afterwards_is_seen(stream):
    assert not any(stream.alpha(frame(0)).any() for _ in range(3))
    assert stream.alpha(scene(20))[10:40, 25:35].min() > 0.9


class Blinking(Brightness):
    """A network that misses everybody in every fourth image."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        alpha = super().__call__(image)
        return alpha * 0.02 if len(self.seen) % 4 == 3 else alpha


@pytest.mark.parametrize("look_ahead", [0, 2])
def test_nobody_blinks_when_the_network_does(look_ahead):
    frames = [scene(20, seed=n) for n in range(14)]
    for _, alpha in Stream(Segmenter(Blinking()), look_ahead=look_ahead).alphas(frames):
        assert alpha[10:44, 24:36].min() > 0.9


@pytest.mark.parametrize(
    "bad",
    [np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3))],
)
def test_what_is_no_frame_is_refused(stream, bad):
    with pytest.raises(ImageError, match="uint8 HxWx3"):
        stream.alpha(bad)


@pytest.mark.parametrize("look_ahead", [0, 2])
def test_a_clip_may_change_its_size_on_the_way_to_any_other(engine, look_ahead):
    random = np.random.default_rng(0)
    sizes = [(48, 64)] * 4 + [(1, 1)] * 3 + [(2, 300)] * 3 + [(360, 90)] * 4 + [(17, 33)] * 2
    frames = [random.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]
    alphas = [alpha for _, alpha in Stream(Segmenter(engine), look_ahead=look_ahead).alphas(frames)]
    assert [alpha.shape for alpha in alphas] == sizes
    assert all(np.isfinite(alpha).all() and 0 <= alpha.min() and alpha.max() <= 1 for alpha in alphas)


def test_frames_that_stand_still_are_seldom_shown_to_the_network(stream, engine):
    for n in range(9):
        stream.alpha(scene(20, seed=0 if n else 1))
    assert len(engine.seen) == 5


@pytest.mark.parametrize("before", [4, 5])
def test_a_search_saves_the_look_only_where_hardly_anything_changes(stream, engine, monkeypatch, before):
    corner, plan = View.of_crops((48, 64), [Box(0, 44, 20, 64)], 32), stream._follower.plan
    monkeypatch.setattr(stream._follower, "plan", lambda frame: replace(plan(frame), search=corner))
    looks = []
    for left in [-20] * before + [-8]:
        engine.seen.clear()
        stream.alpha(scene(left))
        looks.append((64, 64, 3) in engine.seen)
    assert not all(looks[:-1]) and looks[-1]
