import copy

import pytest
import torch
from torch import nn

from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.training.depthwise import speed_up_depthwise


def pair(channels: int = 8, kernel: int | tuple[int, int] = 5, **options) -> tuple[nn.Sequential, nn.Sequential]:
    """A convolution of eight channels, and the same made quick."""
    torch.manual_seed(0)
    options = {"stride": 2, "padding": 2, "groups": 8, "bias": False, **options}
    plain = nn.Sequential(nn.Conv2d(8, channels, kernel, **options))
    quick = copy.deepcopy(plain)
    speed_up_depthwise(quick)
    return plain, quick


@pytest.mark.parametrize("channels", [8, 24])
@pytest.mark.parametrize("form", [{}, {"stride": 1}, {"padding": 0}, {"stride": 1, "padding": 1}], ids=str)
@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_gives_what_float32_gives_within_bfloat16(channels, form, kernel):
    plain, quick = pair(channels, kernel, **form)
    assert type(quick[0]) is not nn.Conv2d
    image = torch.randn(2, 8, 12, 12)
    images = [image.clone().requires_grad_() for _ in range(2)]
    expected = plain(images[0])
    weight = torch.randn_like(expected)
    (expected * weight).sum().backward()
    with torch.autocast("cpu", torch.bfloat16):
        result = quick(images[1])
    (result * weight).sum().backward()
    assert result.dtype == torch.bfloat16
    for close, exact in (
        (result.float(), expected),
        (images[1].grad, images[0].grad),
        (quick[0].weight.grad, plain[0].weight.grad),
    ):
        assert (close - exact).norm() < 0.01 * exact.norm()
    assert quick[0].weight.grad.dtype == torch.float32


@pytest.mark.skipif(
    not (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()),
    reason="This processor has no bfloat16 of its own (AVX-512 BF16 or AMX), so train.py doesn't use it here, and "
    "oneDNN adds up otherwise.",
)
@pytest.mark.parametrize("kernel", [3, 5])
def test_adds_up_in_float32(kernel):
    plain, quick = pair(8, kernel)
    image = torch.randn(2, 8, 12, 12).bfloat16()
    plain(image.float()).sum().backward()
    with torch.autocast("cpu", torch.bfloat16):
        quick(image).sum().backward()
    # A sum over 72 places: added up in bfloat16, it would be off by a hundredth; the sum itself is rounded by 2**-9.
    torch.testing.assert_close(quick[0].weight.grad, plain[0].weight.grad, rtol=2**-8, atol=1e-5)


def test_is_an_ordinary_convolution_without_autocast():
    plain, quick = pair()
    image = torch.randn(1, 8, 12, 12)
    assert torch.equal(quick(image), plain(image))


@pytest.mark.parametrize(
    "options",
    [
        {"groups": 1},
        {"groups": 2},
        {"bias": True},
        {"stride": 1, "padding": "same"},
        {"padding_mode": "reflect"},
        {"dilation": 2},
        {"kernel": 4},
        {"kernel": (3, 5)},
        {"stride": (1, 2)},
    ],
    ids=str,
)
def test_leaves_other_convolutions_alone(options):
    _, quick = pair(**options)
    assert type(quick[0]) is nn.Conv2d


def test_keeps_the_names_and_values_of_the_weights():
    config = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))
    net = unet.build(config)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    speed_up_depthwise(net)
    after = net.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    unet.build(config).load_state_dict(after)
