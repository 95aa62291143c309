import json
from dataclasses import replace

import pytest

from humanseg.errors import WeightsError
from humanseg.model.calibration import Calibration
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


@pytest.mark.parametrize("missing", ["encoder_name", "encoder_depth", "decoder_channels"])
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


NONSENSE = [
    ("encoder_name", [None, "", 3, ["a"], "x" * 300]),
    ("encoder_depth", [0, -1, 99, 2.5, "5", True, None]),
    ("decoder_channels", [[], [0], [-8, 8], "128", [16.5], [8] * 6, None, 5, {"a": 1}, [10**9]]),
    ("humanseg", [None, [], "x", 3, {}]),
]
OWN_NONSENSE = [
    ("mean", [None, [0.5], [0.5] * 4, ["a", "b", "c"], 0.5, [float("nan")] * 3, [7, 0, 0]]),
    ("std", [[0, 0.5, 0.5], [-1, 1, 1], [float("inf")] * 3, "0.5"]),
    ("size", [0, -448, 448.5, "448", None, True, 10**9]),
    ("live_size", [0, -1, [256], 10**9]),
    ("stride", [0, -32, 33, 16, "32", 10**9]),
    ("threshold", [0, 1, -0.5, 2, float("nan"), "0.5", None]),
    ("inset", [-0.1, 1.1, float("inf"), "0", [0]]),
    ("training", [None, 3, []]),
    ("metrics", ["", [1]]),
    ("calibration", [None, 3, [], "x"]),
]


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in NONSENSE for value in values])
def test_a_network_that_cannot_be_meant_is_refused(key, value):
    with pytest.raises(WeightsError) as caught:
        ModelConfig.from_json(ModelConfig().to_json() | {key: value})
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in OWN_NONSENSE for value in values])
def test_preprocessing_that_cannot_be_meant_is_refused_by_name(key, value):
    content = ModelConfig().to_json()
    content["humanseg"] |= {key: value}
    with pytest.raises(WeightsError, match=key):
        ModelConfig.from_json(content)


def test_a_decoder_deeper_than_its_encoder_is_refused():
    content = ModelConfig().to_json() | {"encoder_depth": 3}
    with pytest.raises(WeightsError, match="at most 3"):
        ModelConfig.from_json(content)


def test_a_configuration_nested_without_end_gives_one_sentence(tmp_path):
    (tmp_path / CONFIG_NAME).write_text("[" * 100_000)
    with pytest.raises(WeightsError, match=CONFIG_NAME):
        read_config(tmp_path)


@pytest.mark.parametrize("name", ["humansegnet", "humansegnet-live"])
def test_the_shipped_configurations_are_read_and_have_the_default_calibration_but_for_what_is_fitted(repository, name):
    calibration = read_config(repository / "checkpoints" / name).calibration
    fitted = {
        key: getattr(Calibration(), key) for key in ("least_confidence", "least_evidence", "expected_iou", "outline")
    }
    assert replace(calibration, **fitted) == Calibration()


def smp_s(**changes):
    """What `smp.Unet("resnet18").save_pretrained` of smp 0.6 writes."""
    return {
        "_model_class": "Unet",
        "activation": None,
        "aux_params": None,
        "classes": 1,
        "decoder_attention_type": None,
        "decoder_channels": [256, 128, 64, 32, 16],
        "decoder_interpolation": "nearest",
        "decoder_use_norm": "batchnorm",
        "encoder_depth": 5,
        "encoder_name": "resnet18",
        "encoder_weights": None,
        "in_channels": 3,
    } | changes


def test_what_smp_wrote_without_our_keys_is_read_with_the_defaults():
    config = ModelConfig.from_json(smp_s())
    assert config.encoder == "resnet18" and config.decoder_channels == (256, 128, 64, 32, 16)
    assert config.mean == (0.485, 0.456, 0.406) and config.std == (0.229, 0.224, 0.225)
    assert (config.size, config.live_size, config.threshold) == (448, 256, 0.5)
    assert ModelConfig.from_json(smp_s(encoder_name="tu-tf_efficientnet_lite0")).mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    "change",
    [
        {"_model_class": "FPN"},
        {"classes": 21},
        {"in_channels": 4},
        {"activation": "softmax2d"},
        {"decoder_attention_type": "scse"},
        {"decoder_interpolation": "bilinear"},
        {"decoder_use_norm": {"type": "layernorm", "eps": 0.01}},
        {"decoder_use_batchnorm": False},
        {"aux_params": {"classes": 2}},
    ],
)
def test_a_network_of_smp_of_another_kind_is_refused_by_name(change):
    (name,) = change
    with pytest.raises(WeightsError, match=f"has {name} .*can't be built here"):
        ModelConfig.from_json(smp_s(**change))
