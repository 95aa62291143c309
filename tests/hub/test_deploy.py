"""`humanseg deploy` against a Hub on loopback."""

from __future__ import annotations

import pytest

from humanseg.cli import main
from humanseg.errors import DownloadError, HumanSegError, WeightsError
from humanseg.hub import deploy
from tests.hub.server import TOKEN, HubServer, commit_number

CARD = b"---\nlicense: other\nlicense_name: research-and-demonstration\nlicense_link: LICENSE\n---\n# Weights\n"
FILES = {"config.json": b"{}", "model.onnx": bytes(2000), "model.safetensors": bytes(3000), "README.md": CARD}
SPACE = "spaces/somebody/cut-out"


@pytest.fixture
def hub(hub_server, monkeypatch) -> HubServer:
    """A Hub with weights for photos and for the webcam, where somebody is logged in."""
    for name in ("somebody/humansegnet", "somebody/humansegnet-live"):
        hub_server.add(name, FILES)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub_server


def test_weights_are_pinned_to_the_commit_that_they_are_at(hub):
    hub.repositories["somebody/humansegnet"].commit({"config.json": b"{ }"})
    planned = deploy.plan("somebody/humansegnet")
    assert str(planned.photos) == f"somebody/humansegnet@{commit_number(2)}"
    assert planned.photos.files == {"config.json": 3, "model.onnx": 2000}
    assert planned.photos.licence_name == "research-and-demonstration"
    assert str(planned.live) == f"somebody/humansegnet-live@{commit_number(1)}"


def test_a_revision_that_is_named_is_the_one_that_is_pinned(hub):
    first = commit_number(1)
    hub.repositories["somebody/humansegnet"].commit({"config.json": b"{ }"})
    assert deploy.plan(f"somebody/humansegnet@{first}").photos.commit == first


def test_without_weights_beside_them_or_a_name_for_others_the_photos_weights_serve_the_webcam(hub):
    hub.add("somebody/mine", FILES)
    assert deploy.plan("somebody/mine").live is None
    assert deploy.plan("somebody/mine", "somebody/humansegnet-live").live.repository == "somebody/humansegnet-live"


def test_on_zero_gpu_photos_have_what_pytorch_reads_and_the_webcam_what_a_processor_does(hub):
    both = deploy.plan("somebody/humansegnet", zero_gpu=True)
    assert list(both.photos.files) == ["config.json", "model.safetensors"]
    assert list(both.live.files) == ["config.json", "model.onnx"]
    hub.add("somebody/mine", FILES)
    alone = deploy.plan("somebody/mine", zero_gpu=True)
    assert list(alone.photos.files) == ["config.json", "model.safetensors", "model.onnx"] and alone.live is None


@pytest.mark.parametrize("name", ["humansegnet", "./weights", "a/b/c", "somebody/", "somebody/name@", "@main"])
def test_what_is_no_model_on_the_hub_is_a_sentence(hub, name):
    with pytest.raises(WeightsError):
        deploy.plan(name)


def test_weights_that_a_space_cannot_load_are_a_sentence(hub):
    hub.add("somebody/old", {name: data for name, data in FILES.items() if name != "model.onnx"})
    with pytest.raises(WeightsError, match=r"somebody/old has no model\.onnx: .*humanseg publish somebody/old"):
        deploy.plan("somebody/old")
    hub.add("somebody/secret", FILES, private=True)
    with pytest.raises(WeightsError, match=r"somebody/secret is private.*make it public"):
        deploy.plan("somebody/secret")
    with pytest.raises(WeightsError, match="no revision v9"):
        deploy.plan("somebody/humansegnet@v9")


def test_a_space_gets_the_page_and_nothing_of_the_weights(hub, capsys):
    assert main(["deploy", "somebody/cut-out"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "https://huggingface.co/spaces/somebody/cut-out"
    files = hub.repositories[SPACE].files
    assert {"README.md", "app.py", "space.py", "requirements.txt", "humanseg/ui/style.css"} <= files.keys()
    assert f"somebody/humansegnet@{commit_number(1)}".encode() in files["space.py"]
    assert not [name for name in files if name.endswith((".onnx", ".safetensors"))]


def test_a_second_time_nothing_is_changed_and_what_is_left_of_other_versions_goes(hub):
    assert main(["deploy", "somebody/cut-out"]) == 0
    space = hub.repositories[SPACE]
    commits = len(space.commits)
    assert main(["deploy", "somebody/cut-out"]) == 0
    assert len(space.commits) == commits
    space.commit({"humanseg/old.py": b"import this"})
    assert main(["deploy", "somebody/cut-out"]) == 0
    assert "humanseg/old.py" not in space.files and len(space.commits) == commits + 2


def test_a_dry_run_lists_everything_with_its_size_and_writes_nothing(hub, capsys):
    assert main(["deploy", "somebody/cut-out", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = {line.split()[-1]: line.split()[:2] for line in lines}
    for name in ("README.md", "app.py", "space.py", "requirements.txt", "humanseg/ui/page.py"):
        assert float(listed[name][0]) > 0 and listed[name][1] in ("kB", "MB")
    assert any("2.0 kB" in line and f"somebody/humansegnet@{commit_number(1)}" in line for line in lines)
    assert SPACE not in hub.repositories and not [method for method, *_ in hub.requests if method != "GET"]


def test_a_folder_can_be_built_alone_but_never_into_another(hub, tmp_path, capsys):
    out = tmp_path / "new" / "space"
    assert main(["deploy", "somebody/cut-out", "--out", str(out)]) == 0
    assert (out / "humanseg" / "ui" / "page.py").is_file() and SPACE not in hub.repositories
    assert main(["deploy", "somebody/cut-out", "--out", str(out)]) == 1
    assert "isn't empty" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["cut-out", "https://huggingface.co/spaces/a/b", "a/b/c", "../b", ""])
def test_what_can_be_no_space_is_a_sentence_before_anything_is_asked(hub, capsys, name):
    assert main(["deploy", name]) == 1
    assert "user/space" in capsys.readouterr().err and not hub.requests


def test_without_a_login_it_is_a_sentence(hub, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(DownloadError, match="hf auth login"):
        deploy.upload({"app.py": b""}, "somebody/cut-out")


@pytest.mark.parametrize(("status", "words"), [(403, "token that may write"), (402, "paid plan"), (500, "try again")])
def test_a_hub_that_refuses_is_a_sentence(hub, status, words):
    hub.fail("/api/repos/create", method="POST", status=status, times=9)
    with pytest.raises(DownloadError, match=words):
        deploy.upload({"app.py": b""}, "somebody/cut-out")


def test_a_hub_that_cannot_be_reached_is_a_sentence(hub):
    hub.close()
    with pytest.raises(HumanSegError, match="somebody/humansegnet"):
        deploy.plan("somebody/humansegnet")
    with pytest.raises(DownloadError, match="can't be reached to upload the Space somebody/cut-out"):
        deploy.upload({"app.py": b""}, "somebody/cut-out")
