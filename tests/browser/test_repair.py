from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, at_rest, done, drop, fetch, keep, photo
from tests.browser.painting import downloaded, leave_repair, on_page, open_repair, painted_on, settled, stroke

pytestmark = pytest.mark.browser

OUTSIDE = ((0.03, 0.5), (0.1, 0.5))  # where the network sees nobody
INSIDE = ((0.45, 0.5), (0.55, 0.6))  # in the person


@pytest.fixture
def page(visit, tmp_path) -> Page:
    """With a photo that is done."""
    page = visit()
    drop(page, photo(tmp_path / "me.png"))
    done(page)
    at_rest(page)
    return page


def alpha(page: Page) -> np.ndarray:
    return downloaded(page)[..., 3]


def edge(page: Page, id: str, value: int) -> None:
    """Moves a slider of the edge."""
    if page.locator(".mend-edge").get_attribute("open") is None:
        page.locator(".mend-edge summary").click()
    page.locator(f"#{id}").fill(str(value))
    page.locator(f"#{id}").dispatch_event("change")
    settled(page)


def test_strokes_and_edge_are_in_the_download_on_the_other_tab_and_can_be_taken_back(page):
    untouched = alpha(page)
    open_repair(page)
    stroke(page, *OUTSIDE, keep=True)
    stroke(page, *INSIDE, keep=False)
    # Nothing waits for the server here: the download does.
    painted = alpha(page)
    assert untouched[120, 20] == 0 and painted[120, 20] == 255
    assert untouched[132, 160] == 255 and painted[132, 160] == 0
    keep(page, "repair")

    edge(page, "grow", -10)
    moved = alpha(page)
    assert (moved > 0).sum() < (painted > 0).sum() and moved[120, 20] == 255

    page.get_by_role("tab", name="Background").click()
    page.locator("#background-kind").get_by_label("Transparent").check()
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    repaired = np.asarray(Image.open(io.BytesIO(fetch(page, "#background-download")[1])))[..., 3]
    page.get_by_role("tab", name="Photo").click()
    np.testing.assert_array_equal(repaired, moved)

    page.locator("#undo-all").click()
    np.testing.assert_array_equal(alpha(page), untouched)
    page.locator("#mend-undo").click()
    np.testing.assert_array_equal(alpha(page), moved)
    leave_repair(page)
    np.testing.assert_array_equal(alpha(page), moved)


def test_what_is_painted_is_seen_before_the_server_answers(page):
    open_repair(page)
    before = painted_on(page)
    page.route("**/web/repair", lambda route: None)  # it never answers
    stroke(page, *OUTSIDE, keep=True)
    after = painted_on(page)
    height, width = before.shape[:2]
    where = int(0.5 * height), int(0.06 * width)
    assert np.abs(after[where].astype(int) - before[where]).max() > 20
    page.unroute_all(behavior="ignoreErrors")


def test_a_stroke_survives_a_lost_connection_and_the_download_waits_for_it(page):
    open_repair(page)
    page.route("**/web/repair", lambda route: route.abort())
    stroke(page, *OUTSIDE, keep=True)
    expect(page.locator(".mend-status")).to_contain_text("connection to the server is lost", timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#download").click()
        page.unroute("**/web/repair")
    assert np.asarray(Image.open(download.value.path()))[120, 20, 3] == 255
    expect(page.locator(".mend-status")).to_be_hidden()


def test_everything_can_be_done_by_keyboard(page):
    untouched = alpha(page)
    open_repair(page)
    canvas = page.locator("#mend-canvas")
    expect(canvas).to_be_focused()
    size = int(page.locator("#mend-brush").input_value())
    for _ in range(5):
        page.keyboard.press("]")
    assert int(page.locator("#mend-brush").input_value()) > size
    page.keyboard.press("r")
    expect(page.locator("#mend-remove")).to_have_attribute("aria-pressed", "true")
    # At twice the size the arrows move the photo, under a brush that is in the middle.
    page.keyboard.press("+")
    page.keyboard.press("+")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    settled(page)
    removed = alpha(page)
    gone = np.argwhere((untouched == 255) & (removed == 0))
    assert len(gone) > 30 and gone[:, 1].mean() < 150, "the dab isn't left of the middle"
    page.keyboard.press("Control+z")
    settled(page)
    np.testing.assert_array_equal(alpha(page), untouched)
    canvas.focus()
    page.keyboard.press("Control+Shift+z")
    settled(page)
    np.testing.assert_array_equal(alpha(page), removed)
    canvas.focus()
    page.keyboard.press("Escape")
    expect(canvas).to_be_hidden(timeout=PATIENCE)


def test_fingers_paint_and_two_of_them_zoom(page):
    open_repair(page)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, end = (on_page(page, place) for place in OUTSIDE)
    send("touchStart", start)
    send("touchMove", end)
    send("touchEnd")
    settled(page)
    painted = alpha(page)
    assert painted[120, 20] == 255
    before = painted_on(page)
    left, right = on_page(page, (0.4, 0.5)), on_page(page, (0.6, 0.5))
    send("touchStart", left)
    send("touchStart", left, right)
    send("touchMove", (left[0] - 60, left[1]), (right[0] + 60, right[1]))
    send("touchEnd")
    settled(page)
    assert np.abs(painted_on(page).astype(int) - before).mean() > 3, "the photo isn't larger"
    np.testing.assert_array_equal(alpha(page), painted)


def test_the_wheel_zooms_and_space_moves_without_a_stroke(page):
    untouched = alpha(page)
    open_repair(page)
    before = painted_on(page)
    page.mouse.move(*on_page(page, (0.3, 0.3)))
    page.mouse.wheel(0, -300)
    page.keyboard.down(" ")
    page.mouse.down()
    page.mouse.move(*on_page(page, (0.5, 0.5)), steps=3)
    page.mouse.up()
    page.keyboard.up(" ")
    settled(page)
    assert np.abs(painted_on(page).astype(int) - before).mean() > 3
    page.locator("#mend-fit").click()
    np.testing.assert_allclose(painted_on(page).astype(int), before, atol=2)
    np.testing.assert_array_equal(alpha(page), untouched)


def test_starting_over_takes_the_canvas_and_its_strokes_away(page, tmp_path):
    open_repair(page)
    stroke(page, *OUTSIDE, keep=True)
    page.locator("#clear").click()
    expect(page.locator("#mend-canvas")).to_be_hidden(timeout=PATIENCE)
    drop(page, photo(tmp_path / "me.png"))
    done(page)
    assert alpha(page)[120, 20] == 0
    open_repair(page)
    expect(page.locator("#mend-undo")).to_be_disabled()


def test_a_photo_that_is_gone_is_said_on_the_canvas(page):
    open_repair(page)
    refusal = '{"detail": "This photo isn\'t here any more: drop it again."}'
    page.route("**/web/repair", lambda route: route.fulfill(status=409, body=refusal, content_type="application/json"))
    stroke(page, *OUTSIDE, keep=True)
    expect(page.locator(".mend-status.mend-bad")).to_contain_text("drop it again", timeout=PATIENCE)
