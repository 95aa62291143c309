"""Finding weights: a folder, the shipped checkpoint, and a Hub on loopback that misbehaves."""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from safetensors.numpy import save

from humanseg.errors import DownloadError, WeightsError
from humanseg.hub import find as hub
from humanseg.hub.find import find_weights
from humanseg.model.config import ModelConfig

COMMIT, NEWER = "a" * 40, "b" * 40
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


class FakeHub:
    """The few addresses of the Hub that fetching a snapshot asks for, for the model somebody/cutter."""

    def __init__(self) -> None:
        self.refs = {"main": COMMIT, "v1": COMMIT}
        self.files = {"config.json": CONFIG, "model.safetensors": weights(), "evil.bin": b"pickle"}
        self.status: int | None = None  # what every request is answered with, if set
        self.error = ""
        self.served: dict[str, bytes] = {}  # sent in place of what was promised
        self.paths: list[str] = []
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                fake.paths.append(self.path)
                if fake.status:
                    self.answer(b"{}", fake.status, {"X-Error-Code": fake.error} if fake.error else {})
                elif found := re.fullmatch(r"/api/models/somebody/cutter(?:/revision/([^/?]+))?(?:\?.*)?", self.path):
                    self.about(found[1] or "main")
                elif found := re.match(r"/api/models/somebody/cutter/tree/([^/?]+)", self.path):
                    self.answer(json.dumps([self.entry(n, c) for n, c in fake.files.items()]).encode())
                elif found := re.fullmatch(r"/somebody/cutter/resolve/([^/]+)/(.+)", self.path):
                    self.file(*found.groups())
                else:
                    self.answer(b"{}", 404, {"X-Error-Code": "RepoNotFound"})

            do_HEAD = do_GET

            def about(self, revision: str) -> None:
                commit = fake.refs.get(revision, revision if len(revision) == 40 else None)
                if commit is None:
                    return self.answer(b"{}", 404, {"X-Error-Code": "RevisionNotFound"})
                names = [{"rfilename": name} for name in fake.files]
                self.answer(json.dumps({"id": "somebody/cutter", "sha": commit, "siblings": names}).encode())

            def entry(self, name: str, content: bytes) -> dict:
                entry = {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                if name.endswith(".safetensors"):
                    entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 1}
                return entry

            def file(self, revision: str, name: str) -> None:
                if name not in fake.files:
                    return self.answer(b"", 404, {"X-Error-Code": "EntryNotFound"})
                promised = fake.files[name]
                checksum = hashlib.sha256 if name.endswith(".safetensors") else hashlib.sha1
                headers = {
                    "X-Repo-Commit": fake.refs.get(revision, revision),
                    "ETag": f'"{checksum(promised).hexdigest()}"',
                }
                self.answer(fake.served.get(name, promised), 200, headers)

            def answer(self, content: bytes, code: int = 200, headers: dict[str, str] | None = None) -> None:
                self.send_response(code)
                for key, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                    self.send_header(key, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def fake_hub(tmp_path, monkeypatch) -> Iterator[FakeHub]:
    fake = FakeHub()
    options = {"endpoint": fake.url, "cache_dir": tmp_path / "hub", "token": False, "etag_timeout": 2}
    monkeypatch.setattr(huggingface_hub, "snapshot_download", partial(huggingface_hub.snapshot_download, **options))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    # Its client waits seconds between tries of a server that fails.
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    yield fake
    fake.http.shutdown()
    fake.http.server_close()


def go_offline(monkeypatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    offline = partial(huggingface_hub.snapshot_download, endpoint=f"http://127.0.0.1:{port}")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)


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
def test_a_folder_that_is_not_there_is_said_without_asking_the_hub(fake_hub, name, tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "__file__", str(tmp_path / "humanseg" / "hub" / "find.py"))
    with pytest.raises(WeightsError, match=r"name (one|a folder)"):
        find_weights(name)
    assert fake_hub.paths == []


def test_a_path_object_never_means_the_hub(fake_hub):
    with pytest.raises(WeightsError, match="no folder"):
        find_weights(Path("somebody/cutter"))
    assert fake_hub.paths == []


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


@pytest.mark.parametrize("model", ["somebody/cutter", "somebody/cutter@v1", f"somebody/cutter@{COMMIT}"])
def test_a_model_is_fetched_from_the_hub_without_its_pickles(fake_hub, model):
    folder = find_weights(model)
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert not any("evil" in path for path in fake_hub.paths)
    assert folder.name == COMMIT


@pytest.mark.parametrize("revision", [None, COMMIT, "v1"])
def test_what_was_fetched_is_found_again_without_a_network(fake_hub, monkeypatch, revision):
    folder = find_weights("somebody/cutter", revision=revision)
    go_offline(monkeypatch)
    assert find_weights("somebody/cutter", revision=revision) == folder


def test_a_pinned_commit_asks_no_network_the_second_time(fake_hub):
    find_weights("somebody/cutter", revision=COMMIT)
    fake_hub.paths.clear()
    find_weights("somebody/cutter", revision=COMMIT)
    assert fake_hub.paths == []


def test_weights_do_not_change_by_themselves(fake_hub, caplog):
    caplog.set_level("INFO", "humanseg")
    folder = find_weights("somebody/cutter")
    fake_hub.refs["main"], fake_hub.files["model.safetensors"] = NEWER, weights(1)
    assert find_weights("somebody/cutter") == folder
    assert f"somebody/cutter@{COMMIT}" in caplog.text
    assert find_weights("somebody/cutter@main").name == NEWER


def test_two_different_revisions_at_once_are_refused(fake_hub):
    with pytest.raises(WeightsError, match="name one"):
        find_weights("somebody/cutter@v1", revision="v2")


def test_an_unknown_model_or_revision_is_said_in_a_sentence(fake_hub):
    with pytest.raises(WeightsError, match="check the name"):
        find_weights("somebody/else")
    with pytest.raises(WeightsError, match="no revision v9"):
        find_weights("somebody/cutter@v9")


def test_a_gated_model_is_said_in_a_sentence(fake_hub):
    fake_hub.status, fake_hub.error = 403, "GatedRepo"
    with pytest.raises(WeightsError, match="gated"):
        find_weights("somebody/cutter")


def test_no_network_and_nothing_fetched_is_said_in_a_sentence(fake_hub, monkeypatch):
    go_offline(monkeypatch)
    for revision in (None, COMMIT):
        with pytest.raises(DownloadError, match="can't be reached"):
            find_weights("somebody/cutter", revision=revision)


def test_a_hub_that_is_down_is_said_in_a_sentence(fake_hub):
    fake_hub.status = 503
    with pytest.raises(DownloadError, match=r"reached|try again"):
        find_weights("somebody/cutter")


def test_a_model_without_safetensors_is_refused(fake_hub):
    del fake_hub.files["model.safetensors"]
    with pytest.raises(WeightsError, match=r"no model\.safetensors"):
        find_weights("somebody/cutter")


def test_somebody_elses_model_is_refused(fake_hub):
    fake_hub.files["config.json"] = b'{"model_type": "bert"}'
    with pytest.raises(WeightsError, match="lacks"):
        find_weights("somebody/cutter")


def test_weights_that_arrive_damaged_are_refused_and_not_kept(fake_hub):
    damaged = bytearray(weights())
    damaged[-5] ^= 1
    fake_hub.served["model.safetensors"] = bytes(damaged)
    with pytest.raises(DownloadError, match="checksum"):
        find_weights("somebody/cutter")
    fake_hub.served.clear()
    assert (find_weights("somebody/cutter") / "model.safetensors").read_bytes() == weights()


def test_weights_cut_short_are_refused_and_not_kept(fake_hub):
    fake_hub.served["model.safetensors"] = weights()[:100]
    with pytest.raises(DownloadError):
        find_weights("somebody/cutter")
    fake_hub.served.clear()
    assert (find_weights("somebody/cutter") / "model.safetensors").read_bytes() == weights()


def test_a_damaged_cache_is_mended(fake_hub):
    folder = find_weights("somebody/cutter")
    (folder / "model.safetensors").resolve().write_bytes(b"")
    assert (find_weights("somebody/cutter") / "model.safetensors").read_bytes() == weights()


def a_disk_that(error, monkeypatch):
    """A disk on which the Hub's client can read earlier files and write none."""
    real = huggingface_hub.snapshot_download

    def snapshot_download(*arguments, **options):
        if options.get("local_files_only"):
            return real(*arguments, **options)
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)


STORAGE = [PermissionError(13, "Permission denied"), OSError(28, "No space left on device"), OSError(30, "Read-only")]


@pytest.mark.parametrize("error", STORAGE)
def test_a_hub_cache_that_cannot_be_written_is_said_in_a_sentence(fake_hub, monkeypatch, error):
    a_disk_that(error, monkeypatch)
    with pytest.raises(DownloadError, match=r"can't be kept .*HF_HOME"):
        find_weights("somebody/cutter")


@pytest.mark.parametrize("error", STORAGE)
def test_a_copy_in_a_hub_cache_that_cannot_be_written_is_used(fake_hub, monkeypatch, error, caplog):
    folder = find_weights("somebody/cutter@v1")
    a_disk_that(error, monkeypatch)
    assert find_weights("somebody/cutter@v1") == folder
    assert "can't be written" in caplog.text


def test_a_hub_cache_that_cannot_be_read_is_said_in_a_sentence(fake_hub, monkeypatch):
    def snapshot_download(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    with pytest.raises(DownloadError, match="HF_HOME"):
        find_weights("somebody/cutter")


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
