"""The engine in a real browser: on the page, isolated, with what it needs from the page alone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_the_page_is_isolated_so_that_webassembly_may_have_threads(server, browser):
    page = browser.new_page()
    page.goto(server)
    assert page.evaluate("crossOriginIsolated && typeof SharedArrayBuffer === 'function'")
    page.close()


def test_a_photo_is_cut_out_in_the_browser_with_files_of_the_page_alone(engine_page, photo_cutter, astronaut):
    result = photo_cutter.photo(astronaut)
    assert result.rgba.shape == (512, 512, 4) and result.person_found
    assert result.rgba[125, 225, 3] == 255 and result.rgba[20, 20, 3] == 0
    (loaded, total), threads, says = photo_cutter.page.evaluate("[loaded, engine.threads, engine.says]")
    assert loaded == total > 1e6 and threads >= 1 and "processor" in says
    asked = photo_cutter.asked
    assert any(request.url.endswith("model.onnx") for request in asked)
    assert not [request.url for request in asked if not request.url.startswith((engine_page, "blob:", "data:"))]
    assert not [request for request in asked if request.method == "POST" and len(request.post_data or "") > 10_000]
