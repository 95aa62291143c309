from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.actions import PATIENCE, at_rest, done, drop, fetch, keep, photo

pytestmark = pytest.mark.browser


def test_a_dropped_photo_comes_back_with_its_size_an_opaque_person_and_clear_corners(visit, tmp_path):
    page = visit()
    drop(page, photo(tmp_path / "My photo.jpg"))
    done(page)
    expect(page.locator("#compare img").first).to_be_visible()
    name, data = fetch(page, "#download")
    cut = np.asarray(Image.open(io.BytesIO(data)))
    assert name == "My photo-cutout.png"
    assert cut.shape == (240, 320, 4)
    assert cut[132, 160, 3] == 255
    assert not cut[[0, 0, -1, -1], [0, -1, 0, -1], 3].any()
    keep(page, "photo-done")


def test_webp_is_there_for_whoever_wants_it(visit, tmp_path):
    page = visit()
    drop(page, photo(tmp_path / "a.png"))
    done(page)
    page.locator("#format").get_by_label("WebP").check()
    name, data = fetch(page, "#download")
    assert name == "a-cutout.webp"
    assert Image.open(io.BytesIO(data)).mode == "RGBA"


def test_of_many_photos_the_broken_one_says_why_and_all_others_are_in_the_zip(visit, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo(tmp_path / "whole.jpg").read_bytes()[:300])
    (tmp_path / "again").mkdir()
    same_name = photo(tmp_path / "again" / "one.jpg", seed=2)
    page = visit()
    page.set_input_files("#photos input[type=file]", [photo(tmp_path / "one.jpg"), broken, same_name])
    expect(page.locator("#photo-status p.bad")).to_contain_text("1 failed", timeout=PATIENCE)
    expect(page.locator("#results")).to_contain_text("broken.jpg")
    name, data = fetch(page, "#download-all")
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert name == "cutouts.zip"
    assert sorted(archive.namelist()) == ["one-cutout (2).png", "one-cutout.png", "report.csv"]
    assert "broken.jpg" in archive.read("report.csv").decode("utf-8-sig")
    keep(page, "photo-batch")


def test_more_photos_than_a_batch_takes_are_refused_with_a_sentence(visit, tmp_path):
    page = visit()
    files = [photo(tmp_path / f"{number}.png", (64, 48), number) for number in range(6)]
    page.set_input_files("#photos input[type=file]", files)
    expect(page.locator("#photo-status")).to_contain_text("at most 5", timeout=PATIENCE)
    expect(page.locator("#results .thumbnail-item")).to_have_count(5)


def test_nobody_in_the_photo_is_said(visit, tmp_path):
    Image.new("RGB", (120, 90), "teal").save(tmp_path / "wall.png")
    page = visit()
    drop(page, tmp_path / "wall.png")
    expect(page.locator("#photo-status")).to_contain_text("Nobody was found in wall.png", timeout=PATIENCE)


def test_a_pasted_photo_is_taken(visit, tmp_path):
    page = visit()
    data = list(photo(tmp_path / "x.png").read_bytes())
    page.evaluate(
        """bytes => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "pasted.png", {type: "image/png"}));
          document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }""",
        data,
    )
    done(page)
    expect(page.locator("#photo-status")).to_contain_text("pasted.png")


def test_on_a_slow_network_the_upload_is_shown_and_the_cut_out_comes(visit, tmp_path):
    page = visit()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def slowed(upload: int) -> None:
        """To `upload` bytes a second, with the answers of a bad mobile connection."""
        conditions = {"offline": False, "latency": 300, "downloadThroughput": 100_000, "uploadThroughput": upload}
        network.send("Network.emulateNetworkConditions", conditions)

    try:
        slowed(500)
        noise = np.random.default_rng(0).integers(0, 255, (150, 200, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "slow.png")  # noise doesn't compress: 90 kB, three minutes
        drop(page, tmp_path / "slow.png")
        expect(page.locator("#photos")).to_contain_text("Uploading", ignore_case=True, timeout=PATIENCE)
        keep(page, "photo-uploading")
        slowed(60_000)
        done(page)
        expect(page.locator("#compare img").first).to_be_visible(timeout=PATIENCE)
    finally:
        network.detach()


def test_examples_need_no_network(visit):
    page = visit()
    page.locator("#examples button").first.click()
    done(page)
    expect(page.locator("#photo-status")).to_contain_text("astronaut.jpg")


def test_the_same_example_can_be_had_again(visit):
    page = visit()
    page.locator("#examples button").first.click()
    done(page)
    page.locator("#clear").click()
    expect(page.locator("#photo-status .empty")).to_be_visible()
    page.locator("#examples button").first.click()
    done(page)


def test_two_visitors_do_not_see_each_others_photos(visit, tmp_path):
    one, other = visit(), visit()
    drop(one, photo(tmp_path / "secret.png"))
    done(one)
    other.get_by_role("tab", name="Background").click()
    other.get_by_role("tab", name="Photo").click()
    at_rest(other)
    expect(other.locator("#compare img")).to_have_count(0)
    assert "secret.png" not in other.content()
