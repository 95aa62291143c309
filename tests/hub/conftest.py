import json

import pytest

from humanseg.model.config import CONFIG_NAME, ModelConfig


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
