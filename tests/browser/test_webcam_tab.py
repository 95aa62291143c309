"""The Webcam tab before a fake camera: in the browser itself, and the server's way."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from humanseg.ui import text
from humanseg.ui.server.limits import Limits
from humanseg.web.site import Site
from tests.browser.actions import CAMERA, CHROMIUM, PATIENCE, choose_colour, corner_is_green, fetch, keep, seen, watch
from tests.ui.fakes import segmenter
from tests.ui.serving import served

pytestmark = pytest.mark.browser
# On a machine without a GPU this Chromium has none for pages either: drawing is the processor's.
GREEN = (32, 160, 96)


@pytest.fixture(scope="module")
def clip(repository: Path, tmp_path_factory) -> Path:
    """A person who moves to and fro, in the form that Chromium's fake camera plays: 640x480, two seconds."""
    photo = cv2.imread(str(repository / "humanseg" / "assets" / "astronaut.jpg"))
    photo = cv2.copyMakeBorder(photo, 0, 0, 160, 160, cv2.BORDER_REPLICATE)
    target = tmp_path_factory.mktemp("camera") / "person.mjpeg"
    with target.open("wb") as file:
        for step in range(40):
            left = 96 + round(60 * np.sin(step / 40 * 2 * np.pi))
            file.write(cv2.imencode(".jpg", photo[20:500, left : left + 640])[1].tobytes())
    return target


@pytest.fixture(scope="module")
def before_camera(playwright_driver, chromium, clip) -> Iterator[Browser]:
    """A browser whose camera shows the person."""
    arguments = [*CHROMIUM, *CAMERA, f"--use-file-for-fake-video-capture={clip}"]
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def own_engine(browser_runtime) -> Iterator[str]:
    """Address of a page whose engine runs in the browser, with the weights that ship."""
    site = Site()
    site.runtime.start().join()
    with served(segmenter, Limits(), site=site) as address:
        yield address


def sent(page: Page) -> list[int]:
    """The sizes in bytes of what the page sends from now on."""
    sizes = []
    page.on("request", lambda request: request.method == "POST" and sizes.append(len(request.post_data_buffer or b"")))
    return sizes


def keep_tracks(page: Page) -> None:
    """Remembers the camera's tracks as `tracks`."""
    page.add_init_script(
        """window.tracks = [];
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          const stream = await ask(wanted);
          window.tracks.push(...stream.getTracks());
          return stream;
        };"""
    )


def test_the_camera_runs_in_the_browser_and_nothing_is_sent(before_camera, own_engine):
    page = before_camera.new_page()
    keep_tracks(page)
    sizes = sent(page)
    watch(page, own_engine)
    expect(page.locator("#live-runs")).to_contain_text("nothing is sent")
    while_live = len(sizes)

    choose_colour(page)
    shown = seen(page, side=32)
    assert np.abs(shown[:6, :4, :3].astype(int) - GREEN).max() < 8, "the room can still be seen"
    assert np.abs(shown[20:, 14:18, :3].astype(int) - GREEN).max() > 30, "the person is gone"
    keep(page, "webcam-here")
    # She moves, and the picture with her.
    page.wait_for_timeout(500)
    assert (seen(page, side=32) != shown).any()

    page.locator("#live-kind").get_by_label("Transparent").check()
    page.wait_for_function(
        """() => {
          const canvas = new OffscreenCanvas(8, 8), context = canvas.getContext("2d");
          context.drawImage(document.querySelector("#live-stage canvas"), 0, 0, 8, 8);
          return context.getImageData(7, 0, 1, 1).data[3] === 0;
        }"""
    )
    assert sizes[while_live:] == [], "something was sent while the camera was live"

    page.get_by_role("button", name="Stop camera").click()
    expect(page.locator("#live-stage canvas")).to_have_count(0)
    expect(page.locator(".live-empty")).to_be_visible()
    assert page.evaluate("tracks.map((track) => track.readyState)") == ["ended"]
    page.close()


