"""Weights to the Hub on loopback and back again."""

from __future__ import annotations

import json
import shutil

import huggingface_hub
import numpy as np
import pytest
import yaml

from humanseg.cli import main
from humanseg.hub import publish
from humanseg.hub.find import find_weights
from humanseg.hub.licence import LICENCE_NAME
from humanseg.model import unet
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME, ModelConfig, read_config, write_config
from humanseg.model.export import write_onnx
from humanseg.segmenter import Segmenter
from tests.hub.server import TOKEN, Repository, commit_number

SCORES = {"portraits": {"n": 95, "iou": 0.97461, "boundary_iou": 0.8, "mae": 0.02, "size": 448, "engine": "openvino"}}


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with a small network, random but always the same; not to be changed."""
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("trained")
    training = {"epochs": 1, "sources": {"our-garden": {"photos": 20, "weight": 1.0}}}
    config = ModelConfig("tu-mobilenetv3_small_050", decoder_channels=(16, 8, 8, 8, 8), size=128, training=training)
    unet.save(unet.build(config), config, folder)
    write_onnx(folder, folder / ONNX_NAME)
    return folder


@pytest.fixture
def folder(trained, tmp_path, hub_server, monkeypatch):
    """A copy of it, and somebody who is logged in."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return shutil.copytree(trained, tmp_path / "weights")


def published(hub_server, name="somebody/cutter") -> Repository:
    return hub_server.repositories[name]


def test_what_is_published_comes_back_and_gives_identical_pixels(hub_server, folder, astronaut, capsys):
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"Published: somebody/cutter@{commit_number(1)}"
    assert set(published(hub_server).files) - {".gitattributes"} == {WEIGHTS_NAME, ONNX_NAME, CONFIG_NAME, "README.md"}
    for engine in ("openvino", "torch"):
        here, there = (Segmenter.from_pretrained(name, engine=engine) for name in (str(folder), "somebody/cutter"))
        assert np.array_equal(here.alpha(astronaut[:96, :128]), there.alpha(astronaut[:96, :128]))
    assert (find_weights("somebody/cutter") / WEIGHTS_NAME).read_bytes() == (folder / WEIGHTS_NAME).read_bytes()


def test_it_says_first_what_it_will_do_and_a_dry_run_does_no_more(hub_server, folder, capsys):
    assert main(["publish", "somebody/cutter", "--model", str(folder), "--dry-run", "--private"]) == 0
    said = capsys.readouterr().out
    assert "somebody/cutter, a new private model:" in said and said.count("(new)") == 4 and "would be uploaded" in said
    assert hub_server.repositories == {} and all(method == "GET" for method, _, _ in hub_server.requests)


def test_a_dry_run_makes_no_onnx_file_and_says_that_one_would_be(folder, capsys):
    (folder / ONNX_NAME).unlink()
    assert main(["publish", "somebody/cutter", "--model", str(folder), "--dry-run"]) == 0
    assert f"{folder / ONNX_NAME} is made from the weights first" in capsys.readouterr().out
    assert not (folder / ONNX_NAME).exists()


def test_published_once_more_without_a_change_there_is_no_new_commit(hub_server, folder, capsys):
    arguments = ["publish", "somebody/cutter", "--model", str(folder)]
    assert main(arguments) == 0
    hub_server.requests.clear()
    assert main(arguments) == 0
    assert f"Nothing has changed: it's somebody/cutter@{commit_number(1)}." in capsys.readouterr().out
    assert len(published(hub_server).commits) == 2
    assert all(method == "GET" for method, _, _ in hub_server.requests)


def test_of_a_changed_model_only_what_changed_is_uploaded(hub_server, folder, capsys):
    arguments = ["publish", "somebody/cutter", "--model", str(folder)]
    assert main(arguments) == 0
    published(hub_server).commit({"notes.md": b"The owner's own."})
    write_config(ModelConfig(**{**read_config(folder).__dict__, "metrics": {"evaluation": SCORES}}), folder)
    hub_server.requests.clear()
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert f"{CONFIG_NAME}  (changed)" in said and f"{WEIGHTS_NAME}  (unchanged)" in said
    assert not any("/storage/" in path or "lfs" in path for _, path, _ in hub_server.requests)
    assert published(hub_server).files["notes.md"] == b"The owner's own."
    assert len(published(hub_server).commits) == 4


def test_pictures_that_the_card_shows_come_along(hub_server, folder, monkeypatch):
    written = publish.model_card
    monkeypatch.setattr(publish, "model_card", lambda *_: written(*_) + "![How sure](sure.png) ![Gone](gone.png)")
    (folder / "sure.png").write_bytes(b"a picture")
    (folder / "notes.png").write_bytes(b"nobody else's business")
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 0
    assert {name for name in published(hub_server).files if name.endswith(".png")} == {"sure.png"}


def test_a_model_is_private_where_that_was_asked_for(hub_server, folder):
    assert main(["publish", "somebody/cutter", "--model", str(folder), "--private"]) == 0
    assert published(hub_server).private
    assert main(["publish", "somebody/open", "--model", str(folder)]) == 0
    assert not published(hub_server, "somebody/open").private


