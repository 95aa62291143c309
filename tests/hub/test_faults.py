"""Everything that breaks between here and the Hub, against real HTTP: nothing half-written is ever loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from humanseg.errors import DownloadError, WeightsError
from humanseg.hub.find import find_weights
from humanseg.hub.progress import CHUNK
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME, ModelConfig

WEIGHTS = save({"segmentation_head.0.bias": np.arange(50_000, dtype=np.float32)})
CONFIG = json.dumps(ModelConfig().to_json()).encode()
LOOKING_UP, ASKING, FETCHING = "/api/models/", f"/resolve/.*{WEIGHTS_NAME}", "/storage/"


@pytest.fixture
def cutter(hub_server):
    return hub_server.add("somebody/cutter", {CONFIG_NAME: CONFIG, WEIGHTS_NAME: WEIGHTS})


def files_kept(hub_server, cache: Path) -> list[Path]:
    """What lies in the cache, apart from the client's notes: none of it may be a part of a file."""
    return [path for path in cache.rglob("*") if path.is_file() and path.read_bytes() in (WEIGHTS, WEIGHTS[:-1])]


def fetched_whole() -> bool:
    return (find_weights("somebody/cutter") / WEIGHTS_NAME).read_bytes() == WEIGHTS


INVALID = "Invalid credentials in Authorization header"
REFUSALS = [
    ({"status": 404, "headers": {"X-Error-Code": "RepoNotFound"}}, WeightsError, "check the name"),
    ({"status": 401, "headers": {"X-Error-Code": "RepoNotFound"}}, WeightsError, "if it's private"),
    (
        {"status": 401, "headers": {"X-Error-Message": "Invalid credentials in Authorization header"}},
        WeightsError,
        "HF_",
    ),
    ({"status": 403, "headers": {"X-Error-Code": "GatedRepo"}}, WeightsError, "is gated: ask for access"),
    ({"status": 403, "headers": {"X-Error-Message": "Access to this resource is disabled."}}, WeightsError, "closed"),
    ({"status": 403}, WeightsError, "doesn't allow this"),
    ({"status": 410}, DownloadError, "status 410"),
    ({"status": 503, "times": 99}, DownloadError, "status 503"),
]
TOO_MUCH = [{"status": 429, "times": 99}, {"status": 429, "headers": {"Retry-After": "3600"}}]


@pytest.mark.parametrize(
    ("where", "fault", "kind", "words"),
    [(where, *refusal) for where in (LOOKING_UP, FETCHING) for refusal in REFUSALS]
    + [(LOOKING_UP, fault, DownloadError, "too many requests") for fault in TOO_MUCH],
)
def test_what_the_hub_refuses_is_said_in_a_sentence(hub_server, cutter, where, fault, kind, words):
    hub_server.fail(where, **fault)
    with pytest.raises(kind, match=words) as raised:
        find_weights("somebody/cutter")
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


@pytest.mark.parametrize("name", ["somebody/else", "no--body/cutter", "somebody/cutter.git"])
def test_a_model_that_is_not_there_is_said_in_a_sentence(cutter, name):
    with pytest.raises(WeightsError, match="check the name"):
        find_weights(name)


def test_a_revision_that_is_not_there_is_said_in_a_sentence(cutter):
    with pytest.raises(WeightsError, match="no revision v9"):
        find_weights("somebody/cutter@v9")


@pytest.mark.parametrize("where", [LOOKING_UP, FETCHING])
def test_a_hub_that_asks_to_wait_is_asked_again_after_that_time(hub_server, cutter, where):
    hub_server.fail(where, status=429, headers={"Retry-After": "7"})
    assert fetched_whole()
    assert [7 <= wait <= 8 for wait in hub_server.waits] == [True]


@pytest.mark.parametrize("where", [LOOKING_UP, FETCHING])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_hub_that_fails_once_is_asked_again(hub_server, cutter, where, status):
    hub_server.fail(where, status=status)
    assert fetched_whole() and 1 <= len(hub_server.waits) <= 2


def test_a_hub_that_fails_where_the_client_asks_about_a_file_is_asked_again(hub_server, cutter):
    hub_server.fail(ASKING, method="HEAD", status=500)
    assert fetched_whole()


