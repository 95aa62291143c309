"""Models that segmentation-models-pytorch itself saved, without anything of ours."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME
from humanseg.segmenter import Segmenter

smp = pytest.importorskip("segmentation_models_pytorch")


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_a_model_that_smp_saved_gives_the_alpha_that_smp_gives(hub_server, tmp_path, astronaut, engine, monkeypatch):
    monkeypatch.setenv("HUMANSEG_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(0)
    net = smp.Unet("tu-mobilenetv3_small_050", encoder_weights=None, decoder_channels=(16, 8, 8, 8, 8)).eval()
    folder = tmp_path / "saved"
    net.save_pretrained(folder)
    names = (CONFIG_NAME, WEIGHTS_NAME, "README.md")
    hub_server.add("somebody/theirs", {name: Path(folder, name).read_bytes() for name in names})
    image = cv2.resize(astronaut, (96, 64))
    pixels = (image / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.inference_mode():
        expected = net(torch.from_numpy(pixels.transpose(2, 0, 1)[None]).float()).sigmoid()[0, 0].numpy()
    alpha = Segmenter.from_pretrained("somebody/theirs", engine=engine).engine(np.ascontiguousarray(image))
    assert np.abs(alpha - expected).max() < (1e-4 if engine == "torch" else 0.01)  # half-precision weights
