"""People are dragged and scaled on their new background, by mouse, fingers and keys; what is seen is what is made."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, at_rest, done, drop, fetch, keep
from tests.ui.visits import photo_of

pytestmark = pytest.mark.browser

RED = (220, 30, 30)


@pytest.fixture
def place(visit, tmp_path):
    """`place(width=..., size=...)` opens the Background tab with a photo whose person is red, on one colour."""

    def opened(size: str = "As it is", **screen) -> Page:
        page = visit(**screen)
        drop(page, *(photo_of_file(tmp_path / name) for name in ("one.png", "two.png")))
        done(page)
        page.get_by_role("tab", name="Background").click()
        expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
        page.locator("#background-kind").get_by_label("Colour").check()
        page.locator("#background-size").get_by_label(size, exact=True).check()
        at_rest(page)
        page.locator("#place-canvas").scroll_into_view_if_needed()
        return page

    return opened


def photo_of_file(path):
    photo_of(path, RED, (320, 240))
    return path


def middle(page: Page) -> tuple[float, float]:
    box = page.locator("#place-canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, right: float, down: float, *, let_go: bool = True) -> None:
    """Drags the people by shares of the picture."""
    x, y = middle(page)
    box = page.locator("#place-canvas").bounding_box()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right * box["width"], y + down * box["height"], steps=6)
    if let_go:
        page.mouse.up()


def placed(page: Page) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in page.locator(".place").evaluate("e => ({...e.dataset})").items()
        if name in ("scale", "right", "down")
    }


def drawn(page: Page) -> np.ndarray:
    """What is on the canvas: uint8 HxWx3."""
    data = page.locator("#place-canvas").evaluate(
        """async (canvas) => {
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const blob = await new Promise((done) => canvas.toBlob(done));
          return [...new Uint8Array(await blob.arrayBuffer())];
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(bytes(data))).convert("RGB"))


