from dataclasses import replace

import pytest
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import load_file, save_file

from humanseg.errors import WeightsError
from humanseg.model import unet
from humanseg.model.config import WEIGHTS_NAME, ModelConfig

SMALL = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))


def test_an_unknown_encoder_gives_one_sentence():
    with pytest.raises(WeightsError, match="no-such-encoder"):
        unet.build(ModelConfig(encoder="no-such-encoder"))


def test_saved_weights_come_back_bit_by_bit(tmp_path):
    net = unet.build(SMALL)
    unet.save(net, SMALL, tmp_path / "new" / "folder")
    loaded, config = unet.load(tmp_path / "new" / "folder")
    assert config == SMALL
    assert not loaded.training
    for name, tensor in net.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


def test_smp_itself_can_load_the_folder(tmp_path):
    net = unet.build(SMALL).eval()
    unet.save(net, SMALL, tmp_path)
    theirs = smp.from_pretrained(str(tmp_path), encoder_weights=None).eval()
    photo = torch.rand(1, 3, 64, 64)
    assert torch.equal(theirs(photo), net(photo))


def test_saving_leaves_no_temporary_files(tmp_path):
    unet.save(unet.build(SMALL), SMALL, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


def test_an_interrupted_save_leaves_the_old_weights_whole(tmp_path, monkeypatch):
    net = unet.build(SMALL)
    unet.save(net, SMALL, tmp_path)
    before = (tmp_path / WEIGHTS_NAME).read_bytes()

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unet, "save_file", full_disk)
    with pytest.raises(OSError, match="No space"):
        unet.save(net, SMALL, tmp_path)
    assert (tmp_path / WEIGHTS_NAME).read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("fault", ["missing", "cut short", "empty", "other network"])
def test_damaged_weights_give_one_sentence_that_names_the_file(tmp_path, fault):
    unet.save(unet.build(SMALL), SMALL, tmp_path)
    path = tmp_path / WEIGHTS_NAME
    if fault == "missing":
        path.unlink()
    elif fault == "cut short":
        path.write_bytes(path.read_bytes()[:-1000])
    elif fault == "empty":
        path.write_bytes(b"")
    else:
        state = load_file(path)
        del state["segmentation_head.0.weight"]
        save_file(state, path)
    with pytest.raises(WeightsError, match=WEIGHTS_NAME) as caught:
        unet.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [torch.nan, torch.inf])
def test_weights_that_are_not_finite_are_refused(tmp_path, number):
    unet.save(unet.build(SMALL), SMALL, tmp_path)
    state = load_file(tmp_path / WEIGHTS_NAME)
    state["segmentation_head.0.bias"][0] = number
    save_file(state, tmp_path / WEIGHTS_NAME)
    with pytest.raises(WeightsError, match="aren't finite"):
        unet.load(tmp_path)


def _saved(folder, seed, **training):
    torch.manual_seed(seed)
    net = unet.build(SMALL)
    unet.save(net, replace(SMALL, training=training, metrics={"validation": {}}), folder)
    return net.state_dict()


def test_averaged_weights_are_the_mean_and_say_of_what(tmp_path):
    first = _saved(tmp_path / "a", 0, best_epoch=3)
    second = _saved(tmp_path / "b", 1, best_epoch=5, earlier=[{}])
    unet.average([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
    net, config = unet.load(tmp_path / "mean")
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor, (first[name] + second[name]) / 2)
    assert config.training["mean_of"] == [{"stage": 1, "epoch": 3}, {"stage": 2, "epoch": 5}]
    unet.average([tmp_path / "mean", tmp_path / "b"], tmp_path / "further")
    _, further = unet.load(tmp_path / "further")
    assert further.training["mean_of"] == [{"stage": 2, "epoch": None}, {"stage": 2, "epoch": 5}]
    assert config.metrics == {}, "figures of one of them aren't the mean's"


def test_weights_may_have_different_shares_in_the_mean(tmp_path):
    _saved(tmp_path / "a", 0)
    _saved(tmp_path / "b", 1)
    unet.average([tmp_path / "a", tmp_path / "b"], tmp_path / "mean", shares=[1, 3])
    (a, _), (b, _), (mean, config) = (unet.load(tmp_path / name) for name in ("a", "b", "mean"))
    for ours, first, second in zip(mean.parameters(), a.parameters(), b.parameters(), strict=True):
        assert torch.allclose(ours, 0.25 * first + 0.75 * second, atol=1e-6)
    assert [part["share"] for part in config.training["mean_of"]] == [0.25, 0.75]


@pytest.mark.parametrize("shares", [[1], [1, 0], [1, -1], [1, float("nan")], [1, 1, 1]])
def test_shares_that_cannot_be_meant_are_refused(tmp_path, shares):
    _saved(tmp_path / "a", 0)
    with pytest.raises(WeightsError, match="each a positive number"):
        unet.average([tmp_path / "a", tmp_path / "a"], tmp_path / "mean", shares=shares)


def test_averaged_weights_can_be_made_less_sure_with_outlines_where_they_are(tmp_path):
    _saved(tmp_path / "a", 0)
    unet.average([tmp_path / "a"], tmp_path / "same")
    unet.average([tmp_path / "a"], tmp_path / "less", 0.5)
    photo = torch.randn(1, 3, 64, 64)
    (same, unscaled), (less, config) = (unet.load(tmp_path / name) for name in ("same", "less"))
    torch.testing.assert_close(less(photo), same(photo) / 2)
    assert config.training["logits_scaled"] == 0.5 and unscaled.training["logits_scaled"] == 1
    unet.average([tmp_path / "less"], tmp_path / "again")
    assert unet.load(tmp_path / "again")[1].training["logits_scaled"] == 1, "that was another mean's"


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_logits_are_scaled_by_a_positive_number(tmp_path, scale):
    _saved(tmp_path / "a", 0)
    with pytest.raises(WeightsError, match="positive number"):
        unet.average([tmp_path / "a"], tmp_path / "mean", scale)


def test_weights_of_different_networks_are_not_averaged(tmp_path):
    _saved(tmp_path / "a", 0)
    other = replace(SMALL, decoder_channels=(32, 8, 8, 8, 8))
    unet.save(unet.build(other), other, tmp_path / "b")
    with pytest.raises(WeightsError, match="different networks"):
        unet.average([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")


def test_a_decoder_that_stops_early_still_answers_at_the_input_s_size(tmp_path):
    config = replace(SMALL, decoder_channels=(16, 8, 8))
    net = unet.build(config)
    assert net.eval()(torch.zeros(1, 3, 64, 96)).shape == (1, 1, 64, 96)
    unet.save(net, config, tmp_path)
    again, read = unet.load(tmp_path)
    assert read == config and sum(p.numel() for p in again.parameters()) < sum(
        p.numel() for p in unet.build(SMALL).parameters()
    )


@pytest.mark.parametrize("channels", [(), (8,) * 6])
def test_a_decoder_of_no_or_too_many_stages_is_named(channels):
    with pytest.raises(WeightsError, match="1 to 5 stages"):
        unet.build(replace(SMALL, decoder_channels=channels))
