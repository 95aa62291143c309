from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import requests

from humanseg.ui import text
from humanseg.ui.server.frames import LARGEST
from humanseg.ui.server.limits import Limits
from tests.ui.fakes import segmenter
from tests.ui.serving import served
from tests.ui.test_camera import picture


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """Address of a page that has time for one camera."""
    with served(segmenter, Limits(cameras=1)) as address:
        yield address


def send(page, content, camera="one"):
    return requests.post(f"{page}web/frame", params={"camera": camera}, data=content, timeout=20)


def test_a_frame_comes_back_as_its_alphas_and_is_kept_nowhere(page):
    answer = send(page, picture())
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    alphas = np.frombuffer(answer.content, np.uint8).reshape(2, 120, 160)
    assert (alphas[:, 66, 80] == 255).all() and (alphas[:, 0, 0] == 0).all()
    assert int(answer.headers["Content-Length"]) < alphas.size / 3


def test_one_camera_too_many_is_told_so(page):
    assert send(page, picture()).status_code == 200
    answer = send(page, picture(), "two")
    assert answer.status_code == 503 and answer.json() == {"detail": text.CAMERAS_FULL}
    assert send(page, picture()).status_code == 200


@pytest.mark.parametrize("content", [b"", b"no picture", bytes(LARGEST + 1)])
def test_what_is_no_frame_is_answered_with_a_sentence(page, content):
    answer = send(page, content)
    assert answer.status_code == 400 and answer.json() == {"detail": text.FRAME_BAD}


def test_nothing_can_be_fetched_there(page):
    answer = requests.get(f"{page}web/frame", timeout=20)
    assert answer.status_code == 404 and answer.text == text.SHUT
