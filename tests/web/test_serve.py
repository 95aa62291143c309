"""The engine's files come with right types, compressed, and are kept by browsers until they change."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest

from humanseg.errors import WeightsError
from humanseg.web import runtime
from humanseg.web.serve import ASK_AGAIN, FOR_EVER, answered
from humanseg.web.site import Site


@pytest.fixture(scope="module")
def site() -> Site:
    """With the weights that ship, and no runtime."""
    return Site()


@pytest.fixture
def description(site) -> dict:
    return json.loads(site.description())


def body(answer) -> bytes:
    return answer.content if isinstance(answer.content, bytes) else answer.content.read_bytes()


def test_modules_are_javascript_compressed_and_asked_for_again(site):
    answer = answered(site, "js/engine.js", {b"accept-encoding": "gzip, deflate"})
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == ASK_AGAIN
    assert b"export class Engine" in gzip.decompress(answer.content)
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_what_a_browser_has_already_is_not_sent_again(site):
    tag = answered(site, "js/engine.js", {}).headers["etag"]
    again = answered(site, "js/engine.js", {b"if-none-match": f'"old", W/{tag}'})
    assert again.status == 304 and body(again) == b""
    assert answered(site, "js/engine.js", {b"if-none-match": '"old"'}).status == 200


def test_weights_lie_where_their_checksum_says_and_stay_for_ever(site, description):
    for folder in description["models"].values():
        config = json.loads(body(answered(site, f"{folder}config.json", {})))
        network = answered(site, f"{folder}model.onnx", {b"accept-encoding": "gzip, br"})
        assert network.headers["cache-control"] == FOR_EVER and "content-encoding" not in network.headers
        assert hashlib.sha256(body(network)).hexdigest() == config["onnx"]["sha256"]
        assert len(body(network)) == config["onnx"]["bytes"]


def test_the_browser_is_not_sent_how_the_weights_came_about(site, description):
    config = body(answered(site, f"{description['models']['photo']}config.json", {}))
    assert len(config) < 5000 and not {"training", "metrics"} & json.loads(config)["humanseg"].keys()
    assert json.loads(config)["humanseg"]["threshold"] == 0.5


def test_without_the_runtime_the_page_is_told_so_in_a_sentence(site, description):
    assert description["ready"] is False and description["says"].endswith(".")
    assert answered(site, f"{description['runtime']}{next(iter(runtime.FILES))}", {}) is None


def test_weights_that_no_browser_can_run_are_a_sentence_too(tmp_path):
    site = Site({"photo": tmp_path, "live": tmp_path})
    said = json.loads(site.description())
    assert said["ready"] is False and str(tmp_path) in said["says"] and said["models"] == {}
    with pytest.raises(WeightsError):
        answered(site, "models/x/model.onnx", {})


@pytest.mark.parametrize(
    "path",
    [
        "",
        "js/",
        "js/../runtime.py",
        "js/engine.ts",
        "runtime.py",
        "npm/package.json",
        "models/x/model.onnx",
        "js//x.js",
    ],
)
def test_nothing_else_can_be_had(site, path):
    assert answered(site, path, {}) is None


def test_weights_that_serve_for_both_are_read_once():
    models = Site({"photo": "humansegnet-live", "live": "humansegnet-live"}).models()
    assert models["photo"] is models["live"]
