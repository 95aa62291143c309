"""Makes README's pictures of the page anew: python -m benchmarks.pictures [--out docs]

page.webp     a moving picture: a photo is cut out, repaired with two strokes, and put on another background
photo.webp    the Photo tab with several photos, one of them worth a look
phone.webp    the Background tab on a phone, in the dark theme
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from benchmarks.stage import AT_REST, PATIENCE, Stage, stage
from benchmarks.states import ASTRONAUT, DOUBTFUL, SIGNING, STANDING, done, give

WIDTH, HEIGHT = 1280, 800
FILM_WIDTH = 720  # pixels across, of the moving picture
MOVE, LOOK, READ = 70, 900, 2200  # milliseconds: between two positions of the mouse, on something new, at the end
# Over the astronaut's helmet, its visor and its rim, as shares of the photo.
HELMET = (
    ((0.62, 0.95), (0.77, 0.80), (0.97, 0.93)),
    ((0.59, 0.90), (0.65, 0.75), (0.76, 0.685), (0.88, 0.71), (0.96, 0.80)),
)
LAKE = 4  # of the places
QUALITY = 78

# Screenshots don't show the mouse.
POINTER = """addEventListener("DOMContentLoaded", () => {
  const pointer = document.createElement("div");
  pointer.style.cssText = "position:fixed;z-index:99999;pointer-events:none;left:-40px;top:0;width:22px;height:22px";
  pointer.innerHTML = `<svg viewBox="0 0 22 22"><path d="M3 2l0 16 4.5-4 3 6.5 3-1.4-3-6.3 6 0z" fill="black"
    stroke="white" stroke-width="1.3"/></svg>`;
  document.documentElement.append(pointer);
  addEventListener("pointermove", ({ clientX, clientY }) => {
    pointer.style.left = `${clientX - 3}px`;
    pointer.style.top = `${clientY - 2}px`;
  }, true);
});"""


class Film:
    """What happens on a page, frame by frame, with a mouse that is seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._frames: list[Image.Image] = []
        self._lasts: list[int] = []
        self._mouse = (WIDTH * 0.8, HEIGHT * 0.9)

    def take(self, milliseconds: int) -> None:
        """One frame, which stays for so long."""
        picture = picture_of(self.page)
        self._frames.append(picture.resize((FILM_WIDTH, round(picture.height * FILM_WIDTH / picture.width))))
        self._lasts.append(milliseconds)

    def move(self, x: float, y: float, steps: int = 4) -> None:
        """Moves the mouse to a place on the page, in pixels."""
        (left, top), self._mouse = self._mouse, (x, y)
        for step in range(1, steps + 1):
            share = step / steps
            self.page.mouse.move(left + (x - left) * share, top + (y - top) * share)
            self.take(MOVE)

    def click(self, element: Locator) -> None:
        """Moves to the middle of an element and clicks."""
        box = element.bounding_box()
        self.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.click(*self._mouse)

    def drag(self, *places: tuple[float, float]) -> None:
        """Moves to the first place and from there, with the button down, to the others."""
        self.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.move(*place)
        self.page.mouse.up()

    def save(self, path: Path) -> None:
        first, *others = self._frames
        options = {"save_all": True, "append_images": others, "duration": self._lasts, "loop": 0}
        first.save(path, "WEBP", quality=50, method=4, **options)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    parser.add_argument("--only", nargs="+", choices=PICTURES, default=list(PICTURES))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with stage() as where:
        for name in options.only:
            path = options.out / f"{name}.webp"
            PICTURES[name](where, path)
            print(f"{path}: {path.stat().st_size // 1000} kB", flush=True)
    return 0


def moving(where: Stage, path: Path) -> None:
    """From a photo to another background, as a moving picture."""
    page = where.visit(WIDTH, HEIGHT, "light")
    page.add_init_script(POINTER)
    page.goto(where.address)
    expect(page.locator("#photo-status .empty")).to_be_visible(timeout=PATIENCE)
    page.evaluate(AT_REST)
    film = Film(page)
    film.take(LOOK)
    where.gate.hold()
    film.click(page.locator("#examples button").first)
    expect(page.locator("#photo-status progress")).to_be_visible(timeout=PATIENCE)
    film.take(LOOK)
    where.gate.open()
    done(page)
    page.evaluate(AT_REST)
    film.take(LOOK)
    left, top, width, height = box(page, "#compare")
    film.drag(*((left + share * width, top + height / 2) for share in (0.5, 0.2)))
    film.take(LOOK)
    film.click(page.locator("#repair-open"))
    page.wait_for_function("() => document.querySelector('.mend')?.dataset.number", timeout=PATIENCE)
    page.evaluate(AT_REST)
    film.take(LOOK)
    film.click(page.locator("#mend-keep"))
    left, top, width, height = box(page, "#mend-canvas")
    side = min(width, height)
    corner = (left + (width - side) / 2, top + (height - side) / 2)
    for stroke in HELMET:
        film.drag(*((corner[0] + x * side, corner[1] + y * side) for x, y in stroke))
        page.evaluate("() => window.humansegSettled()")
        film.take(LOOK)
    film.click(page.locator("#mend-done"))
    expect(page.locator("#compare img").first).to_be_visible(timeout=PATIENCE)
    page.evaluate(AT_REST)
    film.click(page.locator("#to-background"))
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    page.evaluate(AT_REST)
    film.take(LOOK)
    choose_place(page, lambda: film.click(page.locator("#background-places button").nth(LAKE)))
    film.take(LOOK)
    left, top, width, height = box(page, "#place-canvas")
    film.drag((left + 0.5 * width, top + 0.6 * height), (left + 0.66 * width, top + 0.62 * height))
    page.mouse.wheel(0, 200)  # further away
    page.wait_for_timeout(1500)
    page.evaluate(AT_REST)
    film.take(READ)
    film.save(path)
    page.context.close()


def several(where: Stage, path: Path) -> None:
    """The Photo tab with several photos."""
    page = where.visit(WIDTH, HEIGHT, "light")
    give(page, DOUBTFUL, SIGNING, ASTRONAUT, STANDING)
    page.wait_for_function("document.querySelectorAll('#results .thumbnail-item').length === 4", timeout=PATIENCE)
    done(page)
    keep(page, path)


def phone(where: Stage, path: Path) -> None:
    """The Background tab on a phone, in the dark."""
    page = where.visit(390, 844, "dark")
    give(page, STANDING)
    done(page)
    page.locator("#to-background").click()
    expect(page.locator("#place-canvas")).to_be_visible(timeout=PATIENCE)
    choose_place(page, lambda: page.locator("#background-places button").nth(LAKE).click())
    page.evaluate("scrollTo(0, 0)")
    keep(page, path)


def choose_place(page: Page, click) -> None:
    """Picks a place by `click()` and waits until the person is on it."""
    scene = page.locator(".place")
    before = scene.get_attribute("data-number")
    click()
    expect(scene).not_to_have_attribute("data-number", before or "", timeout=PATIENCE)
    page.evaluate(AT_REST)


def box(page: Page, selector: str) -> tuple[float, float, float, float]:
    """Left, top, width and height of an element on the page, in pixels."""
    found = page.locator(selector).bounding_box()
    return found["x"], found["y"], found["width"], found["height"]


def picture_of(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def keep(page: Page, path: Path) -> None:
    """Saves what is on the screen, and closes the page."""
    page.evaluate(AT_REST)
    picture_of(page).save(path, "WEBP", quality=QUALITY, method=6)
    page.context.close()


PICTURES = {"page": moving, "photo": several, "phone": phone}


if __name__ == "__main__":
    sys.exit(main())
