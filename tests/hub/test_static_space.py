"""`humanseg deploy --static` against a Hub on loopback."""

from __future__ import annotations

import pytest
import yaml

from humanseg.cli import main
from humanseg.hub import static_space
from humanseg.web import runtime
from tests.hub.server import TOKEN, HubServer
from tests.hub.test_space import COLOURS, KEYS
from tests.web.stand_in import write_runtime

SPACE = "spaces/somebody/cut-out"
COMMAND = ["deploy", "somebody/cut-out", "--static"]


@pytest.fixture
def hub(hub_server, tmp_path, monkeypatch) -> HubServer:
    """A Hub where somebody is logged in, and a stand-in for the browser's runtime."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv(runtime.VARIABLE, str(write_runtime(tmp_path / "runtime")))
    return hub_server


def matter_of(readme: str) -> dict:
    return yaml.safe_load(readme.split("---\n")[1])


@pytest.mark.parametrize("terms", ["WEIGHTS-LICENSE.txt", None])
def test_the_front_matter_has_only_keys_and_values_that_the_hub_allows(terms):
    matter = matter_of(static_space.readme(["somebody/cutter"], terms))
    assert matter == static_space.front_matter(["somebody/cutter"], terms) and matter.keys() <= KEYS
    assert matter["sdk"] == "static" and matter["app_file"] == "index.html"
    assert {matter["colorFrom"], matter["colorTo"]} <= COLOURS and 0 < len(matter["short_description"]) <= 60
    assert matter["models"] == ["somebody/cutter"]
    assert matter["custom_headers"]["cross-origin-embedder-policy"] == "require-corp"
    assert matter["license"] == "other" and matter["license_link"] == (terms or "LICENSE.txt")


def test_the_whole_page_goes_to_the_space_weights_and_runtime_with_it_and_only_once(hub, capsys):
    assert main(COMMAND) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "https://huggingface.co/spaces/somebody/cut-out"
    files = hub.repositories[SPACE].files
    assert {"README.md", "index.html", "app/main.js", "js/engine.js", "WEIGHTS-LICENSE.txt"} <= files.keys()
    assert [name for name in files if name.endswith("model.onnx") and len(files[name]) > 1e6]
    name = next(iter(runtime.FILES))
    assert files[f"runtime/{runtime.version()}/{name}"] == name.encode()
    assert not [name for name in files if name.endswith(".py")]
    matter = matter_of(files["README.md"].decode())
    assert matter["sdk"] == "static" and "models" not in matter and matter["license_link"] in files
    commits = len(hub.repositories[SPACE].commits)
    assert main(COMMAND) == 0
    assert len(hub.repositories[SPACE].commits) == commits


def test_a_dry_run_lists_everything_and_a_folder_gets_everything_without_asking_the_hub(hub, tmp_path, capsys):
    assert main([*COMMAND, "--dry-run"]) == 0
    listed = {line.split()[-1] for line in capsys.readouterr().out.splitlines()}
    assert main([*COMMAND, "--out", str(tmp_path / "space")]) == 0
    written = {path.relative_to(tmp_path / "space").as_posix() for path in (tmp_path / "space").rglob("*.*")}
    assert {"README.md", "index.html", "sw.js", "places/tea-gardens.jpg"} <= written & listed
    assert not hub.requests


def test_without_the_runtime_nothing_is_sent(hub, monkeypatch, capsys):
    monkeypatch.setenv(runtime.VARIABLE, runtime.NEVER)
    assert main(COMMAND) == 1
    assert runtime.VARIABLE in capsys.readouterr().err and not hub.requests


def test_what_runs_in_browsers_needs_no_gpu(hub, capsys):
    assert main([*COMMAND, "--zero-gpu"]) == 1
    assert "choose one of them" in capsys.readouterr().err and not hub.requests
