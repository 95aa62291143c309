from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from playwright.sync_api import expect

from humanseg.ui import text
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


@pytest.mark.parametrize(
    ("trouble", "arguments"),
    [
        ("NotFoundError", ["--use-fake-ui-for-media-stream"]),
        ("NotAllowedError", ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]),
    ],
)
def test_a_camera_that_is_missing_or_refused_is_explained_in_a_sentence_of_our_own(
    playwright_driver, chromium, server, trouble, arguments
):
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=[*CHROMIUM, *arguments])
    try:
        page = browser.new_page()
        page.goto(server)
        page.get_by_role("tab", name="Webcam").click()
        for sentence in text.CAMERA_TROUBLE.values():
            expect(page.get_by_text(sentence)).to_be_hidden()
        page.get_by_text("Click to Access Webcam").click()
        expect(page.get_by_text(text.CAMERA_TROUBLE[trouble])).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#camera-trouble p:visible")).to_have_count(1)
        keep(page, f"webcam-{trouble}")
    finally:
        browser.close()


def test_without_https_the_page_says_why_there_is_no_camera(browser, server):
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    page.goto(server)
    page.get_by_role("tab", name="Webcam").click()
    page.get_by_text("Click to Access Webcam").click()
    expect(page.get_by_text(text.CAMERA_TROUBLE["Insecure"])).to_be_visible(timeout=PATIENCE)
    page.close()
