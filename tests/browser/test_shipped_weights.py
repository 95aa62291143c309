"""The page with the weights that ship: a real photo in, a real person out."""

from __future__ import annotations

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from humanseg import Segmenter, compose
from humanseg.hub.find import LIVE_NAME
from humanseg.ui.server.limits import Limits
from tests.browser.actions import (
    CAMERA,
    CHROMIUM,
    PATIENCE,
    choose_colour,
    done,
    drop,
    fetch,
    keep,
    redrawn,
    seen,
    shown,
    watch,
)
from tests.ui.serving import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with served(Segmenter.from_pretrained, Limits(), lambda: Segmenter.from_pretrained(LIVE_NAME)) as address:
        yield address


@pytest.fixture
def sideways(astronaut, tmp_path):
    """The astronaut as a phone stores it: lying on her side, with a note of which way is up."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "Eileen Collins.jpg"
    Image.fromarray(np.rot90(astronaut[:, :448])).save(path, exif=exif, quality=95)
    return path


def test_a_photo_from_a_phone_comes_back_upright_and_with_the_pixels_that_python_gives(visit, sideways):
    page = visit()
    drop(page, sideways)
    done(page)
    name, data = fetch(page, "#download")
    cut = np.asarray(Image.open(io.BytesIO(data)))
    assert name == "Eileen Collins-cutout.png" and cut.shape == (512, 448, 4)
    assert cut[100:150, 200:250, 3].min() == 255, "her face isn't opaque"
    assert cut[:30, 300:340, 3].max() == 0, "the wall isn't gone"
    assert np.array_equal(cut, Segmenter.from_pretrained().cut_out(sideways).rgba)
    keep(page, "shipped-photo")

    page.get_by_role("tab", name="Background").click()
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    before = shown(page)
    page.locator("#background-kind").get_by_label("Blur").check()
    redrawn(page, before)
    _, data = fetch(page, "#background-download")
    blurred = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    photo = Segmenter.from_pretrained().cut_out(sideways)
    assert np.abs(blurred[100:150, 200:250].astype(int) - photo.image[100:150, 200:250]).max() < 3
    assert np.abs(blurred.astype(int) - compose.blurred(photo.image, photo.foreground, photo.alpha)).mean() < 12


@pytest.fixture
def signer(shared_data, tmp_path):
    """A signer at webcam distance, in the form that Chromium's fake camera plays."""
    video = cv2.VideoCapture(str(shared_data / "videos" / "asl_book.mkv"))
    target = tmp_path / "signer.mjpeg"
    with target.open("wb") as file:
        while (read := video.read())[0]:
            file.write(cv2.imencode(".jpg", read[1])[1].tobytes())
    return target


@pytest.mark.data
def test_the_signer_before_the_camera_is_cut_out_on_the_server(playwright_driver, chromium, server, signer):
    arguments = [*CHROMIUM, *CAMERA, f"--use-file-for-fake-video-capture={signer}"]
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=arguments)
    try:
        page = browser.new_page()
        watch(page, server)
        choose_colour(page)
        keep(page, "shipped-webcam")
        live = seen(page, side=40)[..., :3].astype(int)
        corners = live[:4, [*range(4), *range(36, 40)]]
        assert np.ptp(corners.reshape(-1, 3), axis=0).max() < 12, "what's behind her can still be seen"
        assert live[20:30, 16:24].std() > 12, "she isn't there"
    finally:
        browser.close()
