"""Models of a Hub on loopback: what is fetched, what is kept, and what serves without a network."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from huggingface_hub import constants
from safetensors.numpy import save

from humanseg.errors import DownloadError, WeightsError
from humanseg.hub.find import find_weights
from humanseg.hub.progress import progress_bar
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME, ModelConfig
from humanseg.model.onnx_file import ANY_SIZE, FORMAT, PREFIX, checksum_entry, described, metadata_entry
from tests.hub.server import TOKEN, commit_number

CONFIG = json.dumps(ModelConfig().to_json()).encode()
COMMIT, NEWER = commit_number(1), commit_number(2)


def weights(value: float = 0) -> bytes:
    return save({"segmentation_head.0.bias": np.full(400, value, np.float32)})


def onnx_of(content: bytes, config: ModelConfig | None = None) -> bytes:
    """A file that says it was made from these weights; there is no network in it."""
    about = {"format": FORMAT, "size": ANY_SIZE, "weights_sha256": hashlib.sha256(content).hexdigest()}
    entries = b"".join(
        metadata_entry(PREFIX + key, value) for key, value in (about | described(config or ModelConfig())).items()
    )
    return entries + checksum_entry(entries)


@pytest.fixture
def cutter(hub_server):
    """The model somebody/cutter on the Hub."""
    files = {CONFIG_NAME: CONFIG, WEIGHTS_NAME: weights(), "evil.bin": b"pickle", "README.md": b"A card."}
    return hub_server.add("somebody/cutter", files)


def unplug(monkeypatch) -> None:
    """From here on nobody answers at the Hub's address."""
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    template = "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


class Told:
    """A listener that keeps what it's told."""

    def __init__(self):
        self.steps, self.sentences = [], []

    def progress(self, done, total):
        self.steps.append((done, total))

    def instead(self, sentence):
        self.sentences.append(sentence)


@pytest.mark.parametrize("model", ["somebody/cutter", "somebody/cutter@main", f"somebody/cutter@{COMMIT}"])
def test_a_model_is_fetched_at_a_commit_and_only_the_files_that_are_needed(hub_server, cutter, model):
    folder = find_weights(model)
    assert sorted(p.name for p in folder.iterdir()) == [CONFIG_NAME, WEIGHTS_NAME]
    assert folder.name == COMMIT and (folder / WEIGHTS_NAME).read_bytes() == weights()
    fetched = {path for path in hub_server.paths("GET") if "/resolve/" in path or "/storage/" in path}
    assert not any("evil" in path or "README" in path for path in fetched)
    assert all(COMMIT in path for path in fetched if "/resolve/" in path)


def test_an_engine_that_reads_onnx_gets_it_and_no_safetensors(cutter):
    cutter.commit({ONNX_NAME: onnx_of(weights())})
    folder = find_weights("somebody/cutter", needs=ONNX_NAME)
    assert sorted(p.name for p in folder.iterdir()) == [CONFIG_NAME, ONNX_NAME]


def test_another_engine_later_gets_its_file_of_the_same_commit(cutter):
    cutter.commit({ONNX_NAME: onnx_of(weights())})
    first = find_weights("somebody/cutter", needs=ONNX_NAME)
    cutter.commit({WEIGHTS_NAME: weights(1)})
    assert find_weights("somebody/cutter", needs=WEIGHTS_NAME) == first
    assert (first / WEIGHTS_NAME).read_bytes() == weights()


def test_an_onnx_file_of_other_weights_is_refused_though_only_the_hub_has_the_weights(cutter):
    cutter.commit({ONNX_NAME: onnx_of(weights(1))})
    for model in ("somebody/cutter", f"somebody/cutter@{NEWER}", f"somebody/cutter@{NEWER}"):
        with pytest.raises(WeightsError, match=r"model\.onnx of somebody/cutter was made from other weights"):
            find_weights(model, needs=ONNX_NAME)
    assert find_weights("somebody/cutter", needs=WEIGHTS_NAME).name == NEWER


def test_an_onnx_file_of_another_configuration_is_refused(cutter):
    cutter.commit({ONNX_NAME: onnx_of(weights(), replace(ModelConfig(), mean=(0.1, 0.2, 0.3)))})
    with pytest.raises(WeightsError, match=r"doesn't belong to the config\.json"):
        find_weights("somebody/cutter", needs=ONNX_NAME)


@pytest.mark.parametrize("content", [b"\x80\x04\x95pickle", b"", b"<html>Log in</html>"])
def test_what_is_no_onnx_under_its_name_is_refused(cutter, content):
    cutter.commit({ONNX_NAME: content})
    with pytest.raises(WeightsError, match=r"model\.onnx isn't"):
        find_weights("somebody/cutter", needs=ONNX_NAME)


def test_where_there_is_no_onnx_safetensors_serves_and_it_is_not_asked_for_again(hub_server, cutter):
    folder = find_weights("somebody/cutter", needs=ONNX_NAME)
    assert sorted(p.name for p in folder.iterdir()) == [CONFIG_NAME, WEIGHTS_NAME]
    hub_server.requests.clear()
    assert find_weights("somebody/cutter", needs=ONNX_NAME) == folder
    assert hub_server.requests == []


