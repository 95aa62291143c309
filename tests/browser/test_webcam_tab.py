"""The Webcam tab before a fake camera: in the browser itself, and the server's way."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, choose_colour, corner_is_green, fetch, keep, keep_tracks, seen, watch

pytestmark = pytest.mark.browser
# On a machine without a GPU this Chromium has none for pages either: drawing is the processor's.
GREEN = (32, 160, 96)


def sent(page: Page) -> list[int]:
    """The sizes in bytes of what the page sends from now on."""
    sizes = []
    page.on("request", lambda request: request.method == "POST" and sizes.append(len(request.post_data_buffer or b"")))
    return sizes


def test_the_camera_runs_in_the_browser_and_nothing_is_sent(before_camera, engine_page):
    page = before_camera.new_page()
    keep_tracks(page)
    sizes = sent(page)
    watch(page, engine_page)
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


def test_a_snapshot_has_the_cameras_size_and_a_recording_can_be_played(before_camera, engine_page, tmp_path):
    page = before_camera.new_page()
    keep_tracks(page)
    watch(page, engine_page)
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


def test_the_clean_view_is_the_person_and_nothing_else(before_camera, engine_page):
    page = before_camera.new_page()
    page.set_viewport_size({"width": 640, "height": 480})
    page.goto(f"{engine_page}web/live.html?background=transparent&size=640x480")
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
