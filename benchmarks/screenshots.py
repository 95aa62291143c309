"""Screenshots of the page in every state, in both themes and both widths, to be looked at.

    python -m benchmarks.screenshots --out DIR                     # all of them, some minutes
    python -m benchmarks.screenshots --out DIR --only photo about --widths 390 --themes dark

One PNG a state, WIDTH-THEME-STATE.png, the whole page from top to bottom; and a contact sheet for each width and theme,
sheet-WIDTH-THEME.png, on which a line shows where the screen ends. Needs Chromium (`apt-get install chromium`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Error

from benchmarks.stage import AT_REST, Stage, stage
from benchmarks.states import WAYS

HEIGHTS = {390: 844, 1440: 900}  # pixels: a phone and a laptop
THEMES = ("light", "dark")
THUMBNAILS = {390: 260, 1440: 480}  # pixels across on the contact sheet
COLUMNS = {390: 8, 1440: 5}
TALLEST = 3  # screens of a long page that the sheet shows
LABEL = 18  # pixels
RED = (220, 40, 40)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY", help=", ".join(WAYS))
    parser.add_argument("--widths", nargs="+", type=int, choices=HEIGHTS, default=list(HEIGHTS))
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--model", help="weights for photos")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    failed = []
    with stage(options.model) as where:
        for width in options.widths:
            for theme in options.themes:
                name = f"{width}-{theme}"
                failed += [f"{name}-{way}" for way in options.only if not walk(where, way, width, theme, options.out)]
                shots = sorted(options.out.glob(f"{name}-*.png"), key=lambda path: path.stat().st_mtime_ns)
                contact_sheet(shots, width).save(options.out / f"sheet-{name}.png")
                print(f"{options.out / f'sheet-{name}.png'}: {len(shots)} states", flush=True)
    if failed:
        print("Not to the end of: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def walk(where: Stage, way: str, width: int, theme: str, out: Path) -> bool:
    """Takes a screenshot at each state of a way; whether its end was reached."""
    page = where.visit(width, HEIGHTS[width], theme)
    try:
        for state in WAYS[way](where, page):
            page.evaluate(AT_REST)
            page.screenshot(path=out / f"{width}-{theme}-{state}.png", full_page=True)
        return True
    except (Error, AssertionError) as error:
        page.screenshot(path=out / f"{width}-{theme}-{way}-stuck.png")
        print(f"{way}: {error}", file=sys.stderr, flush=True)
        return False
    finally:
        where.gate.open()
        page.context.close()


def contact_sheet(shots: list[Path], width: int) -> Image.Image:
    """All screenshots of one width and theme, small, beneath their names."""
    across, columns = THUMBNAILS[width], COLUMNS[width]
    screen = round(HEIGHTS[width] * across / width)
    tiles = [_tile(path, across, screen) for path in shots]
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    heights = [max(tile.height for tile in row) + 6 for row in rows]
    sheet = Image.new("RGB", (columns * (across + 6), sum(heights)), "#888888")
    for number, row in enumerate(rows):
        for column, tile in enumerate(row):
            sheet.paste(tile, (column * (across + 6), sum(heights[:number])))
    return sheet


def _tile(path: Path, across: int, screen: int) -> Image.Image:
    picture = Image.open(path).convert("RGB")
    small = picture.resize((across, max(1, round(picture.height * across / picture.width))), Image.Resampling.LANCZOS)
    tile = Image.new("RGB", (across, LABEL + min(small.height, TALLEST * screen)), "white")
    tile.paste(small, (0, LABEL))
    draw = ImageDraw.Draw(tile)
    draw.text((3, 2), path.stem, fill="black")
    if small.height > screen + 2:
        draw.line([(0, LABEL + screen), (across, LABEL + screen)], fill=RED)
    return tile


if __name__ == "__main__":
    sys.exit(main())
