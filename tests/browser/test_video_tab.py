from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from humanseg.media.video import Clip
from tests.browser.actions import PATIENCE, at_rest, fetch, keep
from tests.media.clips import write

pytestmark = pytest.mark.browser

PICTURE = np.linspace(0, 255, 120 * 160 * 3).reshape(120, 160, 3).astype(np.uint8)


def test_a_clip_is_cut_out_shown_before_and_after_and_downloaded(visit, tmp_path):
    clip = write(tmp_path / "My dance.mp4", [PICTURE] * 25, pixels="yuv420p", sound=["aac"])
    page = visit()
    page.get_by_role("tab", name="Video").click()
    page.locator("#clip input[type=file]").set_input_files(clip)
    expect(page.locator("#clip-status")).to_contain_text(
        "160 × 120 pixels, 1.0 s, 25 frames a second", timeout=PATIENCE
    )
    expect(page.locator("#clip-stop")).not_to_be_visible()
    page.locator("#clip-to input").fill("0.4")
    page.locator("#video-kind").get_by_label("Transparent").check()
    expect(page.locator("#clip-format").get_by_label("WebM")).to_be_checked(timeout=PATIENCE)
    page.locator("#clip-start").click()
    expect(page.locator("#clip-status")).to_contain_text("My dance.mp4: 10 frames, 0.4 s.", timeout=PATIENCE)
    at_rest(page)
    player = page.locator(".clip-player")
    assert player.locator(".after").evaluate("async (v) => (await v.play(), v.pause(), v.videoWidth)") == 160
    player.locator(".wipe").fill("20")
    assert player.evaluate("(p) => p.style.getPropertyValue('--cut')") == "20%"
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    keep(page, "video")
    name, data = fetch(page, "#clip-download")
    assert name == "My dance-cutout.webm"
    (tmp_path / name).write_bytes(data)
    assert len(list(Clip(tmp_path / name).frames())) == 10


def test_what_is_no_clip_is_told(visit, tmp_path):
    (tmp_path / "notes.mp4").write_text("milk, eggs")
    page = visit(390, 844)
    page.get_by_role("tab", name="Video").click()
    page.locator("#clip input[type=file]").set_input_files(tmp_path / "notes.mp4")
    expect(page.get_by_text("notes.mp4 isn't a clip that can be read")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#clip-start")).not_to_be_visible()
