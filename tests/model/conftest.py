"""A small network, and its ONNX file."""

import pytest

from humanseg.model import unet
from humanseg.model.config import ONNX_NAME, ModelConfig


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A folder with weights, random but always the same, and the ONNX file made from them; not to be changed."""
    import torch

    from humanseg.model.export import write_onnx

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("exported")
    config = ModelConfig(
        "tu-mobilenetv3_small_050", decoder_channels=(16, 8, 8, 8, 8), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4)
    )
    unet.save(unet.build(config), config, folder)
    write_onnx(folder, folder / ONNX_NAME)
    return folder