def test_a_snapshot_has_the_cameras_size_and_a_recording_can_be_played(before_camera, own_engine, tmp_path):
    page = before_camera.new_page()
    keep_tracks(page)
    watch(page, own_engine)
    page.locator("#live-kind").get_by_label("Transparent").check()
    name, data = fetch(page, "#live-snapshot")
    cut = np.asarray(Image.open(io.BytesIO(data)))
    assert name.endswith(".png") and cut.shape == (480, 640, 4)
    assert cut[:20, :20, 3].max() < 5 and 0.15 < (cut[..., 3] > 250).mean() < 0.7

    choose_colour(page)
    page.locator("#live-sound").check()
    page.locator("#live-record").click()
    expect(page.locator("#live-status")).to_contain_text("Recording: 0:01", timeout=PATIENCE)
    name, data = fetch(page, "#live-record")
    (tmp_path / name).write_bytes(data)
    found, frame = cv2.VideoCapture(str(tmp_path / name)).read()
    assert found and frame.shape == (480, 640, 3)
    assert np.abs(frame[5:30, 5:30, ::-1].astype(int) - GREEN).max() < 25
    assert page.evaluate("tracks.map((track) => track.kind + ' ' + track.readyState)") == ["video live", "audio ended"]
    page.close()


def test_a_snapshot_goes_to_the_photo_tab_and_leaving_the_tab_ends_the_camera(before_camera, server):
    page = before_camera.new_page()
    keep_tracks(page)
    watch(page, server)
    page.locator("#live-to-photos").click()
    expect(page.locator("#compare img").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("tracks.length && tracks.every((track) => track.readyState === 'ended')")
    page.get_by_role("tab", name="Webcam").click()
    expect(page.locator("#live-stage canvas")).to_have_count(0)
    expect(page.get_by_role("button", name="Start camera")).to_be_visible()
    page.close()


def test_without_an_engine_the_server_gets_one_small_frame_at_a_time(before_camera, server):
    page = before_camera.new_page()
    page.add_init_script(
        """window.sent = {sizes: [], flying: 0, most: 0};
        const ask = window.fetch;
        window.fetch = async (address, options) => {
          if (!String(address).includes("web/frame")) return ask(address, options);
          sent.sizes.push(options.body.size);
          sent.most = Math.max(sent.most, ++sent.flying);
          try {
            return await ask(address, options);
          } finally {
            sent.flying--;
          }
        };"""
    )
    watch(page, server)
    expect(page.locator("#live-status")).to_contain_text("So it runs on the server", timeout=PATIENCE)
    expect(page.locator("#live-runs")).to_contain_text("Runs on the server")
    choose_colour(page)
    keep(page, "webcam-server")
    sent = page.evaluate("sent")
    assert len(sent["sizes"]) > 2 and sent["most"] == 1
    assert 1000 < min(sent["sizes"]) and max(sent["sizes"]) <= 30_000
    page.close()


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


def test_a_picture_of_ones_own_is_behind_the_person_and_a_lost_graphics_chip_stops_nothing(
    before_camera, server, tmp_path
):
    Image.new("RGB", (50, 50), GREEN).save(tmp_path / "green.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    page = before_camera.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{server}robots.txt")
    page.evaluate(
        """async () => {
          const {mount} = await import("/web/js/liveview.js");
          document.body.innerHTML = "<div></div>";
          window.view = mount(document.querySelector("div"), {base: "/web/", server: "/web/frame"});
        }"""
    )
    page.get_by_role("button", name="Start camera").click()
    expect(page.locator("#live-rate")).to_contain_text("a second", timeout=PATIENCE)
    page.locator("#live-kind").get_by_label("Picture").check()
    page.set_input_files("#live-own", tmp_path / "broken.png")
    expect(page.locator("#live-status.live-bad")).to_contain_text("choose a JPEG, PNG or WebP", timeout=PATIENCE)
    page.set_input_files("#live-own", tmp_path / "green.png")
    corner_is_green(page)

    page.evaluate("() => view.live.composer.worker.onmessage({data: {type: 'lost'}})")
    expect(page.locator("#live-status")).to_contain_text("your processor goes on drawing", timeout=PATIENCE)
    expect(page.locator("#live-stage canvas")).to_have_count(1)
    corner_is_green(page)
    page.close()


def test_the_clean_view_is_the_person_and_nothing_else(before_camera, own_engine):
    page = before_camera.new_page()
    page.set_viewport_size({"width": 640, "height": 480})
    page.goto(f"{own_engine}web/live.html?background=transparent&size=640x480")
    page.wait_for_function(
        """() => {
          const shown = document.querySelector("canvas");
          if (!shown?.width) return false;
          const canvas = new OffscreenCanvas(8, 8), context = canvas.getContext("2d");
          context.drawImage(shown, 0, 0, 8, 8);
          return context.getImageData(0, 0, 8, 8).data.some((value, index) => index % 4 === 3 && value > 250);
        }""",
        timeout=PATIENCE,
    )
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot(omit_background=True))))
    assert shot[5:40, 5:40, 3].max() == 0 and 0.1 < (shot[..., 3] > 250).mean() < 0.8
    assert page.locator("body").inner_text() == ""
    page.close()
