import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from humanseg.engines import CAMERA_RUN, OpenVinoEngine, load_engine, thread_count
from humanseg.errors import EngineError, WeightsError
from humanseg.model import unet
from humanseg.model.config import ModelConfig


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A small network with fixed random weights: engines have to agree on any numbers, not on good ones."""
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    config = ModelConfig(decoder_channels=(16, 8, 8, 8, 8), mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
    unet.save(unet.build(config), config, folder)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def engines(weights, cache):
    return [load_engine(weights, engine=name, threads=2, cache_dir=cache) for name in ("torch", "openvino")]


@pytest.mark.parametrize("shape", [(64, 64), (96, 160), (256, 192)])
def test_every_engine_gives_what_pytorch_gives_in_float32(engines, astronaut, shape):
    image = np.ascontiguousarray(astronaut[: shape[0], : shape[1]])
    exact, quick = (engine(image) for engine in engines)
    assert exact.shape == quick.shape == shape and exact.dtype == quick.dtype == np.float32
    assert np.abs(exact - quick).mean() < 0.005


@pytest.mark.parametrize("stages", [4, 2])
def test_engines_agree_where_the_decoder_stops_early(tmp_path, astronaut, stages):
    import torch

    torch.manual_seed(0)
    config = ModelConfig(decoder_channels=(16, 8, 8, 8)[:stages])
    unet.save(unet.build(config), config, tmp_path / "weights")
    exact, quick = (
        load_engine(tmp_path / "weights", engine=name, threads=2, cache_dir=tmp_path)(astronaut[:192, :256])
        for name in ("torch", "openvino")
    )
    assert exact.shape == quick.shape == (192, 256) and quick.dtype == np.float32
    assert np.abs(exact - quick).mean() < 0.005 and np.ptp(exact) > 0.01


def test_an_engine_says_what_it_is(engines):
    assert [engine.name.split()[0] for engine in engines] == ["torch", "openvino"]
    assert engines[0].config == engines[1].config


@pytest.mark.parametrize("name", ["humansegnet", "humansegnet-live"])
def test_the_shipped_weights_give_the_same_picture_on_every_engine(astronaut, cache, name):
    from humanseg.hub.find import find_weights

    shipped = find_weights(name)
    exact, quick = (load_engine(shipped, engine=name, cache_dir=cache)(astronaut) for name in ("torch", "openvino"))
    assert np.abs(exact - quick).mean() < 0.005
    assert exact[100:200, 200:250].mean() > 0.9, "the astronaut's face isn't found"


def test_results_stay_what_they_were_when_the_next_photo_comes(engines, astronaut):
    for engine in engines:
        first = engine(astronaut[:64, :64].copy())
        kept = first.copy()
        engine(astronaut[64:128, 64:128].copy())
        assert np.array_equal(first, kept)


def test_many_threads_get_their_own_results(engines, astronaut):
    tiles = [np.ascontiguousarray(astronaut[64 * n : 64 * n + 64, :64]) for n in range(8)]
    for engine in engines:
        alone = [engine(tile) for tile in tiles]
        together = [None] * len(tiles)

        def work(n, engine=engine, together=together):
            for _ in range(5):
                together[n] = engine(tiles[n])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(len(tiles))]
        [t.start() for t in threads]
        [t.join() for t in threads]
        for a, b in zip(alone, together, strict=True):
            assert np.abs(a - b).max() < 1e-3


def test_many_images_of_one_shape_get_a_network_of_their_own_that_answers_alike(weights, cache, astronaut):
    engine = load_engine(weights, engine="openvino", threads=2, cache_dir=cache)
    frame, photo = astronaut[:64, :96], astronaut[:96, :64]
    before = sorted(cache.rglob("*"))
    answers = [engine(frame) for _ in range(CAMERA_RUN)]
    assert list(engine._fixed) == [frame.shape]
    np.testing.assert_allclose(answers[-1], answers[0], atol=0.005)
    np.testing.assert_allclose(engine(photo), engine(photo), atol=0)
    np.testing.assert_allclose(engine(frame), answers[-1], atol=0)
    assert sorted(cache.rglob("*")) == before, "a network for one shape is on disk"


def test_shapes_that_alternate_share_one_network(weights, cache, astronaut):
    engine = load_engine(weights, engine="openvino", threads=2, cache_dir=cache)
    for _ in range(CAMERA_RUN):
        engine(astronaut[:64, :96])
        engine(astronaut[:96, :64])
    assert not engine._fixed


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 3), np.float32),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((65, 64, 3), np.uint8),
        np.zeros((0, 64, 3), np.uint8),
    ],
)
def test_what_an_engine_cannot_take_is_refused(engines, image):
    for engine in engines:
        with pytest.raises(ValueError):
            engine(image)


def test_a_second_start_needs_no_torch(engines, weights, cache):
    code = (
        "import sys; from pathlib import Path; from humanseg.engines import load_engine;"
        "load_engine(sys.argv[1], engine='openvino', cache_dir=Path(sys.argv[2])); print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(weights), str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr


def test_a_cache_that_cannot_be_written_costs_time_but_works(weights, tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    engine = load_engine(weights, engine="openvino", cache_dir=blocked / "cache")
    assert engine(np.zeros((64, 64, 3), np.uint8)).shape == (64, 64)
    assert "can't be kept" in caplog.text


def test_a_damaged_cache_is_made_again(weights, tmp_path):
    load_engine(weights, engine="openvino", cache_dir=tmp_path)
    (model,) = (tmp_path / "openvino").glob("*/model.xml")
    model.write_text("damaged")
    assert load_engine(weights, engine="openvino", cache_dir=tmp_path).name.startswith("openvino")


def test_other_weights_never_meet_an_old_cache(weights, tmp_path, astronaut):
    config = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))
    unet.save(unet.build(config), config, tmp_path / "other")
    image = astronaut[:64, :64].copy()
    first = load_engine(weights, engine="openvino", cache_dir=tmp_path / "cache")(image)
    second = load_engine(tmp_path / "other", engine="openvino", cache_dir=tmp_path / "cache")(image)
    assert np.abs(first - second).max() > 1e-3


def test_the_environment_chooses_the_engine(weights, monkeypatch):
    monkeypatch.setenv("HUMANSEG_ENGINE", "torch")
    assert load_engine(weights).name.startswith("torch")


def test_without_openvino_auto_falls_back_and_says_so(weights, monkeypatch, caplog):
    def missing(*_):
        raise ImportError("no openvino")

    monkeypatch.setattr(OpenVinoEngine, "__init__", missing)
    assert load_engine(weights).name.startswith("torch")
    assert "falling back" in caplog.text
    with pytest.raises(EngineError, match="pip install openvino"):
        load_engine(weights, engine="openvino")


@pytest.mark.parametrize("name", ["cuda", "OpenVINO", "x"])
def test_an_unknown_engine_gives_the_choice(weights, name):
    with pytest.raises(EngineError, match="auto, torch, openvino"):
        load_engine(weights, engine=name)


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_thread_count_must_be_a_positive_whole_number(monkeypatch, text):
    monkeypatch.setenv("HUMANSEG_THREADS", text)
    with pytest.raises(EngineError, match="HUMANSEG_THREADS"):
        thread_count()


def test_the_thread_count_follows_the_environment_else_the_cores(monkeypatch):
    monkeypatch.setenv("HUMANSEG_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.delenv("HUMANSEG_THREADS")
    assert 1 <= thread_count() <= os.cpu_count()


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_missing_weights_give_one_sentence(tmp_path, engine):
    with pytest.raises(WeightsError, match="There is no"):
        load_engine(tmp_path, engine=engine, cache_dir=tmp_path)
