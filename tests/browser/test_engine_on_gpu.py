"""The engine on WebGPU, which SwiftShader imitates on the processor: what comes out, not how quickly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.browser.actions import CHROMIUM
from tests.browser.engine import Cutter

pytestmark = pytest.mark.browser

GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
SIZE = 96  # pixels a side: the smallest multiple of the stride at which she is found
# Ends the GPU's device, from within the engine's worker, as a driver does that is restarted.
LOSE = """async () => {
  const folder = (await (await fetch("/web/engine.json")).json()).runtime;
  const ort = await import(`/web/${folder}ort.jspi.min.mjs`);
  (await ort.env.webgpu.device).destroy();
}"""


@pytest.fixture(scope="module")
def gpu_browser(playwright_driver, chromium) -> Iterator[Browser]:
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=[*CHROMIUM, *GPU])
    yield browser
    browser.close()


def test_a_gpu_gives_the_same_alpha_and_the_processor_takes_over_when_it_is_lost(gpu_browser, engine_page, astronaut):
    with Cutter(gpu_browser, engine_page, model="live", device="webgpu") as cutter:
        on_gpu = cutter.frame(astronaut, size=SIZE)
        says = cutter.page.evaluate("[engine.device, engine.says]")
        (worker,) = (worker for worker in cutter.page.workers if worker.url.endswith("js/worker.js"))
        worker.evaluate(LOSE)
        afterwards = cutter.frame(astronaut, size=SIZE)
        says_then = cutter.page.evaluate("[engine.device, engine.says]")
    assert says == ["webgpu", "this computer's graphics chip"]
    assert says_then[0] == "wasm" and "since the graphics chip was lost" in says_then[1]
    assert on_gpu.shape == (SIZE, SIZE) and on_gpu.mean() > 0.1
    assert np.abs(on_gpu - afterwards).mean() < 0.002


def test_a_gpu_that_is_only_imitated_is_left_alone(gpu_browser, engine_page):
    with Cutter(gpu_browser, engine_page, model="live") as cutter:
        cutter.open()
        assert cutter.page.evaluate("engine.device") == "wasm"


def test_where_there_is_no_gpu_asking_for_one_is_a_sentence(browser, engine_page):
    with Cutter(browser, engine_page, model="live", device="webgpu") as cutter:
        if cutter.page.evaluate("async () => Boolean(await navigator.gpu?.requestAdapter())"):
            pytest.skip("This Chromium has a GPU.")
        with pytest.raises(Exception, match="can't use a graphics chip"):
            cutter.open()
