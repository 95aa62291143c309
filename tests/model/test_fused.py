from dataclasses import replace

import pytest
import torch
from torch import nn

from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.model.fused import fuse

SMALL = ModelConfig(decoder_channels=(16, 12, 8, 8, 8))


def _built(config):
    torch.manual_seed(0)
    net = unet.build(config).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):  # as new, they'd do nothing that could be forgotten
            for values in (module.weight, module.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (module.bias, module.running_mean):
                nn.init.uniform_(values, -0.3, 0.3)
    return net


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"decoder_channels": (16, 8)},
        {"decoder_channels": (16, 8, 8, 8)},
        {"depth": 4, "decoder_channels": (16, 12, 8, 8)},
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (2, 3, 96, 160)])
def test_a_fused_network_gives_the_same_numbers(change, shape):
    net = _built(replace(SMALL, **change))
    pixels = torch.rand(shape) * 4 - 2
    with torch.inference_mode():
        plain = net(pixels)
        fuse(net)
        fused = net(pixels)
    assert plain.std() > 1e-3, "otherwise any network would agree"
    torch.testing.assert_close(fused, plain, rtol=1e-3, atol=1e-4 * float(plain.abs().max()))


def test_a_fused_network_enlarges_and_joins_nothing():
    net = _built(SMALL)
    fuse(net)
    kinds = {node.kind() for node in torch.jit.trace(net, torch.zeros(1, 3, 64, 64)).inlined_graph.nodes()}
    assert "aten::_convolution" in kinds and not kinds & {"aten::cat", "aten::upsample_nearest2d"}


def test_a_network_in_training_is_refused():
    net = unet.build(SMALL).train()
    with pytest.raises(AssertionError):
        fuse(net)