@pytest.mark.parametrize("revision", [None, COMMIT, "main"])
def test_what_was_fetched_is_found_again_without_a_network(hub_server, cutter, monkeypatch, revision):
    folder = find_weights("somebody/cutter", revision=revision)
    unplug(monkeypatch)
    assert find_weights("somebody/cutter", revision=revision) == folder


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_what_is_settled_asks_no_network_the_second_time(hub_server, cutter, revision):
    find_weights("somebody/cutter", revision=revision)
    hub_server.requests.clear()
    find_weights("somebody/cutter", revision=revision)
    assert hub_server.requests == []


def test_weights_do_not_change_by_themselves(cutter, caplog):
    caplog.set_level("INFO", "humanseg")
    folder = find_weights("somebody/cutter")
    cutter.commit({WEIGHTS_NAME: weights(1)})
    assert find_weights("somebody/cutter") == folder
    assert f"somebody/cutter@{COMMIT}" in caplog.text
    assert find_weights("somebody/cutter@main").name == NEWER


def test_a_branch_that_moved_on_but_cannot_be_fetched_leaves_the_earlier_copy_in_use(hub_server, cutter, monkeypatch):
    folder = find_weights("somebody/cutter@main")
    cutter.commit({WEIGHTS_NAME: weights(1)})
    hub_server.fail("/storage/", status=500, times=99)
    told = Told()
    assert find_weights("somebody/cutter@main", listener=told) == folder
    assert len(told.sentences) == 1 and "earlier serves" in told.sentences[0]
    unplug(monkeypatch)
    assert find_weights("somebody/cutter@main") == folder


def test_a_listener_hears_how_far_it_is_and_that_it_arrived(cutter):
    told = Told()
    find_weights("somebody/cutter", listener=told)
    size = len(weights())
    assert told.steps[0] == (0, size) and told.steps[-1] == (size, size) and told.sentences == []


def test_a_download_with_two_bars_goes_forward_and_ends_once():
    told = Told()
    bar = progress_bar(told, 1000)
    network, disk = bar(total=1000), bar(total=1000)
    for step, one in ((300, network), (200, disk), (500, network), (400, disk), (400, disk), (300, network)):
        one.update(step)
    assert told.steps == sorted(told.steps) and told.steps[-1] == (1000, 1000)
    network.close(), disk.close()


def test_a_listener_hears_in_a_sentence_that_an_earlier_copy_serves(cutter, monkeypatch):
    find_weights("somebody/cutter@main")
    unplug(monkeypatch)
    told = Told()
    find_weights("somebody/cutter@main", listener=told)
    assert told.sentences == ["The Hub can't be reached: the copy of somebody/cutter that was fetched earlier serves."]


def test_offline_mode_is_respected(hub_server, cutter, monkeypatch):
    folder = find_weights("somebody/cutter@main")
    hub_server.requests.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert find_weights("somebody/cutter@main") == folder
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE"):
        find_weights("somebody/other")
    assert hub_server.requests == [] and hub_server.waits == []


def test_a_private_model_is_fetched_with_the_token_which_the_storage_is_not_given(hub_server, cutter, monkeypatch):
    cutter.private = True
    with pytest.raises(WeightsError, match="private"):
        find_weights("somebody/cutter")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert find_weights("somebody/cutter").name == COMMIT


def test_a_model_that_moved_is_found_by_its_old_name(hub_server, cutter):
    hub_server.repositories["somebody/scissors"] = hub_server.repositories.pop("somebody/cutter")
    hub_server.moved["somebody/cutter"] = "somebody/scissors"
    assert (find_weights("somebody/cutter") / WEIGHTS_NAME).read_bytes() == weights()


def test_a_model_made_by_smp_is_read_with_the_defaults(hub_server):
    config = {"_model_class": "Unet", "encoder_name": "resnet18", "encoder_depth": 5, "decoder_channels": [8] * 5}
    hub_server.add("somebody/theirs", {CONFIG_NAME: json.dumps(config).encode(), WEIGHTS_NAME: weights()})
    assert find_weights("somebody/theirs").name == COMMIT


def test_two_different_revisions_at_once_are_refused(cutter):
    with pytest.raises(WeightsError, match="name one"):
        find_weights("somebody/cutter@v1", revision="v2")


@pytest.mark.parametrize("revision", ["../../elsewhere", "/etc", "a/../b"])
def test_a_revision_that_is_a_path_out_of_the_cache_is_refused(hub_server, revision):
    with pytest.raises(WeightsError, match="can't be a revision"):
        find_weights("somebody/cutter", revision=revision)
    assert hub_server.requests == []


@pytest.mark.parametrize("links", [True, False])
def test_a_damaged_cache_is_mended(cutter, monkeypatch, links):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", not links)
    folder = find_weights("somebody/cutter")
    (folder / WEIGHTS_NAME).resolve().write_bytes(weights()[:-4])
    assert (find_weights("somebody/cutter") / WEIGHTS_NAME).read_bytes() == weights()


def test_a_cached_file_with_a_bit_that_turned_over_is_mended(cutter):
    folder = find_weights("somebody/cutter")
    (folder / WEIGHTS_NAME).resolve().write_bytes(weights(1))
    assert (find_weights("somebody/cutter") / WEIGHTS_NAME).read_bytes() == weights()


def test_a_damaged_cache_that_cannot_be_mended_is_not_loaded(cutter, monkeypatch):
    folder = find_weights("somebody/cutter")
    (folder / WEIGHTS_NAME).resolve().write_bytes(weights(1))
    unplug(monkeypatch)
    with pytest.raises(DownloadError, match="can't be reached"):
        find_weights("somebody/cutter")
