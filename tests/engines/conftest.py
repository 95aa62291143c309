"""A small network, and the engines that run it."""

import pytest

from humanseg.engines import load_engine
from humanseg.model import unet
from humanseg.model.config import ModelConfig


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A small network with fixed random weights: engines have to agree on any numbers, not on good ones."""
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    config = ModelConfig(decoder_channels=(16, 8, 8, 8, 8), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
    unet.save(unet.build(config), config, folder)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def engines(weights, cache):
    return [load_engine(weights, engine=name, threads=2, cache_dir=cache) for name in ("torch", "openvino")]
