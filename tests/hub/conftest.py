from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from huggingface_hub import constants

from humanseg.model.config import CONFIG_NAME, ModelConfig
from tests.hub.server import HubServer

FILES = "/{repo_id}/resolve/{revision}/{filename}"  # where the Hub's client looks for files


@pytest.fixture
def hub_server(tmp_path, monkeypatch) -> Iterator[HubServer]:
    """A Hub on loopback, which the Hub's client of this process asks, with a cache of its own and nobody logged in.

    Nobody waits: `hub_server.waits` are the pauses, in seconds, that were to be made.
    """
    server = HubServer()
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + FILES)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # Files go by HTTP alone: the protocol of the Hub's other storage needs a server of its own.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.3)
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 2)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUMANSEG_MODEL", "HUMANSEG_LIVE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    server.waits = []
    monkeypatch.setattr("time.sleep", server.waits.append)
    yield server
    server.close()


@pytest.fixture
def weights(tmp_path):
    config = ModelConfig(training={"epochs": 7, "sources": {"portraits": {"photos": 800, "weight": 0.5}}})
    (tmp_path / CONFIG_NAME).write_text(json.dumps(config.to_json()))
    return tmp_path


@pytest.fixture
def scores(tmp_path):
    mean = {"n": 60, "iou": 0.9123, "boundary_iou": 0.7, "dice": 0.95, "mae": 0.02}
    path = tmp_path / "scores.json"
    content = {"data": "portraits", "engine": "torch", "size": ModelConfig.size, "mean": mean, "photos": []}
    path.write_text(json.dumps(content))
    return path
