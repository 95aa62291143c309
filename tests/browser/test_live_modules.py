"""The modules between a camera and the canvas, each by itself, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.actions import CHROMIUM

pytestmark = pytest.mark.browser

# What the scripts below have at hand: frames of 64x48 pixels.
SCENE = """
const width = 64, height = 48, size = width * height;
const disc = (x, y, radius, into = new Float32Array(size)) => {
  for (let i = 0; i < size; i++)
    if (Math.hypot(i % width - x, Math.floor(i / width) - y) < radius) into[i] = 1;
  return into;
};
const pixels = (alpha, person = 200, room = 60) => {
  const out = new Uint8ClampedArray(4 * size);
  for (let i = 0; i < size; i++) out.set(alpha[i] > 0.5 ? [person, 90, 90, 255] : [room, 60, 120, 255], 4 * i);
  return out;
};
const judged = (alpha) => Uint8Array.from(alpha, (value) => 255 * value);
const at = (plane, x, y) => plane[y * width + x];
"""


@pytest.fixture(scope="module")
def run(bare_tab) -> Callable[[str, str], Any]:
    """`run(module, script)` gives what a script returns that has the module's exports as `m`."""
    return lambda module, script: bare_tab.evaluate(
        f"async () => {{ const m = await import('/web/js/{module}'); {SCENE} {script} }}"
    )


def test_a_person_is_there_in_the_first_frame_and_whole(run):
    first, rim = run(
        "steady.js",
        """const alpha = disc(32, 24, 12);
        const out = new m.Steady().next(alpha, judged(alpha), pixels(alpha), width, height);
        return [at(out, 32, 24), at(out, 5, 5)];""",
    )
    assert (first, rim) == (1, 0)


def test_an_outline_that_trembles_is_held_still(run):
    before, after = run(
        "steady.js",
        """const steady = new m.Steady(), seen = pixels(disc(32, 24, 12)), raw = [], calm = [];
        for (let turn = 0; turn < 20; turn++) {
          const alpha = disc(32, 24, 12);
          for (let i = 0; i < size; i++) {
            const edge = Math.abs(Math.hypot(i % width - 32, Math.floor(i / width) - 24) - 12) < 1.5;
            if (edge) alpha[i] = (i * 7 + turn * 13) % 10 / 10;
          }
          raw.push(alpha);
          calm.push(steady.next(alpha, judged(alpha), seen, width, height));
        }
        const flicker = (frames) => {
          let sum = 0;
          for (let turn = 6; turn < 20; turn++)
            for (let i = 0; i < size; i++) sum += Math.abs(frames[turn][i] - frames[turn - 1][i]);
          return sum;
        };
        return [flicker(raw), flicker(calm)];""",
    )
    assert after < 0.5 * before


def test_what_is_taken_for_a_person_now_and_then_never_shows_but_who_stays_does(run):
    lamp, guest = run(
        "steady.js",
        """const steady = new m.Steady(), lamp = [], guest = [];
        for (let turn = 0; turn < 12; turn++) {
          const alpha = disc(20, 30, 10);
          if (turn % 2) disc(54, 8, 4, alpha);
          if (turn >= 6) disc(54, 36, 6, alpha);
          const out = steady.next(alpha, judged(alpha), pixels(alpha), width, height);
          lamp.push(at(out, 54, 8));
          guest.push(at(out, 54, 36));
        }
        return [lamp, guest];""",
    )
    assert max(lamp) < 0.05
    assert guest[6] < 0.05 and min(guest[8:]) > 0.98


def test_a_person_whom_the_net_doubts_for_some_frames_stays_but_not_for_ever(run):
    shown = run(
        "steady.js",
        """const steady = new m.Steady(), alpha = disc(32, 24, 12), nothing = new Uint8Array(size), shown = [];
        for (let turn = 0; turn < 40; turn++) {
          const sure = turn < 5 || (turn < 20 && turn % 4 === 0);
          shown.push(at(steady.next(alpha, sure ? judged(alpha) : nothing, pixels(alpha), width, height), 32, 24));
        }
        return shown;""",
    )
    assert min(shown[:20]) == 1 and max(shown[32:]) == 0


def test_where_the_net_is_never_sure_nobody_is_shown(run):
    assert (
        run(
            "steady.js",
            """const steady = new m.Steady(), alpha = disc(32, 24, 12), nothing = new Uint8Array(size);
        let most = 0;
        for (let turn = 0; turn < 9; turn++)
          most = Math.max(most, ...steady.next(alpha, nothing, pixels(alpha), width, height));
        return most;""",
        )
        == 0
    )


def test_who_walks_leaves_nothing_behind(run):
    behind = run(
        "steady.js",
        """const steady = new m.Steady(), behind = [];
        for (let x = 10; x < 54; x += 4) {
          const alpha = disc(x, 24, 8);
          const out = steady.next(alpha, judged(alpha), pixels(alpha), width, height);
          if (x > 22) behind.push(at(out, x - 12, 24));
        }
        return behind;""",
    )
    assert max(behind) < 0.05