def downloaded(page: Page) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(fetch(page, "#background-download")[1])).convert("RGB"))


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of two pictures, of 255."""
    size = one.shape[1], one.shape[0]
    other = np.asarray(Image.fromarray(other).resize(size, Image.Resampling.BOX))
    return float(np.abs(one.astype(int) - other).mean())


def test_people_are_dragged_and_what_is_shown_meanwhile_is_what_is_downloaded(place):
    page = place("4:5")
    page.locator("#background-shadow input[type=number]").fill("0.8")
    page.locator("#background-shadow input[type=number]").blur()
    at_rest(page)
    before = drawn(page)
    drag(page, 0.2, -0.15, let_go=False)
    live = drawn(page)
    assert placed(page) == pytest.approx({"scale": 1, "right": 0.2, "down": -0.15}, abs=0.01)
    assert apart(live, before) > 10
    page.mouse.up()
    file = downloaded(page)
    at_rest(page)
    assert apart(live, drawn(page)) < 3, "the browser and the server draw it differently"
    assert apart(drawn(page), file) < 3, "what is seen isn't what is downloaded"
    keep(page, "placing")


def test_the_wheel_and_keys_change_size_and_place(place):
    page = place()
    canvas = page.locator("#place-canvas")
    canvas.focus()
    for key in ("ArrowRight", "Shift+ArrowUp", "+", "-", "-"):
        page.keyboard.press(key)
    assert placed(page) == pytest.approx({"scale": 1 / 1.05, "right": 0.01, "down": -0.1}, abs=0.002)
    page.mouse.move(*middle(page))
    page.mouse.wheel(0, -120)
    page.wait_for_function("Number(document.querySelector('.place').dataset.scale) > 1.1")
    file = downloaded(page)
    at_rest(page)
    assert apart(drawn(page), file) < 3
    canvas.focus()
    page.keyboard.press("0")
    assert placed(page) == {"scale": 1, "right": 0, "down": 0}
    expect(page.locator("#place-back")).to_be_disabled()


def test_two_fingers_change_the_size_and_one_moves(place):
    page = place(width=390, height=844)
    touch = page.context.new_cdp_session(page)
    x, y = middle(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": px, "y": py, "id": number} for number, (px, py) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", (x, y))
    for step in range(1, 6):
        send("touchMove", (x + 8 * step, y))
    send("touchEnd")
    box = page.locator("#place-canvas").bounding_box()
    assert placed(page)["right"] == pytest.approx(40 / box["width"], abs=0.02) and placed(page)["scale"] == 1
    send("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 6):
        send("touchMove", (x - 20 - 4 * step, y), (x + 20 + 4 * step, y))
    send("touchEnd")
    assert placed(page)["scale"] == pytest.approx(2, abs=0.1)
    at_rest(page)
    assert apart(drawn(page), downloaded(page)) < 3
    touch.detach()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_people_cannot_be_lost(place):
    page = place()
    for _ in range(3):
        drag(page, 0.45, 0.45)
    for _ in range(8):
        page.locator("#place-smaller").click()
    at_rest(page)
    assert (np.abs(drawn(page).astype(int) - RED).max(-1) < 60).any()
    assert (np.abs(downloaded(page).astype(int) - RED).max(-1) < 60).any()
    page.locator("#place-back").click()
    assert placed(page) == {"scale": 1, "right": 0, "down": 0}


def test_each_photo_and_each_size_keeps_its_place_even_after_a_reload(place):
    page = place("Square")
    drag(page, -0.2, 0)
    at_rest(page)
    page.locator("#background-size").get_by_label("16:9").check()
    at_rest(page)
    assert placed(page)["right"] == 0
    page.get_by_role("tab", name="Photo").click()
    page.locator("#results .thumbnail-item").first.click()
    at_rest(page)
    page.get_by_role("tab", name="Background").click()
    at_rest(page)
    page.locator("#background-size").get_by_label("Square").check()
    at_rest(page)
    assert placed(page)["right"] == 0, "that's another photo"
    page.get_by_role("tab", name="Photo").click()
    page.locator("#results .thumbnail-item").nth(1).click()
    at_rest(page)
    page.reload()
    at_rest(page)
    page.get_by_role("tab", name="Background").click()
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    assert placed(page)["right"] == pytest.approx(-0.2, abs=0.01)


def test_sizes_for_passports_and_shops_are_on_white(place):
    page = place("35 × 45 mm", width=1440, height=900)
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator("#background-download")).to_be_in_viewport()
    expect(page.locator("#background-status")).to_contain_text("300 dpi")
    expect(page.locator("#background-kind").get_by_label("Colour")).to_be_checked()
    name, data = fetch(page, "#background-download")
    picture = Image.open(io.BytesIO(data))
    assert name == "two-background.png" and picture.size == (413, 531)
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert picture.getpixel((2, 2)) == (255, 255, 255)
    at_rest(page)
    assert drawn(page)[2, 2].min() > 250


def test_a_gradient_is_chosen_by_keys_and_one_look_is_for_all_photos(place):
    page = place()
    page.locator("#background-kind").get_by_label("Gradient").check()
    swatch = page.locator(".gradients button:visible")
    swatch.first.focus()
    page.keyboard.press("ArrowRight")
    expect(swatch.nth(1)).to_be_checked()
    at_rest(page)
    name, data = fetch(page, "#background-all")
    assert name == "pictures.zip" and b"one-background.png" in data and b"two-background.png" in data
    expect(page.locator("#background-status")).to_contain_text("2 pictures are in the ZIP")
    page.reload()
    at_rest(page)
    page.get_by_role("tab", name="Background").click()
    expect(page.locator(".gradients button:visible").nth(1)).to_be_checked()


def test_the_picture_is_copied(place):
    page = place()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#background-copy").click()
    expect(page.locator(".place-status")).to_contain_text("Copied")
    size = page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const picture = await createImageBitmap(await item.getType("image/png"));
          return [picture.width, picture.height];
        }"""
    )
    assert size == [320, 240]
    page.context.clear_permissions()
