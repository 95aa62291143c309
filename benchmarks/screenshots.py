"""Makes the pictures of the page that README.md shows: python benchmarks/screenshots.py [--out docs]

Starts the page with the weights that ship, drives Chromium over it, and writes photo.jpg and background.jpg.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from humanseg import Segmenter
from humanseg.ui import page as ui
from humanseg.ui.server.limits import Limits

PATIENCE = 120_000
ARGUMENTS = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    parser.add_argument("--model", help="folder with weights")
    options = parser.parse_args()
    chromium = os.environ.get("HUMANSEG_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("There is no Chromium: apt-get install chromium, or name one in HUMANSEG_CHROMIUM.", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    limits = Limits()
    demo = ui.build(lambda: Segmenter.from_pretrained(options.model), limits)
    _, address, _ = demo.launch(**ui.launch_options(limits), quiet=True, prevent_thread_lock=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        for number in range(3):
            page.locator("#examples button").nth(2 - number).click()
            page.wait_for_function(f"document.querySelectorAll('#results .thumbnail-item').length == {number + 1}")
        page.wait_for_selector("#photo-status .good")
        shoot(page, options.out / "photo.jpg")
        page.get_by_role("tab", name="Background").click()
        page.wait_for_selector("#background-result img")
        before = page.locator("#background-result img").get_attribute("src")
        page.locator("#background-places button").nth(4).click()
        page.wait_for_function(
            "before => document.querySelector('#background-result img').getAttribute('src') !== before", arg=before
        )
        shoot(page, options.out / "background.jpg")
        browser.close()
    demo.close(verbose=False)
    return 0


def shoot(page: Page, path: Path) -> None:
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(path, quality=85, optimize=True)
    print(f"{path}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main())
