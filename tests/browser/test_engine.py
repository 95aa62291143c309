"""The engine in a real browser: on the page, isolated, with what it needs from the page alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from humanseg.ui.server.limits import Limits
from humanseg.web.site import Site
from tests.ui.fakes import segmenter
from tests.ui.serving import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_with_engine(browser_runtime) -> Iterator[str]:
    """Address of the page, whose engine has the weights that ship."""
    site = Site()
    site.runtime.start().join()
    with served(segmenter, Limits(), site=site) as address:
        yield address


def test_the_page_is_isolated_so_that_webassembly_may_have_threads(server, browser):
    page = browser.new_page()
    page.goto(server)
    assert page.evaluate("crossOriginIsolated && typeof SharedArrayBuffer === 'function'")
    page.close()


def test_a_photo_is_cut_out_in_the_browser_with_files_of_the_page_alone(page_with_engine, browser, repository):
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request))
    page.goto(page_with_engine)
    photo = (repository / "humanseg" / "assets" / "astronaut.jpg").read_bytes()
    result = page.evaluate(
        """async (bytes) => {
          const {Engine} = await import("./web/js/engine.js");
          let loaded = [];
          const engine = await Engine.open({base: "web/", model: "photo", onProgress: (...now) => loaded = now});
          const photo = await engine.photo(new Blob([new Uint8Array(bytes)]));
          engine.close();
          const at = (x, y) => photo.cutout.data[4 * (y * photo.width + x) + 3];
          const {width, height} = photo;
          const {threads, says} = engine;
          return {width, height, loaded, threads, says, face: at(225, 125), sky: at(20, 20)};
        }""",
        list(photo),
    )
    page.close()
    assert (result["width"], result["height"]) == (512, 512)
    assert result["face"] > 250 and result["sky"] < 5
    assert result["loaded"][0] == result["loaded"][1] > 1e6
    assert result["threads"] >= 1 and "processor" in result["says"]
    assert not [request.url for request in asked if not request.url.startswith((page_with_engine, "blob:", "data:"))]
    sent = [request for request in asked if request.method == "POST" and len(request.post_data or "") > 10_000]
    assert not sent