def test_another_size_starts_afresh(run):
    assert run(
        "steady.js",
        """const steady = new m.Steady(), alpha = disc(32, 24, 12);
        steady.next(alpha, judged(alpha), pixels(alpha), width, height);
        const smaller = new Float32Array(32 * 24).fill(1), seen = new Uint8ClampedArray(4 * 32 * 24);
        return Math.min(...steady.next(smaller, judged(smaller), seen, 32, 24)) === 1;""",
    )


def test_the_edge_goes_where_the_colours_change(run):
    inside, outside = run(
        "guided.js",
        """const truth = disc(32, 24, 12), seen = pixels(truth), soft = new Float32Array(size);
        for (let i = 0; i < size; i++) {
          const distance = Math.hypot(i % width - 32, Math.floor(i / width) - 24) - 12;
          soft[i] = Math.min(Math.max(0.5 - distance / 5, 0), 1);
        }
        const fit = m.fitted(soft, seen, width, height);
        const alpha = (x, y) => {
          const i = y * width + x;
          const value = [0, 1, 2].reduce((sum, c) => sum + fit[4 * i + c] * seen[4 * i + c] / 255, fit[4 * i + 3]);
          return 1.25 * value - 0.125; // as the painters stretch it
        };
        return [alpha(32, 24 - 11), alpha(32, 24 - 13)];""",
    )
    # The alpha that went in is .7 and .3 there.
    assert inside > 0.85 and outside < 0.15


def test_people_never_smear_into_the_blur(run):
    filled = run(
        "background.js",
        """const alpha = disc(32, 24, 12), out = m.outOfFocus(pixels(alpha), alpha, width, height, 0.04);
        const i = 4 * (Math.round((24 - 15) * out.height / height) * out.width + Math.round(32 * out.width / width));
        return [...out.data.slice(i, i + 3)];""",
    )
    assert abs(filled[0] - 60) < 12, "the person's red is in the background"


def test_gpu_and_processor_draw_the_same_picture(playwright_driver, chromium, server):
    arguments = [argument for argument in CHROMIUM if argument != "--disable-gpu"]
    arguments += ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    browser = playwright_driver.chromium.launch(executable_path=chromium, args=arguments)
    try:
        page = browser.new_page()
        page.goto(f"{server}robots.txt")
        script = """
        const {PixelPainter} = await import("/web/js/paint-pixels.js");
        const {lightReach, outOfFocus} = await import("/web/js/background.js");
        const alpha = disc(32, 24, 12), seen = pixels(alpha);
        const frame = await createImageBitmap(new ImageData(seen, width, height), {
          resizeWidth: 4 * width, resizeHeight: 4 * height, resizeQuality: "pixelated"});
        const {fitted} = await import("/web/js/guided.js");
        const differences = {};
        for (const kind of ["colour", "blur", "transparent", "picture"]) {
          const canvases = [0, 1].map(() => new OffscreenCanvas(2, 2));
          const gl = canvases[0].getContext("webgl2");
          if (!gl) return null;
          const plain = (colour) => {
            const ground = new OffscreenCanvas(30, 20), context = ground.getContext("2d");
            context.fillStyle = colour;
            context.fillRect(0, 0, 30, 20);
            return ground.transferToImageBitmap();
          };
          const given = {
            width, height, mirror: true, fit: fitted(alpha, seen, width, height),
            reach: kind === "colour" || kind === "picture" ? lightReach(alpha, width, height) : null,
            blur: kind === "blur" ? outOfFocus(seen, alpha, width, height, 0.03) : null,
            background: {kind, colour: "#20a060", picture: kind === "picture" ? plain("#a02060") : null},
          };
          const painters = [new m.GpuPainter(canvases[0], gl), new PixelPainter(canvases[1])];
          const drawn = [];
          for (const [n, painter] of painters.entries()) {
            painter.paint(frame, given);
            const canvas = new OffscreenCanvas(4 * width, 4 * height), context = canvas.getContext("2d");
            context.drawImage(canvases[n], 0, 0);
            drawn.push(context.getImageData(0, 0, canvas.width, canvas.height).data);
          }
          let sum = 0;
          for (let i = 0; i < drawn[0].length; i++) sum += Math.abs(drawn[0][i] - drawn[1][i]);
          differences[kind] = sum / drawn[0].length;
        }
        return differences;"""
        differences = page.evaluate(
            f"async () => {{ const m = await import('/web/js/paint-gpu.js'); {SCENE} {script} }}"
        )
    finally:
        browser.close()
    if differences is None:
        pytest.skip("This Chromium has no WebGL2, not even SwiftShader's.")
    assert max(differences.values()) < 1.5, differences
