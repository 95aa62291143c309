from dataclasses import replace

import pytest

from humanseg.errors import TrainingError
from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig, check_batch, check_network

NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("epochs", value) for value in (0, -1)],
        *[("batch_size", value) for value in (0, -4)],
        *[("workers", value) for value in (-1, 100_000)],
        *[("sizes", value) for value in ((), (0,), (-32,), (100,), (256, 0), (8192,))],
        *[("validation_size", value) for value in (0, -448, 10**6)],
        *[("zoom", value) for value in ((2.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (1.0, NAN), (1.0, INFINITE), (1.0,))],
        *[(name, value) for name in ("learning_rate",) for value in (0.0, -1e-3, NAN, INFINITE)],
        *[(name, NAN) for name in ("encoder_rate", "weight_decay", "warmup", "hold", "ema_decay", "damage", "mosaic")],
        *[(name, -0.1) for name in ("encoder_rate", "weight_decay", "warmup", "hold", "ema_decay", "nobody")],
        *[(name, 1.1) for name in ("warmup", "hold", "ema_decay", "damage", "new_background", "second_person")],
        ("ema_decay", 1.0),
        ("seed", -1),
        ("seed", 2**63),
        ("loss", "hinge"),
    ],
)
def test_a_value_that_cannot_be_is_named_by_its_option_with_what_can_be(name, value):
    with pytest.raises(TrainingError, match=rf"^--{name.replace('_', '-')} is .*: give .*\.$"):
        replace(TrainingConfig(), **{name: value})


def test_the_extremes_that_make_sense_are_taken():
    config = TrainingConfig(
        epochs=1, batch_size=1, sizes=(32,), workers=0, zoom=(1.0, 1.0), warmup=0.0, hold=1.0, ema_decay=0.0,
        encoder_rate=0.0, weight_decay=0.0, mosaic=1.0, validation_size=32,
    )  # fmt: skip
    assert config.batch_size == 1


@pytest.mark.parametrize(
    "decoder", [(), (0,), (128, 64, 0, 16, 16), (-1, 8), (16,) * 6, (10**9,)], ids=lambda decoder: str(len(decoder))
)
def test_a_decoder_that_cannot_be_built_is_refused(decoder):
    with pytest.raises(TrainingError, match=r"--decoder is .*give 1 to 5 widths"):
        check_network(ModelConfig(decoder_channels=decoder))


@pytest.mark.parametrize("size", [0, -1, 31, 10**6])
def test_a_size_that_no_photo_can_be_shown_at_is_refused(size):
    with pytest.raises(TrainingError, match=f"--size is {size}"):
        check_network(ModelConfig(size=size))


@pytest.mark.parametrize("encoder", ["", "resnet", "tu-nothing", "../weights"])
def test_an_encoder_that_nobody_has_is_refused(encoder):
    with pytest.raises(TrainingError, match="There is no encoder"):
        check_network(ModelConfig(encoder=encoder))


@pytest.mark.parametrize("encoder", [ModelConfig.encoder, "resnet18", "tu-mobilenetv3_small_100"])
def test_encoders_of_smp_and_of_timm_are_known(encoder):
    check_network(ModelConfig(encoder=encoder))


def test_a_batch_that_processes_cannot_share_is_refused():
    with pytest.raises(TrainingError, match="multiple of 3"):
        check_batch(TrainingConfig(batch_size=16), 3)
    check_batch(TrainingConfig(batch_size=15), 3)


def test_a_batch_that_leaves_batch_norms_one_value_is_refused_unless_they_are_frozen():
    single = TrainingConfig(batch_size=2, sizes=(32,))
    with pytest.raises(TrainingError, match="--frozen-norm"):
        check_batch(single, 2)
    check_batch(single, 1)
    check_batch(replace(single, frozen_norm=True), 2)
    check_batch(replace(single, sizes=(64,)), 2)
