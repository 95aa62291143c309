"""The page goes on by itself where its server is killed and started anew, and where too many people are waiting."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from humanseg.segmenter import Segmenter
from humanseg.ui import text
from humanseg.ui.server.limits import Limits
from tests.browser.actions import PATIENCE, drop, fetch, photo
from tests.ui.fakes import HeldEngine
from tests.ui.serving import served

pytestmark = pytest.mark.browser

SAYS = "#connection"


@pytest.fixture
def start(tmp_path: Path, repository: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Starts the page in a process of its own, always at the same address, with a folder of its own each time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        folder = tmp_path / f"files of start {len(started)}"
        own = {"GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(folder), "HUMANSEG_RUNTIME": "never"}
        command = [sys.executable, "-m", "tests.browser.alone"]
        process = subprocess.Popen(
            command, cwd=repository, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        started.append(process)
        while not (line := process.stdout.readline()).startswith("http"):
            assert line, "the page has ended before it was there"
        process.address = line.strip()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def opened(browser, address: str) -> Page:
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    expect(page.get_by_role("tab", name="Photo")).to_be_visible()
    return page


def test_a_killed_server_that_is_started_anew_gets_the_photos_again_by_itself(browser, start, tmp_path):
    server = start()
    page = opened(browser, server.address)
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.set_input_files("#photos input[type=file]", [photo(tmp_path / f"{n}.png", seed=n) for n in range(2)])
    expect(page.locator("#photo-status")).to_contain_text("2 photos done")
    page.evaluate("document.querySelector('#examples .thumbnail-item').click()")
    expect(page.locator("#photo-status")).to_contain_text("astronaut.jpg: 512")
    server.kill()
    expect(page.locator(SAYS)).to_have_text(text.CONNECTION["lost"])
    start()
    expect(page.locator(SAYS)).not_to_have_text(text.CONNECTION["lost"])
    expect(page.locator("#results .thumbnail-item")).to_have_count(3)
    expect(page.locator(SAYS)).to_be_empty()
    expect(page.locator("progress")).to_have_count(0)
    assert fetch(page, "#download")[0].endswith("-cutout.png")
    assert not loads
    page.context.close()


@pytest.fixture
def engine() -> Iterator[HeldEngine]:
    engine = HeldEngine()
    yield engine
    engine.go_on.set()


@pytest.fixture
def narrow(engine) -> Iterator[str]:
    """A page that works on one photo at a time and lets one more wait."""
    with served(lambda: Segmenter(engine), Limits(queue=1, concurrency=1)) as address:
        try:
            yield address
        finally:
            engine.go_on.set()


def test_whoever_waits_reads_it_and_a_full_queue_is_asked_again(browser, narrow, engine, tmp_path):
    pages = []
    for number in range(3):
        page = opened(browser, narrow)
        drop(page, photo(tmp_path / f"{number}.png", seed=number))
        pages.append(page)
        if number == 0:
            assert engine.at_work.wait(PATIENCE / 1000)
            expect(page.locator("#photo-status")).to_contain_text(text.WORKING_ONE)
        elif number == 1:
            expect(page.locator(SAYS)).to_contain_text("Waiting for a place: 1 ahead of you")
    expect(pages[2].locator(SAYS)).to_have_text(text.CONNECTION["full"])
    engine.go_on.set()
    for number, page in enumerate(pages):
        expect(page.locator("#photo-status")).to_contain_text(f"{number}.png: 320")
        expect(page.locator(SAYS)).to_be_empty()
        page.context.close()
