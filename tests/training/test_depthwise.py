import pytest
import torch
from torch import nn

from humanseg import network
from humanseg.config import ModelConfig
from humanseg.training.depthwise import speed_up_depthwise


def pair(groups: int = 8) -> tuple[nn.Sequential, nn.Sequential]:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(8, 8, 5, stride=2, padding=2, groups=groups, bias=False))
    quick = nn.Sequential(nn.Conv2d(8, 8, 5, stride=2, padding=2, groups=groups, bias=False))
    quick.load_state_dict(plain.state_dict())
    speed_up_depthwise(quick)
    return plain, quick


def test_gives_what_float32_gives_under_autocast():
    plain, quick = pair()
    image = torch.randn(2, 8, 12, 12)
    expected = plain(image)
    expected.sum().backward()
    with torch.autocast("cpu", torch.bfloat16):
        result = quick(image)
    result.sum().backward()
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(quick[0].weight.grad, plain[0].weight.grad)


@pytest.mark.parametrize("groups", [1, 2])
def test_leaves_other_convolutions_in_bfloat16(groups):
    _, quick = pair(groups)
    with torch.autocast("cpu", torch.bfloat16):
        assert quick(torch.randn(1, 8, 12, 12)).dtype == torch.bfloat16


def test_keeps_the_names_and_values_of_the_weights():
    config = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))
    net = network.build(config)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    speed_up_depthwise(net)
    after = net.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    network.build(config).load_state_dict(after)
