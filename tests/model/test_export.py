"""The ONNX file as other runtimes run it: the alpha of PyTorch, at any size that fits."""

import numpy as np
import pytest
import torch

from humanseg.errors import EngineError, WeightsError
from humanseg.model import export, unet
from humanseg.model.config import ONNX_NAME, WEIGHTS_NAME, ModelConfig
from humanseg.model.onnx_file import LOGITS
from humanseg.model.pixels import PixelsToAlpha

onnx = pytest.importorskip("onnx")


def _alphas(content, folder, shape):
    """The alpha that ONNX Runtime gives for noise, and PyTorch's."""
    runtime = pytest.importorskip("onnxruntime")
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, *shape)).astype(np.float32)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    net, config = unet.load(folder)
    with torch.inference_mode():
        exact = PixelsToAlpha(net, config)(torch.from_numpy(pixels)).numpy()
    return session.run(["alpha"], {"pixels": pixels})[0], exact


def _assert_close(alpha, exact):
    """As close as weights in half precision come; random ones are worse than trained ones."""
    assert np.abs(alpha - exact).mean() < 1e-3 and np.abs(alpha - exact).max() < 0.02
    assert np.ptp(exact) > 0.02, "otherwise any network would agree"


@pytest.mark.parametrize("shape", [(32, 32), (64, 160), (224, 96)])
def test_any_size_that_fits_gives_pytorchs_alpha(exported, shape):
    alpha, exact = _alphas((exported / ONNX_NAME).read_bytes(), exported, shape)
    assert alpha.shape == exact.shape and alpha.dtype == np.float32
    _assert_close(alpha, exact)


@pytest.mark.parametrize(
    "config",
    [
        ModelConfig(encoder="tu-mobilenetv3_small_050", decoder_channels=(16, 8, 8)),
        ModelConfig(encoder="resnet18", depth=3, decoder_channels=(16, 8), stride=8),
    ],
    ids=lambda config: config.encoder,
)
def test_other_encoders_and_decoders_that_stop_early_agree_too(tmp_path, config):
    torch.manual_seed(0)
    unet.save(unet.build(config), config, tmp_path)
    content = export.to_onnx(tmp_path)
    alpha, exact = _alphas(content, tmp_path, (64, 96))
    _assert_close(alpha, exact)
    names = {name for node in onnx.load_from_string(content).graph.node for name in node.output}
    assert (LOGITS in names) == (config.coarseness > 1)


def test_weights_are_stored_in_half_precision_and_computed_with_in_float32(exported):
    graph = onnx.load(exported / ONNX_NAME).graph
    for tensor in graph.initializer:
        large = np.prod(tensor.dims) >= export.LARGE
        assert tensor.data_type == (onnx.TensorProto.FLOAT16 if large else onnx.TensorProto.FLOAT)
    assert [value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)] == [onnx.TensorProto.FLOAT] * 2


def test_numbers_too_large_for_half_precision_stay_as_they_are():
    small, huge = np.ones(export.LARGE, np.float32), np.full(export.LARGE, 1e6, np.float32)
    tensors = [onnx.numpy_helper.from_array(values, name) for name, values in (("small", small), ("huge", huge))]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Add", ["small", "huge"], ["sum"])], "sum", [], [], tensors)
    export._store_halves(graph)
    assert [(t.name, t.data_type) for t in graph.initializer] == [
        ("small.half", onnx.TensorProto.FLOAT16),
        ("huge", onnx.TensorProto.FLOAT),
    ]
    assert [(n.op_type, n.output[0]) for n in graph.node] == [("Cast", "small"), ("Add", "sum")]


def test_new_weights_take_away_the_file_of_the_old_ones(exported, tmp_path):
    (tmp_path / ONNX_NAME).write_bytes((exported / ONNX_NAME).read_bytes())
    unet.save(*unet.load(exported), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", WEIGHTS_NAME]


def test_a_network_that_onnx_has_no_words_for_gives_one_sentence(exported, monkeypatch):
    def refuse(*_, **__):
        raise torch.onnx.errors.UnsupportedOperatorError("aten::moon", 17, None)

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(EngineError, match=r"aten::moon.*engine torch") as caught:
        export.to_onnx(exported)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [(100, 64), (64, 0), (-32, 32)])
def test_a_size_that_does_not_fit_is_refused(exported, size):
    with pytest.raises(EngineError, match="multiples of 32"):
        export.to_onnx(exported, size=size)


def test_a_file_for_one_size_cannot_serve_beside_the_weights(exported, tmp_path):
    from humanseg.model.onnx_file import OnnxFile, check_belongs

    file = OnnxFile.parse(export.to_onnx(exported, size=(64, 96)), tmp_path / ONNX_NAME)
    assert file.metadata["size"] == "64x96"
    with pytest.raises(WeightsError, match="one size"):
        check_belongs(file, exported)


def test_a_full_disk_leaves_the_old_file(exported, tmp_path, monkeypatch):
    path = tmp_path / ONNX_NAME
    path.write_bytes(b"old")
    monkeypatch.setattr(export, "to_onnx", lambda *_, **__: "not bytes, which can't be written")
    with pytest.raises(TypeError):
        export.write_onnx(exported, path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
