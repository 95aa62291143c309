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
    for _ in range(6):
        page.get_by_label("End of the part").press("ArrowLeft")
    expect(page.locator("#clip-trim .words")).to_have_text("0:00.0 to 0:00.4: 0.4 s")
    expect(page.locator("#clip-to input")).to_have_value("0.4")
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
    page.reload()
    page.get_by_role("tab", name="Video").click()
    expect(page.locator("#clip-status")).to_contain_text("My dance.mp4: 10 frames, 0.4 s.", timeout=PATIENCE)
    expect(page.locator("#clip-trim .words")).to_have_text("0:00.0 to 0:00.4: 0.4 s")
    expect(page.locator(".clip-player .before")).to_be_attached()
    name, data = fetch(page, "#clip-download")
    assert name == "My dance-cutout.webm"
    (tmp_path / name).write_bytes(data)
    assert len(list(Clip(tmp_path / name).frames())) == 10


def test_handles_and_numbers_choose_the_same_part_and_show_its_frame(visit, tmp_path):
    clip = write(tmp_path / "long.mp4", [PICTURE] * 4, times=[0, 1, 2, 3.9], pixels="yuv420p")
    page = visit(390, 844, dark=True)
    page.get_by_role("tab", name="Video").click()
    page.locator("#clip input[type=file]").set_input_files(clip)
    start, end = page.get_by_label("Start of the part"), page.get_by_label("End of the part")
    expect(page.locator("#clip-trim .words")).to_contain_text("All of it", timeout=PATIENCE)
    length = float(end.input_value())
    page.locator("#clip-trim").scroll_into_view_if_needed()
    box = start.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    page.mouse.up()
    at = float(start.input_value())
    assert length / 3 < at < 2 * length / 3 and start.get_attribute("aria-valuetext") == f"0:{at:04.1f}"
    expect(page.locator("#clip-from input")).to_have_value(f"{at:g}")
    assert abs(page.locator("video.after").evaluate("(video) => video.currentTime") - at) < 0.05
    page.locator("#clip-to input").fill("0.5")
    page.locator("#clip-to input").blur()  # before the start, which gives way
    assert float(end.input_value()) == 0.5 and float(start.input_value()) == pytest.approx(0.45)
    expect(page.locator("#clip-from input")).to_have_value("0.45")
    end.press("Shift+ArrowRight")
    assert float(end.input_value()) == 1.5


def test_a_clip_given_before_the_page_has_its_first_answer_stays(visit, tmp_path):
    clip = write(tmp_path / "dance.mp4", [PICTURE] * 3, pixels="yuv420p")
    page = visit()
    page.reload(wait_until="commit")
    page.get_by_role("tab", name="Video").click()
    page.locator("#clip input[type=file]").set_input_files(clip)
    expect(page.locator("#clip-status")).to_contain_text("dance.mp4: 160 × 120 pixels", timeout=PATIENCE)
    at_rest(page)
    expect(page.locator("#clip .filename")).to_contain_text("dance")


def test_what_is_no_clip_is_told(visit, tmp_path):
    (tmp_path / "notes.mp4").write_text("milk, eggs")
    page = visit(390, 844)
    page.get_by_role("tab", name="Video").click()
    page.locator("#clip input[type=file]").set_input_files(tmp_path / "notes.mp4")
    expect(page.get_by_text("notes.mp4 isn't a clip that can be read")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#clip-start")).not_to_be_visible()
