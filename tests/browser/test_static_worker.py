"""The static page's service worker, with a stand-in for the engine: versions, damaged files, threads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from humanseg.web import build, folder
from tests.browser.actions import PATIENCE
from tests.browser.static_site import Host, hosted

pytestmark = pytest.mark.browser

LITE = ("litert_wasm_internal.wasm", "litert_wasm_threaded_internal.wasm", "flatbuffers/builder.js")


def write(out: Path, says: str = "a stand-in") -> None:
    """The page with an engine that says what it runs on."""
    engine = (Path(__file__).parent / "fake_engine.js").read_text().replace("a stand-in", says)
    runtime = {f"runtime/1/{name}": bytes(100) for name in ("ort.wasm", *LITE)}
    weights = {"models/net-1/model.onnx": bytes(5000), **runtime}
    camera = b"export const mount = () => ({ on: true });"
    stand_ins = {"js/engine.js": engine.encode(), "js/liveview.js": camera, "engine.json": b"{}"}
    folder.write(build.contents({**stand_ins, **weights}), out)


@pytest.fixture
def site(tmp_path) -> Path:
    write(tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def host(site) -> Iterator[Host]:
    with hosted(site.parent) as host:
        host.address += "site/"  # below the host's root, as on GitHub Pages
        yield host


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def visit(page: Page, host: Host, says: str = "a stand-in") -> None:
    """Opens the page, which then runs on what the engine says, and is kept for later."""
    host.asked.clear()
    page.goto(host.address)
    expect(page.locator("#engine")).to_have_text(f"Runs on {says}. Nothing is sent.")


def kept(page: Page) -> None:
    expect(page.locator("#offline")).to_contain_text("without a connection now")


def test_it_is_kept_with_its_weights_and_only_that_part_of_the_runtime_which_was_needed(page, host):
    visit(page, host)
    kept(page)
    assert "site/models/net-1/model.onnx" in host.asked and "site/runtime/1/ort.wasm" not in host.asked
    # The camera may be started without a connection for the first time, too.
    asked = {path.removeprefix("site/runtime/1/") for path in host.asked}
    assert asked.intersection(LITE) == {"litert_wasm_internal.wasm", "flatbuffers/builder.js"}
    assert page.evaluate("crossOriginIsolated")
    host.close()
    page.goto(host.address)
    expect(page.locator("#engine")).to_contain_text("Runs on a stand-in")
    assert page.evaluate("fetch('places/tea-gardens.jpg').then((answer) => answer.ok)")


def test_who_saves_data_is_left_in_peace(page, host):
    page.add_init_script("navigator.connection.__defineGetter__('saveData', () => true)")
    visit(page, host)
    # Answered by the service worker, after what it was told before.
    assert page.evaluate("fetch('places/tea-gardens.jpg').then((answer) => answer.ok)")
    assert not [path for path in host.asked if "models/" in path or "runtime/" in path]


@pytest.mark.parametrize("readable", [True, False])
def test_in_a_frame_that_isnt_trusted_with_anything_it_says_what_to_do(page, host, tmp_path, readable):
    def answer(route: Route) -> None:
        headers = {"access-control-allow-origin": "*"} if readable else {}  # as GitHub Pages and Spaces send it
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, **headers})

    page.route("**/site/**", answer)
    (tmp_path / "index.html").write_text(f'<iframe src="{host.address}" sandbox="allow-scripts"></iframe>')
    page.goto(host.address.removesuffix("site/"))
    frame = page.frame_locator("iframe")
    expect(frame.locator("#unstarted")).to_be_visible()
    expect(frame.locator("#unstarted")).to_contain_text("in a frame, open it in a tab of its own")


def test_a_new_version_is_taken_over_and_fetches_only_what_has_changed(page, host, site):
    visit(page, host)
    kept(page)
    write(site, "something newer")
    visit(page, host, "something newer")
    kept(page)
    fetched = set(host.asked) - {"site/sw.js", "site/manifest.webmanifest", "site/icons/icon.svg"}
    assert fetched == {"site/js/engine.js"}


def test_a_page_with_photos_on_it_stays_as_it_is_until_the_next_visit(page, host, site, repository):
    visit(page, host)
    kept(page)
    page.locator("#pick").set_input_files(repository / "humanseg" / "assets" / "astronaut.jpg")
    expect(page.locator("#finish")).to_be_visible()
    write(site, "something newer")
    # Asked again and again: while a check of the browser's own is under way, asking gives what that one finds.
    page.evaluate("""async () => {
        const it = await navigator.serviceWorker.ready;
        while (!it.waiting) await it.update().then(() => new Promise((done) => setTimeout(done, 50)));
    }""")
    expect(page.locator("#results li")).to_have_count(1)
    expect(page.locator("#engine")).to_contain_text("Runs on a stand-in")
    visit(page, host, "something newer")


def test_a_page_whose_camera_is_on_isnt_loaded_again_for_its_threads(page, host):
    page.goto(f"{host.address}#live")
    expect(page.locator("#engine")).to_contain_text("Runs on a stand-in")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate"
    assert page.evaluate("!!navigator.serviceWorker.controller")


def test_files_that_are_not_of_this_version_are_not_kept(page, host, site):
    (site / "app" / "zip.js").write_bytes((site / "app" / "zip.js").read_bytes() + b"// half of an upload\n")
    page.goto(host.address)
    expect(page.locator("#engine")).to_contain_text("Runs on a stand-in")
    assert (
        page.evaluate("caches.open('humansegnet').then((cache) => cache.match('app/zip.js', {ignoreSearch: true}))")
        is None
    )
    assert not page.evaluate("!!navigator.serviceWorker.controller")
    expect(page.locator("#offline")).not_to_contain_text("now")