@pytest.mark.parametrize("then", ["stall", "cut"])
def test_a_download_that_breaks_in_mid_file_is_gone_on_with(hub_server, cutter, then):
    hub_server.fail(FETCHING, after=150_000, then=then)
    assert fetched_whole()
    asked = [headers.get("Range") for _, path, headers in hub_server.requests if "/storage/" in path]
    assert asked == [None, f"bytes={2 * CHUNK}-"]


def test_a_download_whose_connection_is_reset_is_begun_again(hub_server, cutter):
    hub_server.fail(FETCHING, after=150_000, then="reset", times=2)
    assert fetched_whole()


def test_a_download_that_breaks_every_time_is_given_up_and_leaves_nothing(hub_server, cutter, tmp_path):
    hub_server.fail(FETCHING, then="cut", times=99)
    with pytest.raises(DownloadError, match="can't be reached"):
        find_weights("somebody/cutter")
    hub_server.faults.clear()
    assert not list((tmp_path / "hub").rglob("*.incomplete")) and files_kept(hub_server, tmp_path / "hub") == []
    assert fetched_whole()


@pytest.mark.parametrize(
    "content",
    [WEIGHTS[:-4] + b"\1\2\3\4", WEIGHTS[:-1] + b"\xff", b"\x80\x04\x95" + WEIGHTS[3:], b"\0" * len(WEIGHTS)],
)
def test_a_wrong_checksum_is_refused_and_not_kept(hub_server, cutter, tmp_path, content):
    hub_server.fail(FETCHING, content=content, times=2)
    with pytest.raises(DownloadError, match="arrived damaged twice"):
        find_weights("somebody/cutter")
    assert files_kept(hub_server, tmp_path / "hub") == []
    assert fetched_whole()


def test_one_wrong_checksum_is_made_good(hub_server, cutter):
    hub_server.fail(FETCHING, content=WEIGHTS[:-1] + b"\xff")
    assert fetched_whole()


@pytest.mark.parametrize("length", [0, 100, len(WEIGHTS) - 1])
def test_a_truncated_file_is_refused_and_not_kept(hub_server, cutter, tmp_path, length):
    hub_server.fail(FETCHING, content=WEIGHTS[:length], times=3)
    with pytest.raises(DownloadError, match="try again later"):
        find_weights("somebody/cutter")
    assert files_kept(hub_server, tmp_path / "hub") == []
    assert fetched_whole()


def test_a_damaged_configuration_is_refused_though_it_is_of_the_right_length(hub_server, cutter):
    other = CONFIG.replace(b"0.5", b"0.7")
    hub_server.fail(f"/resolve/.*{CONFIG_NAME}", content=other, times=2)
    with pytest.raises(DownloadError, match="arrived damaged"):
        find_weights("somebody/cutter")
    assert fetched_whole()


@pytest.mark.parametrize("content", [b"\x80\x04\x95" + b"pickle" * 99, b"", b"<html>Log in</html>"])
def test_what_is_no_safetensors_under_its_name_is_refused(hub_server, content):
    hub_server.add("somebody/else", {CONFIG_NAME: CONFIG, WEIGHTS_NAME: content})
    with pytest.raises(WeightsError, match="isn't a whole safetensors file"):
        find_weights("somebody/else")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pth", "best.ckpt"])
def test_a_model_that_is_a_pickle_is_refused_before_any_of_it_is_fetched(hub_server, name):
    hub_server.add("somebody/else", {CONFIG_NAME: CONFIG, name: b"\x80\x04\x95"})
    with pytest.raises(WeightsError, match=f"{name} is a pickle"):
        find_weights("somebody/else")
    assert not any("/resolve/" in path for path in hub_server.paths("GET"))


def test_a_model_without_our_files_is_refused(hub_server):
    hub_server.add("somebody/else", {WEIGHTS_NAME: WEIGHTS})
    with pytest.raises(WeightsError, match=r"has no config\.json"):
        find_weights("somebody/else")


