import subprocess
import sys

import numpy as np

from humanseg.engines import load_engine
from humanseg.model import unet
from humanseg.model.config import ModelConfig


def test_a_second_start_needs_no_torch(engines, weights, cache):
    code = (
        "import sys; from pathlib import Path; from humanseg.engines import load_engine;"
        "load_engine(sys.argv[1], engine='openvino', cache_dir=Path(sys.argv[2])); print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(weights), str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr


def test_a_cache_that_cannot_be_written_costs_time_but_works(weights, tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    engine = load_engine(weights, engine="openvino", cache_dir=blocked / "cache")
    assert engine(np.zeros((64, 64, 3), np.uint8)).shape == (64, 64)
    assert "can't be kept" in caplog.text


def test_a_damaged_cache_is_made_again(weights, tmp_path):
    load_engine(weights, engine="openvino", cache_dir=tmp_path)
    (model,) = (tmp_path / "openvino").glob("*/model.xml")
    model.write_text("damaged")
    assert load_engine(weights, engine="openvino", cache_dir=tmp_path).name.startswith("openvino")


def test_other_weights_never_meet_an_old_cache(weights, tmp_path, astronaut):
    config = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))
    unet.save(unet.build(config), config, tmp_path / "other")
    image = astronaut[:64, :64].copy()
    first = load_engine(weights, engine="openvino", cache_dir=tmp_path / "cache")(image)
    second = load_engine(tmp_path / "other", engine="openvino", cache_dir=tmp_path / "cache")(image)
    assert np.abs(first - second).max() > 1e-3
