import json

import pytest

from humanseg.errors import WeightsError
from humanseg.model.config import CONFIG_NAME, ModelConfig, read_config


def test_a_configuration_survives_the_way_through_json():
    config = ModelConfig(size=448, mean=(0.1, 0.2, 0.3), training={"epochs": 3})
    assert ModelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_json_says_what_smp_needs_to_rebuild_the_network():
    content = ModelConfig().to_json()
    assert content["_model_class"] == "Unet"
    assert content["encoder_weights"] is None, "smp would fetch ImageNet weights only to overwrite them"


def test_keys_of_a_later_version_are_ignored():
    content = ModelConfig().to_json()
    content["humanseg"]["from_the_future"] = 1
    assert ModelConfig.from_json(content) == ModelConfig()


@pytest.mark.parametrize("missing", ["encoder_name", "decoder_channels", "humanseg"])
def test_a_missing_key_is_named(missing):
    content = ModelConfig().to_json()
    del content[missing]
    with pytest.raises(WeightsError, match=missing):
        ModelConfig.from_json(content)


@pytest.mark.parametrize("text", ["", "not json", "[1, 2]", "\x00"])
def test_a_damaged_configuration_gives_one_sentence_that_names_it(tmp_path, text):
    (tmp_path / CONFIG_NAME).write_text(text)
    with pytest.raises(WeightsError, match=CONFIG_NAME):
        read_config(tmp_path)


def test_a_folder_without_configuration_is_named(tmp_path):
    with pytest.raises(WeightsError, match="There is no"):
        read_config(tmp_path)