def test_somebody_elses_model_is_refused_before_its_weights_are_fetched(hub_server):
    hub_server.add("somebody/bert", {CONFIG_NAME: b'{"model_type": "bert"}', WEIGHTS_NAME: WEIGHTS})
    with pytest.raises(WeightsError, match="lacks"):
        find_weights("somebody/bert")
    assert hub_server.paths("GET")[-1].endswith(CONFIG_NAME)


STORAGE = [PermissionError(13, "Permission denied"), OSError(28, "No space left on device"), OSError(30, "Read-only")]


@pytest.mark.parametrize("error", STORAGE)
def test_a_cache_that_cannot_be_written_is_said_in_a_sentence_and_serves_what_is_in_it(cutter, monkeypatch, error):
    def broken(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("huggingface_hub.hf_hub_download", broken)
        with pytest.raises(DownloadError, match=r"can't be kept .*HF_HOME"):
            find_weights("somebody/cutter@main")
    folder = find_weights("somebody/cutter@main")
    cutter.commit({WEIGHTS_NAME: WEIGHTS[:-1] + b"\1"})
    monkeypatch.setattr("huggingface_hub.hf_hub_download", broken)
    assert find_weights("somebody/cutter@main") == folder


FIND = "from humanseg.hub.find import find_weights; print(find_weights('somebody/cutter@main'))"
REPORT = """
from humanseg.errors import HumanSegError
from humanseg.hub.find import find_weights
try:
    print(find_weights("somebody/cutter@main"))
except HumanSegError as error:
    print(type(error).__name__, error)
"""
IN_OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]


def begun(hub_server, home: Path, command: list[str]) -> subprocess.Popen:
    """A process that knows the Hub by environment variables alone."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub_server.url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True)


def in_own_mounts(hub_server, home: Path, mount: str, code: str) -> str:
    """What Python prints where a file system was mounted for it alone."""
    tried = [*IN_OWN_MOUNTS, "mount -t tmpfs none /mnt"]
    if not shutil.which("unshare") or subprocess.run(tried, capture_output=True).returncode:
        pytest.skip("Nothing can be mounted here (unshare --user --mount).")
    process = begun(hub_server, home, [*IN_OWN_MOUNTS, f'{mount}; exec "$@"', "sh", sys.executable, "-c", code])
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    return said


def test_two_processes_at_once_both_get_the_whole_file(hub_server, cutter, tmp_path):
    hub_server.barrier = threading.Barrier(2)
    processes = [begun(hub_server, tmp_path, [sys.executable, "-c", FIND]) for _ in range(2)]
    folders = [Path(process.communicate(timeout=60)[0].strip()) for process in processes]
    assert folders[0] == folders[1] and folders[0].is_relative_to(tmp_path / "hub")
    assert (folders[0] / WEIGHTS_NAME).read_bytes() == WEIGHTS
    assert not list(tmp_path.rglob("*.incomplete"))


def test_a_full_disk_is_said_in_a_sentence_and_nothing_half_written_is_left(hub_server, tmp_path):
    large = save({"segmentation_head.0.bias": np.zeros(200_000, np.float32)})
    hub_server.add("somebody/cutter", {CONFIG_NAME: CONFIG, WEIGHTS_NAME: large})
    code = REPORT + "import pathlib; print([p.name for p in pathlib.Path('/mnt').rglob('*.incomplete')])"
    said = in_own_mounts(hub_server, Path("/mnt"), "mount -t tmpfs -o size=500k none /mnt", code)
    error, left = said.splitlines()
    assert error.startswith("DownloadError") and "No space left" in error and "HF_HOME" in error
    assert left == "[]"


def test_a_read_only_cache_serves_what_is_in_it_and_says_what_it_cannot_keep(hub_server, cutter, tmp_path):
    folder = find_weights("somebody/cutter@main")
    cutter.commit({WEIGHTS_NAME: WEIGHTS[:-1] + b"\1"})
    hub_server.add("somebody/other", cutter.files)
    read_only = f'mount --bind "{tmp_path}" "{tmp_path}"; mount -o remount,ro,bind "{tmp_path}"'
    said = in_own_mounts(hub_server, tmp_path, read_only, REPORT + REPORT.replace("cutter", "other")).splitlines()
    assert said[0] == str(folder)
    assert said[1].startswith("DownloadError") and "Read-only file system" in said[1] and "HF_HOME" in said[1]
