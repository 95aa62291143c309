"""Frames run on LiteRT, which is given the network as it's written in the browser, or else on ONNX Runtime."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.browser.engine import Cutter

pytestmark = pytest.mark.browser

# Width, height and long side at the network's: upright and across, sides that fit the stride and such that don't.
SIZES = [(640, 480, 256), (640, 360, 192), (360, 640, 160)]


def alphas(cutter: Cutter, photo: np.ndarray) -> list[np.ndarray]:
    return [cutter.frame(cv2.resize(photo, (width, height)), size=size) for width, height, size in SIZES]


def test_at_every_size_frames_have_the_same_alpha_on_litert_and_on_onnx_runtime(
    browser, engine_page, live_cutter, astronaut
):
    on_lite = alphas(live_cutter, astronaut)
    assert live_cutter.page.evaluate("engine.runtime") == "LiteRT"
    with Cutter(browser, engine_page, model="live") as cutter:
        cutter.page.route("**/litert_wasm*", lambda route: route.abort())
        on_onnx = alphas(cutter, astronaut)
        assert cutter.page.evaluate("engine.runtime") == "ONNX Runtime"
    for ours, theirs, (width, height, size) in zip(on_lite, on_onnx, SIZES, strict=True):
        assert ours.shape == (round(size * height / max(width, height)), round(size * width / max(width, height)))
        assert ours.max() > 0.9 and np.abs(ours - theirs).max() < 0.01
