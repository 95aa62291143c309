from dataclasses import replace

import pytest
import torch

from humanseg.errors import WeightsError
from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.model.slim import slim

MODEL = ModelConfig(decoder_channels=(16, 8, 8, 8))


@pytest.fixture(scope="module")
def pixels():
    return torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def net_with_statistics():
    """Batch norms that differ by channel, as trained ones do."""
    torch.manual_seed(0)
    net = unet.build(MODEL)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
    return net.eval()


def test_with_all_channels_nothing_changes(pixels):
    net = net_with_statistics()
    with torch.no_grad():
        before = net(pixels)
        slim(net.encoder, 1.0, 9)
        assert torch.equal(net(pixels), before)


def test_channels_that_carry_nothing_are_dropped_without_a_trace(pixels):
    net = net_with_statistics()
    for block in net.encoder.modules():
        if hasattr(block, "conv_pwl"):
            block.conv_pwl.weight.data[:, 1::2] = 0
    with torch.no_grad():
        before = net(pixels)
        slim(net.encoder, 0.5, 9)
        assert torch.allclose(net.eval()(pixels), before, atol=1e-4)


def test_kernels_are_cut_to_their_middles(pixels):
    net = net_with_statistics()
    for module in net.encoder.modules():
        if hasattr(module, "conv_pwl") and module.conv_dw.kernel_size == (5, 5):
            module.conv_dw.weight.data[:, :, [0, 4]] = 0
            module.conv_dw.weight.data[:, :, :, [0, 4]] = 0
    with torch.no_grad():
        before = net(pixels)
        slim(net.encoder, 1.0, 3)
        assert torch.allclose(net.eval()(pixels), before, atol=1e-4)
    kernels = {m.conv_dw.kernel_size for m in net.encoder.modules() if hasattr(m, "conv_pwl")}
    assert kernels == {(3, 3)}


def test_a_slim_network_is_saved_and_loaded(tmp_path, pixels):
    model = replace(MODEL, slim=0.5, largest_kernel=3)
    net = unet.build(model).eval()
    assert sum(p.numel() for p in net.parameters()) < 0.7 * sum(p.numel() for p in unet.build(MODEL).parameters())
    unet.save(net, model, tmp_path)
    loaded, config = unet.load(tmp_path)
    assert (config.slim, config.largest_kernel) == (0.5, 3)
    with torch.no_grad():
        assert torch.equal(loaded(pixels), net(pixels))


def test_an_encoder_without_such_blocks_is_refused():
    with pytest.raises(WeightsError, match="resnet18 can't be made slimmer"):
        unet.build(ModelConfig(encoder="resnet18", decoder_channels=(16, 8, 8, 8), slim=0.5))
