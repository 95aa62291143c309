"""What can go wrong with a camera: a sentence, a way on, and nothing frozen stays."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from humanseg.ui import text
from tests.browser.actions import CHROMIUM, PATIENCE, keep_tracks, watch

pytestmark = pytest.mark.browser

VIEW = """async (server) => {
  const {mount} = await import("/web/js/liveview.js");
  document.body.innerHTML = "<div></div>";
  window.view = mount(document.querySelector("div"), {base: "/web/", server});
}"""
# `leave(true)` puts the page into the background, `leave(false)` brings it back: headless browsers show all their tabs,
# so this does what others do then: they say so, and videos of such a page present no frames.
BACKGROUND = """
  let away = false;
  const waiting = [];
  const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return ask.call(this, (...now) => (away ? waiting.push(() => callback(...now)) : callback(...now)));
  };
  Object.defineProperty(document, "hidden", {get: () => away});
  window.leave = (leaves) => {
    away = leaves;
    document.dispatchEvent(new Event("visibilitychange"));
    if (!away) waiting.splice(0).forEach((presented) => presented());
  };
"""


def watch_view(page: Page, address: str, server: str | None) -> None:
    """The view alone, without the page around it, and the camera on; `server` is the address of the server's way."""
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}robots.txt")
    page.evaluate(VIEW, server)
    page.get_by_role("button", name="Start camera").click()
    expect(page.locator("#live-rate")).to_contain_text("a second", timeout=PATIENCE)


def stopped(page: Page, sentence: str) -> None:
    """The camera is off, the page says why, and it can be started again."""
    expect(page.locator("#live-status.live-bad")).to_contain_text(sentence, timeout=PATIENCE)
    expect(page.locator("#live-stage canvas")).to_have_count(0)
    expect(page.get_by_role("button", name="Start camera")).to_be_visible()
    assert page.evaluate("tracks.every((track) => track.readyState === 'ended')")


@pytest.mark.parametrize(
    ("sentence", "arguments"),
    [
        ("There is no camera: connect one", ["--use-fake-ui-for-media-stream"]),
        ("The camera was refused: allow it", ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]),
    ],
)
def test_a_camera_that_is_missing_or_refused_is_explained_in_a_sentence(
    playwright_driver, chromium, server, sentence, arguments
):
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=[*CHROMIUM, *arguments])
    try:
        page = browser.new_page()
        page.goto(server)
        page.get_by_role("tab", name="Webcam").click()
        page.get_by_role("button", name="Start camera").click()
        expect(page.locator("#live-status.live-bad")).to_contain_text(sentence, timeout=PATIENCE)
        expect(page.get_by_role("button", name="Start camera")).to_be_visible()
    finally:
        browser.close()


def test_every_trouble_has_its_sentence(browser, server):
    page = browser.new_page()
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(window.trouble)")
    page.goto(server)
    page.get_by_role("tab", name="Webcam").click()
    for trouble, sentence in (
        ("new DOMException('', 'NotReadableError')", "close the other program that has it"),
        ("new DOMException('', 'OverconstrainedError')", "choose another one"),
        ("new DOMException('', 'SecurityError')", "in a tab of its own"),
        ("new TypeError('odd')", "try another browser"),
    ):
        page.evaluate(f"() => {{ window.trouble = {trouble}; }}")
        page.get_by_role("button", name="Start camera").click()
        expect(page.locator("#live-status.live-bad")).to_contain_text(sentence)
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = undefined; }")
    page.get_by_role("button", name="Start camera").click()
    expect(page.locator("#live-status.live-bad")).to_contain_text("only to pages that come over https")
    page.close()


def test_an_unplugged_camera_is_said_and_nothing_frozen_stays(before_camera, server):
    page = before_camera.new_page()
    keep_tracks(page)
    watch(page, server)
    page.evaluate("tracks.at(-1).dispatchEvent(new Event('ended'))")
    expect(page.locator("#live-status.live-bad")).to_contain_text("unplugged", timeout=PATIENCE)
    expect(page.locator("#live-stage canvas")).to_have_count(0)
    page.close()


def test_a_server_that_is_full_is_said(before_camera, server):
    page = before_camera.new_page()
    full = {"status": 503, "json": {"detail": text.CAMERAS_FULL}}
    page.route("**/web/frame?*", lambda route: route.fulfill(**full))
    page.goto(server)
    page.get_by_role("tab", name="Webcam").click()
    page.get_by_role("button", name="Start camera").click()
    expect(page.locator("#live-status.live-bad")).to_contain_text(text.CAMERAS_FULL, timeout=PATIENCE)
    page.close()


def test_in_the_background_it_pauses_with_the_recording_and_goes_on_afterwards(before_camera, server):
    page = before_camera.new_page()
    page.add_init_script(BACKGROUND)
    watch_view(page, server, "/web/frame")
    page.get_by_role("button", name="Record").click()
    page.wait_for_function("view.recording?.recorder.state === 'recording'")
    page.evaluate("leave(true)")
    page.wait_for_function("view.recording.recorder.state === 'paused'")

    page.evaluate("leave(false)")
    expect(page.locator("#live-status")).to_contain_text("goes on now")
    page.wait_for_function("view.recording.recorder.state === 'recording'")
    page.locator("#live-rate").evaluate("(rate) => (rate.textContent = '')")
    expect(page.locator("#live-rate")).to_contain_text("a second", timeout=PATIENCE)
    page.close()


def test_too_little_memory_is_a_sentence_and_the_camera_starts_again_once_there_is_more(before_camera, engine_page):
    page = before_camera.new_page()
    keep_tracks(page)
    watch_view(page, engine_page, None)
    (engine,) = (worker for worker in page.workers if worker.url.endswith("js/worker.js"))
    engine.evaluate(
        """() => {
          OffscreenCanvasRenderingContext2D.prototype.getImageData = () => {
            throw new RangeError("Array buffer allocation failed");
          };
        }"""
    )
    stopped(page, "too little memory left for the camera: close other tabs")
    page.get_by_role("button", name="Start camera").click()
    expect(page.locator("#live-rate")).to_contain_text("a second", timeout=PATIENCE)
    page.close()
