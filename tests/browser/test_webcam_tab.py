from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from playwright.sync_api import expect

from tests.browser.actions import CAMERA, CHROMIUM, PATIENCE, keep, watch

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clip(shared_data: Path, tmp_path_factory) -> Path:
    """A signer at webcam distance, in the form that Chromium's fake camera plays."""
    video = cv2.VideoCapture(str(shared_data / "videos" / "asl_book.mkv"))
    target = tmp_path_factory.mktemp("camera") / "signer.mjpeg"
    with target.open("wb") as file:
        while (read := video.read())[0]:
            file.write(cv2.imencode(".jpg", read[1])[1].tobytes())
    return target


@pytest.mark.data
def test_the_camera_is_shown_live_with_another_background(playwright_driver, chromium, server, clip):
    arguments = [*CHROMIUM, *CAMERA, f"--use-file-for-fake-video-capture={clip}"]
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=arguments)
    try:
        page = browser.new_page()
        watch(page, server)
        first = page.locator("#live img").get_attribute("src")
        page.wait_for_function("first => document.querySelector('#live img').getAttribute('src') !== first", arg=first)
        assert first.startswith("data:image/jpeg"), "a frame was written to the disk"
        keep(page, "webcam")
    finally:
        browser.close()


def test_a_missing_camera_is_explained_in_a_sentence(visit):
    page = visit()
    page.get_by_role("tab", name="Webcam").click()
    page.get_by_text("Click to Access Webcam").click()
    expect(page.get_by_text("camera", exact=False).filter(has_text="allow").first).to_be_visible(timeout=PATIENCE)
