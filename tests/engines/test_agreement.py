import threading

import numpy as np
import pytest

from humanseg.engines import load_engine
from humanseg.engines.openvino import CAMERA_RUN
from humanseg.model import unet
from humanseg.model.config import ModelConfig


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
