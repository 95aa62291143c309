"""The static page holds all that it needs, says of each file what is in it, and knows no other host."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from humanseg import confidence
from humanseg.web import build

ENGINE = {
    "js/engine.js": b"export {};",
    "js/liveview.js": b"export {};",
    "engine.json": b"{}",
    "models/net-0123/model.onnx": bytes(2000),
}


@pytest.fixture(scope="module")
def files() -> dict[str, build.Content]:
    return build.contents(ENGINE, b"For research alone.")


def read(content: build.Content) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def test_everything_that_the_page_names_is_there(files):
    named = {name for name in re.findall(r'(?:src|href)="([^"]+)"', read(files["index.html"]).decode()) if name != "./"}
    assert len(named) > 15 and named <= files.keys()
    icons = json.loads(read(files["manifest.webmanifest"]))["icons"]
    assert len(icons) >= 3 and {icon["src"] for icon in icons} <= files.keys()


def test_every_module_that_is_imported_is_there(files):
    modules = [path for path in files if path.startswith("app/")]
    assert len(modules) > 10
    for path in modules:
        named = re.findall(
            r'(?:from |import\()"(\.{1,2}/[^"]+)"|new URL\("(\.{1,2}/[^"]*)", import', read(files[path]).decode()
        )
        for name in (a or b for a, b in named):
            below = name.removeprefix("../") if name.startswith("../") else f"app/{name.removeprefix('./')}"
            assert below in files or below == "", f"{path} names {name}"


def test_the_service_worker_lists_the_checksum_of_each_file_but_its_own(files):
    listed = json.loads(re.search(r"const FILES = (\{.*?\});", read(files["sw.js"]).decode(), re.DOTALL)[1])
    assert listed.keys() == files.keys() - {"sw.js", "_headers"}
    for path, beginning in listed.items():
        assert len(beginning) == 16 and hashlib.sha256(read(files[path])).hexdigest().startswith(beginning)


def test_another_content_makes_another_service_worker(files):
    other = build.contents(ENGINE | {"engine.json": b"{ }"}, b"For research alone.")
    assert other["sw.js"] != files["sw.js"] and other["index.html"] == files["index.html"]


def test_no_file_of_ours_names_another_host(files):
    for path, content in files.items():
        if path.endswith((".js", ".html", ".css", ".webmanifest")):
            addresses = re.findall(r"\b(?:https?|wss?):?//[^\s\"'`)]+", read(content).decode())
            assert not addresses, f"{path} names {addresses}"


def test_the_browser_is_told_to_ask_nobody_else(files):
    policy = re.search(r'content="(default-src[^"]+)"', read(files["index.html"]).decode())[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["connect-src"] == "'self'"
    assert not [rule for rule in rules.values() if "http" in rule or "*" in rule or "unsafe-inline" in rule]


def test_places_and_examples_can_be_chosen_by_name(files):
    page = read(files["index.html"]).decode()
    for path in files:
        if path.startswith("places/"):
            assert f'value="{path}" aria-label="' in page
        if path.startswith("examples/"):
            assert f'<img src="{path}"' in page
    assert "<!-- " not in re.sub(r"<!-- The browser itself.*?-->", "", page)


def test_terms_of_weights_come_along_where_there_are_any(files):
    assert files["WEIGHTS-LICENSE.txt"] == b"For research alone." and b"WEIGHTS-LICENSE" in files["index.html"]
    free = build.contents(ENGINE)
    assert "WEIGHTS-LICENSE.txt" not in free and b"WEIGHTS-LICENSE" not in free["index.html"]
    assert b"research" in build.terms(["humansegnet", "humansegnet-live"])


def test_hosts_that_read_headers_from_a_file_isolate_the_page(files):
    headers = read(files["_headers"]).decode()
    assert headers.startswith("/*\n") and "  Cross-Origin-Embedder-Policy: require-corp\n" in headers
    assert "/models/*\n  Cache-Control: public, max-age=31536000, immutable\n" in headers


def test_the_look_is_that_of_the_gradio_page(files):
    colors = pytest.importorskip("gradio.themes.utils.colors")
    style = read(files["style.css"]).decode()
    for kind, palette in (("primary", colors.teal), ("neutral", colors.slate)):
        for step, colour in re.findall(rf"--{kind}-(\d+): (#\w+);", style):
            assert getattr(palette, f"c{step}") == colour, f"--{kind}-{step}"
    from humanseg.ui.theme import FONT

    family = re.search(r"system-ui[^;]*", style)[0]
    assert [name.strip('" ') for name in family.split(",")] == FONT


def test_cut_outs_are_worth_a_look_below_the_same_confidence_as_on_the_server(files):
    stated = re.search(r"DOUBTFUL = ([\d.]+);", read(files["app/states.js"]).decode())[1]
    assert float(stated) == confidence.DOUBTFUL
