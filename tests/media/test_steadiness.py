"""How steady a stream's alphas are beside those of frames by themselves, on drawn sequences of known alpha."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from humanseg.media.stream import Stream
from humanseg.model.config import ModelConfig
from humanseg.segmenter import Segmenter

CONFIG = ModelConfig(size=128, live_size=128)
FRAMES = 16
PLACE = 90  # grey levels up to which the drawn engine sees no person


class Unsteady:
    """A network that takes what is brighter than the place for people, with an outline that moves from call to call."""

    name = "fake"
    config = CONFIG

    def __init__(self) -> None:
        self.random = np.random.default_rng(5)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        person = (image.min(axis=2) > PLACE).astype(np.float32)
        wave = cv2.GaussianBlur(self.random.standard_normal(person.shape).astype(np.float32), (0, 0), 4)
        wobbly = cv2.GaussianBlur(person, (0, 0), 2.5) + wave * (0.25 / wave.std()) * cv2.GaussianBlur(
            cv2.morphologyEx(person, cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8)), (0, 0), 1
        )
        return np.clip((wobbly - 0.5) * 3 + 0.5, 0, 1)


def sequence(astronaut: np.ndarray, step: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The astronaut, brightened, in an oval that moves by `step` pixels a frame over a dark place, with noise."""
    random, frames, truths = np.random.default_rng(1), [], []
    colours = 140 + cv2.resize(astronaut, (128, 96)).astype(np.float32) * (115 / 255)
    place = 20 + cv2.resize(astronaut[::-1, ::-1], (128, 96)).astype(np.float32) * (40 / 255)
    rows, columns = np.mgrid[:96, :128].astype(np.float32)
    for n in range(FRAMES):
        distance = np.hypot((columns - 56 - step * n) / 26, (rows - 60) / 44)
        truth = np.clip((1 - distance) * 20 + 0.5, 0, 1)
        turn = np.float32([[1, 0, step * n], [0, 1, 0]])
        moved = cv2.warpAffine(colours, turn, (128, 96), borderMode=cv2.BORDER_REFLECT)
        frame = truth[..., None] * moved + (1 - truth[..., None]) * place
        frames.append(np.clip(frame + random.normal(0, 3, frame.shape), 0, 255).astype(np.uint8))
        truths.append(truth)
    return frames, truths


def flicker(alphas: list[np.ndarray], truths: list[np.ndarray]) -> float:
    """Mean |change| where the truth doesn't change."""
    changes = [
        np.abs(alphas[n + 1] - alphas[n])[np.abs(truths[n + 1] - truths[n]) < 1 / 255] for n in range(len(alphas) - 1)
    ]
    return float(np.concatenate(changes).mean())


def mean_iou(alphas: list[np.ndarray], truths: list[np.ndarray]) -> float:
    pairs = [(alpha >= 0.5, truth >= 0.5) for alpha, truth in zip(alphas, truths, strict=True)]
    return float(np.mean([(found & there).sum() / (found | there).sum() for found, there in pairs]))


@pytest.mark.parametrize("look_ahead", [0, 2])
@pytest.mark.parametrize(("step", "most"), [(0.0, 0.3), (1.5, 0.75)])
def test_a_stream_flickers_less_than_frames_by_themselves_and_is_as_right(astronaut, look_ahead, step, most):
    frames, truths = sequence(astronaut, step)
    single = Segmenter(Unsteady())
    alone = [single.alpha(frame, second_pass=False, size=128) for frame in frames]
    stream = [alpha for _, alpha in Stream(Segmenter(Unsteady()), look_ahead=look_ahead).alphas(frames)]
    assert flicker(stream, truths) < most * flicker(alone, truths)
    assert mean_iou(stream, truths) >= mean_iou(alone, truths)


def test_a_camera_lags_by_less_than_a_frame(astronaut):
    frames, truths = sequence(astronaut, 2.0)
    stream = Stream(Segmenter(Unsteady()))
    alphas = [stream.alpha(frame) for frame in frames]
    behind = [np.mean([np.abs(alphas[n] - truths[n - lag]).mean() for n in range(4, FRAMES)]) for lag in range(4)]
    assert int(np.argmin(behind)) == 0
