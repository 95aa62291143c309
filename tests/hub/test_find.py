"""Finding weights: a folder, the shipped checkpoint; names that mean neither."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from humanseg.errors import WeightsError
from humanseg.hub import find as hub
from humanseg.hub.find import find_weights
from humanseg.model.config import ModelConfig

CONFIG = json.dumps(ModelConfig().to_json()).encode()


def weights(value: float = 0) -> bytes:
    return save({"segmentation_head.0.bias": np.full(400, value, np.float32)})


def a_folder(path: Path, config: bytes | None = CONFIG, content: bytes | None = None) -> Path:
    path.mkdir(parents=True)
    if config is not None:
        (path / "config.json").write_bytes(config)
    (path / "model.safetensors").write_bytes(weights() if content is None else content)
    return path


@pytest.fixture(autouse=True)
def _no_model_in_the_environment(monkeypatch):
    monkeypatch.delenv("HUMANSEG_MODEL", raising=False)


def test_a_folder_is_taken_as_it_is(tmp_path):
    folder = a_folder(tmp_path / "mine")
    assert find_weights(folder) == find_weights(str(folder)) == folder


def test_a_folder_goes_before_a_model_of_the_same_name(tmp_path, monkeypatch):
    a_folder(tmp_path / "somebody" / "cutter")
    monkeypatch.chdir(tmp_path)
    assert find_weights("somebody/cutter") == Path("somebody/cutter")


def test_the_environment_names_the_default(tmp_path, monkeypatch):
    folder = a_folder(tmp_path / "mine")
    monkeypatch.setenv("HUMANSEG_MODEL", str(folder))
    assert find_weights() == folder
    assert find_weights(a_folder(tmp_path / "other")) == tmp_path / "other"


@pytest.mark.parametrize("place", ["checkpoints", "humanseg/_checkpoints"])
def test_the_shipped_weights_are_found_in_a_clone_and_in_an_installed_wheel(tmp_path, monkeypatch, place):
    photos, live = (a_folder(tmp_path / place / name) for name in ("humansegnet", "humansegnet-live"))
    monkeypatch.setattr(hub, "__file__", str(tmp_path / "humanseg" / "hub" / "find.py"))
    assert find_weights() == find_weights("humansegnet") == photos.resolve()
    assert find_weights("humansegnet-live") == live.resolve()
    mine = a_folder(tmp_path / "humansegnet-live")
    monkeypatch.chdir(tmp_path)
    assert find_weights("humansegnet-live") == Path("humansegnet-live") and mine.is_dir()


def test_missing_shipped_weights_are_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "__file__", str(tmp_path / "humanseg" / "hub" / "find.py"))
    with pytest.raises(WeightsError, match="HUMANSEG_MODEL"):
        find_weights()


@pytest.mark.parametrize("name", ["nowhere", "./no/where/at/all", "", "a/b/c", "weights/best.pth", "https://x.org/y"])
def test_a_folder_that_is_not_there_is_said_without_asking_the_hub(hub_server, name, tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "__file__", str(tmp_path / "humanseg" / "hub" / "find.py"))
    with pytest.raises(WeightsError, match=r"name (one|a folder)"):
        find_weights(name)
    assert hub_server.requests == []


def test_a_path_object_never_means_the_hub(hub_server):
    with pytest.raises(WeightsError, match="no folder"):
        find_weights(Path("somebody/cutter"))
    assert hub_server.requests == []


@pytest.mark.parametrize(
    ("config", "content", "words"),
    [
        (None, None, "config.json"),
        (b"{", None, "can't be read as JSON"),
        (b"{}", None, "lacks"),
        (CONFIG, b"", "whole safetensors file"),
        (CONFIG, weights()[:-100], "whole safetensors file"),
        (CONFIG, b"\x80\x04pickle" * 30, "whole safetensors file"),
        (CONFIG, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
    ],
)
def test_a_folder_with_something_else_in_it_is_refused(tmp_path, config, content, words):
    with pytest.raises(WeightsError, match=words):
        find_weights(a_folder(tmp_path / "x", config, content))


def test_a_pickle_is_never_taken(tmp_path):
    folder = a_folder(tmp_path / "x")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match=r"pytorch_model\.bin is a pickle"):
        find_weights(folder)
    with pytest.raises(WeightsError, match="is a pickle"):
        find_weights(folder / "pytorch_model.bin")


def test_a_file_in_place_of_its_folder_is_said_in_a_sentence(tmp_path):
    folder = a_folder(tmp_path / "x")
    with pytest.raises(WeightsError, match="name the folder"):
        find_weights(folder / "model.safetensors")


def test_finding_local_weights_does_not_import_the_hubs_client(tmp_path):
    folder = a_folder(tmp_path / "mine")
    code = "import sys; from humanseg.hub.find import find_weights; find_weights(sys.argv[1]); print(*sys.modules)"
    command = [sys.executable, "-c", code, str(folder)]
    root = Path(hub.__file__).parents[2]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout.split()
    assert "huggingface_hub" not in loaded and "torch" not in loaded


def test_the_shipped_weights_are_whole(repository):
    if not (repository / "checkpoints" / "humansegnet").is_dir():
        pytest.skip("checkpoints/humansegnet isn't there: train.py makes it.")
    assert find_weights() == repository / "checkpoints" / "humansegnet"


@pytest.mark.parametrize("model", ["somebody/cutter", None])
def test_what_writes_beside_the_weights_is_refused_those_on_the_hub(hub_server, monkeypatch, tmp_path, model):
    monkeypatch.setenv("HUMANSEG_MODEL", "somebody/cutter@v1")
    with pytest.raises(WeightsError, match=r"somebody/cutter.* is on the Hub"):
        hub.find_own(model)
    assert hub.find_own(str(a_folder(tmp_path / "mine"))) == tmp_path / "mine" and hub_server.requests == []