def front_matter(hub_server):
    return yaml.safe_load(published(hub_server).files["README.md"].decode().split("---")[1])


def test_the_card_has_the_metadata_that_the_hub_sorts_models_by(hub_server, folder):
    config = read_config(folder)
    training = {**config.training, "earlier": [{"published_as": f"somebody/first@{commit_number(1)}"}]}
    write_config(ModelConfig(**{**config.__dict__, "training": training, "metrics": {"evaluation": SCORES}}), folder)
    assert main(["publish", "somebody/cutter", "--model", str(folder), "--licence", "cc-by-4.0"]) == 0
    front = front_matter(hub_server)
    assert front["license"] == "cc-by-4.0" and front["library_name"] == "segmentation-models-pytorch"
    assert front["pipeline_tag"] == "image-segmentation" and front["datasets"] == ["our-garden"]
    assert front["base_model"] == "somebody/first"
    (index,) = front["model-index"]
    (result,) = index["results"]
    assert index["name"] == "cutter" and result["dataset"] == {"name": "portraits (95 photos)", "type": "portraits"}
    assert result["metrics"][0] == {"type": "mean_iou", "value": 0.9746, "name": "IoU"}
    text = published(hub_server).files["README.md"].decode()
    assert 'Segmenter.from_pretrained("somebody/cutter")' in text and "under the licence `cc-by-4.0`" in text
    assert huggingface_hub.ModelCard(text).data.eval_results[0].metric_value == 0.9746


def test_weights_of_sets_that_allow_research_alone_stay_under_that_licence(hub_server, folder, capsys):
    config = read_config(folder)
    training = {**config.training, "earlier": [{"sources": {"portraits": {"photos": 9, "weight": 1.0}}}]}
    write_config(ModelConfig(**{**config.__dict__, "training": training}), folder)
    assert main(["publish", "somebody/cutter", "--model", str(folder), "--licence", "mit"]) == 1
    assert "can't be under mit, since portraits" in capsys.readouterr().err and hub_server.repositories == {}
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 0
    assert front_matter(hub_server)["license_name"] == "research-and-demonstration"
    assert b"LicenseRef-humansegnet-weights" in published(hub_server).files[LICENCE_NAME]


def test_weights_of_own_sets_claim_no_licence_that_nobody_gave_them(hub_server, folder):
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 0
    assert "license" not in front_matter(hub_server) and LICENCE_NAME not in published(hub_server).files


@pytest.mark.parametrize("name", ["cutter", "a/b/c", "somebody/", "somebody/cut ter", "somebody/cutter@v1"])
def test_what_is_no_name_of_a_model_is_refused_without_asking_the_hub(hub_server, folder, name, capsys):
    assert main(["publish", name, "--model", str(folder)]) == 1
    assert "name it as user/name" in capsys.readouterr().err and hub_server.requests == []


def test_a_model_that_is_on_the_hub_is_not_published_from_there(hub_server, folder, capsys):
    assert main(["publish", "somebody/mine", "--model", "somebody/cutter"]) == 1
    assert "is on the Hub, where" in capsys.readouterr().err and hub_server.requests == []


def test_an_onnx_file_of_other_weights_is_not_published(hub_server, folder, capsys):
    config = json.loads((folder / CONFIG_NAME).read_text())
    config["humanseg"]["mean"] = [0.1, 0.2, 0.3]
    (folder / CONFIG_NAME).write_text(json.dumps(config))
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 1
    assert "doesn't belong to the config.json" in capsys.readouterr().err and hub_server.requests == []


@pytest.mark.parametrize("token", [None, "hf_mistyped"])
def test_somebody_who_is_not_logged_in_is_told_how(hub_server, folder, token, capsys, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", token) if token else monkeypatch.delenv("HF_TOKEN")
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 1
    assert "hf auth login" in capsys.readouterr().err and hub_server.repositories == {}


@pytest.mark.parametrize(
    ("path", "method", "what", "words"),
    [
        ("/repos/create", "POST", {"status": 403}, "doesn't let you write to the model somebody/cutter"),
        ("/commit/", "POST", {"status": 500, "times": 99}, "couldn't be uploaded"),
        ("/storage/", "PUT", {"status": 507, "times": 99}, "couldn't be uploaded"),
        ("/api/models/", "GET", {"status": 503, "times": 99}, "status 503"),
    ],
)
def test_an_upload_that_fails_is_a_sentence_and_leaves_no_commit(hub_server, folder, path, method, what, words, capsys):
    hub_server.fail(path, method=method, **what)
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 1
    assert words in capsys.readouterr().err
    assert all(len(repository.commits) == 1 for repository in hub_server.repositories.values())


@pytest.mark.parametrize(("path", "method"), [("/commit/", "POST"), ("/storage/", "PUT"), ("/preupload/", "POST")])
def test_an_upload_that_fails_once_is_tried_again(hub_server, folder, path, method):
    hub_server.fail(path, method=method, status=500)
    assert main(["publish", "somebody/cutter", "--model", str(folder)]) == 0
    assert len(published(hub_server).commits) == 2
