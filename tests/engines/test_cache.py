"""A cache that can't be used costs time, never a photo: the same alpha comes out, and the log says why, once."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from humanseg import files
from humanseg.engines import cache as engine_cache
from humanseg.engines import load_engine, network, openvino
from humanseg.errors import EngineError, WeightsError
from humanseg.model import export, unet
from humanseg.model.config import ONNX_NAME, ModelConfig, read_config, write_config

COMPLAINT = "can't be kept"
IMAGE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


@pytest.fixture(scope="module")
def filled(weights, tmp_path_factory):
    """A cache that an earlier start has filled."""
    folder = tmp_path_factory.mktemp("filled")
    load_engine(weights, engine="openvino", threads=2, cache_dir=folder)
    return folder


@pytest.fixture(scope="module")
def right(weights, filled):
    """The alpha for IMAGE with the filled cache."""
    return load_engine(weights, engine="openvino", threads=2, cache_dir=filled)(IMAGE)


@pytest.fixture
def copy(filled, tmp_path, monkeypatch):
    """A copy of the filled cache, to be damaged; the folder of what was compiled, and the network, in it."""
    monkeypatch.setattr(engine_cache, "_warned", set())
    folder = tmp_path / "cache"
    shutil.copytree(filled, folder)
    (home,) = (folder / "openvino").iterdir()
    (made,) = (folder / "onnx").iterdir()
    return folder, home, made


@pytest.fixture
def conversions(filled, monkeypatch):
    """How often the network is made, which is taken from the filled cache, for speed."""
    (path,) = (filled / "onnx").iterdir()
    done = []

    def to_onnx(folder):
        done.append(folder)
        return path.read_bytes()

    monkeypatch.setattr(export, "to_onnx", to_onnx)
    return done


def start(weights, folder):
    return load_engine(weights, engine="openvino", threads=2, cache_dir=folder)


def test_a_second_start_needs_no_torch(apart, copy, right):
    alpha, converted, complaints = apart(HUMANSEG_CACHE=str(copy[0]))  # which looks for torch
    np.testing.assert_array_equal(alpha, right)
    assert (converted, complaints) == (0, 0)


def test_the_command_line_cuts_out_without_torch(weights, copy, astronaut, tmp_path):
    Image.fromarray(astronaut).save(tmp_path / "photo.png")
    code = "import sys; sys.modules['torch'] = None; from humanseg.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["cut-out", tmp_path / "photo.png", "--out", tmp_path, "--model", weights, "--engine", "openvino"]
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = os.environ | {"HUMANSEG_CACHE": str(copy[0])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0 and (tmp_path / "photo-cutout.png").is_file(), done.stderr


def test_a_filled_cache_is_used(weights, copy, right, conversions):
    np.testing.assert_array_equal(start(weights, copy[0])(IMAGE), right)
    assert conversions == []


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeros_at_the_end(path):
    content = path.read_bytes()
    path.write_bytes(content[:-4096] + bytes(4096))


def a_file_in_its_place(path):
    shutil.rmtree(path)
    path.write_text("not a folder")


def a_folder_in_its_place(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "harm",
    [
        cut_short,
        zeros_at_the_end,
        lambda made: made.write_text("damaged"),
        lambda made: made.write_bytes(b""),
        lambda made: made.unlink(),
        a_folder_in_its_place,
    ],
)
def test_a_damaged_network_is_made_again_once(weights, copy, right, conversions, harm):
    folder, _, made = copy
    harm(made)
    for _ in range(2):
        np.testing.assert_array_equal(start(weights, folder)(IMAGE), right)
    assert len(conversions) == 1


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, "half"])
def test_a_damaged_compiled_network_does_no_harm(weights, copy, right, conversions, content):
    folder, home, _ = copy
    blobs = list((home / "compiled").iterdir())
    assert blobs
    for blob in blobs:
        blob.chmod(0o644)
        blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 2] if content == "half" else content)
    np.testing.assert_array_equal(start(weights, folder)(IMAGE), right)


@pytest.mark.parametrize("place", ["", "onnx", "openvino", "home", "compiled"])
def test_a_file_where_a_folder_should_be_does_no_harm(weights, copy, right, conversions, place):
    folder, home, _ = copy
    a_file_in_its_place({"home": home, "compiled": home / "compiled"}.get(place, folder / place))
    np.testing.assert_array_equal(start(weights, folder)(IMAGE), right)


def test_what_is_wrong_with_the_cache_is_said_once_however_many_engines_start(weights, tmp_path, conversions, caplog):
    (tmp_path / "file").write_text("not a folder")
    for _ in range(3):
        start(weights, tmp_path / "file")
    assert caplog.text.count(COMPLAINT) == 1 and "HUMANSEG_CACHE" in caplog.text


def test_a_disk_that_is_full_leaves_nothing_behind(weights, tmp_path, right, conversions, monkeypatch, caplog):
    @contextmanager
    def replacing(path):
        with files.replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr(network, "replacing", replacing)
    np.testing.assert_array_equal(start(weights, tmp_path)(IMAGE), right)
    assert not list((tmp_path / "onnx").iterdir())
    assert caplog.text.count(COMPLAINT) == 1


@pytest.fixture
def bf16(monkeypatch):
    """As if the processor had it; counts how often both precisions are compared."""
    compared = []
    real = openvino._check_photo

    def check_photo(config):
        compared.append(config)
        return real(config)

    monkeypatch.setattr(openvino, "_has_bf16", lambda core: True)
    monkeypatch.setattr(openvino, "_check_photo", check_photo)
    return compared


def note_of(home):
    (note,) = home.glob("bf16_agrees.*.json")
    return note


def test_the_precision_is_compared_once_and_noted(weights, copy, bf16):
    for _ in range(2):
        start(weights, copy[0])
    assert len(bf16) == 1 and note_of(copy[1]).read_text() == "true"


@pytest.mark.parametrize("text", ["", "tru", "null", "[true]", '"yes"', "\x00", "1"])
def test_a_note_that_says_nothing_is_written_again(weights, copy, bf16, text):
    start(weights, copy[0])
    note_of(copy[1]).write_text(text)
    start(weights, copy[0])
    assert len(bf16) == 2 and note_of(copy[1]).read_text() == "true"


def test_a_folder_where_the_note_should_be_does_no_harm(weights, copy, bf16, caplog):
    start(weights, copy[0])
    a_folder_in_its_place(note_of(copy[1]))
    assert start(weights, copy[0])(IMAGE).shape == (64, 96)
    assert caplog.text.count(COMPLAINT) == 1


def test_the_file_beside_the_weights_goes_before_the_cache(weights, copy, right, conversions, tmp_path):
    folder, _, made = copy
    shutil.copytree(weights, tmp_path / "complete")
    shutil.copy(made, tmp_path / "complete" / ONNX_NAME)
    made.write_text("damaged")
    np.testing.assert_array_equal(start(tmp_path / "complete", folder)(IMAGE), right)
    assert conversions == []


def test_the_file_alone_is_enough(weights, copy, right, conversions, tmp_path):
    folder, _, made = copy
    write_config(read_config(weights), tmp_path)
    shutil.copy(made, tmp_path / ONNX_NAME)
    np.testing.assert_array_equal(start(tmp_path, folder)(IMAGE), right)
    assert conversions == []


def test_without_the_file_and_without_pytorch_one_sentence_says_what_to_do(weights, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "humanseg.model.export", raising=False)
    with pytest.raises(EngineError, match=r"no .*model\.onnx, .*pip install") as caught:
        start(weights, tmp_path)
    assert "\n" not in str(caught.value)


def test_what_openvino_cannot_read_gives_one_sentence(weights, copy, tmp_path, monkeypatch):
    def refuse(*_):
        raise RuntimeError("Exception from src/x.cpp:1:\nAn operation that it doesn't know")

    monkeypatch.setattr(openvino, "to_model", refuse)
    with pytest.raises(WeightsError, match="doesn't know") as caught:
        start(weights, copy[0])
    assert "\n" not in str(caught.value)


def test_other_weights_never_meet_an_old_cache(weights, copy, right, tmp_path):
    config = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))
    unet.save(unet.build(config), config, tmp_path / "other")
    other = start(tmp_path / "other", copy[0])(IMAGE)
    assert np.abs(other - right).max() > 1e-3


def test_figures_in_the_configuration_leave_the_cache_as_it_is(weights, copy, tmp_path, conversions):
    shutil.copytree(weights, tmp_path / "scored")
    config = read_config(weights)
    config.metrics["evaluation"] = {"portraits": {"iou": 0.9}}
    write_config(config, tmp_path / "scored")
    start(tmp_path / "scored", copy[0])
    assert conversions == []


# What follows runs in a process of its own, as another user or on another machine would.

SCRIPT = """
import sys, types
from pathlib import Path
import numpy as np
from humanseg.engines import load_engine
from humanseg.engines import openvino
weights, image, answer, network, processor = sys.argv[1:]
done = []
# In place of PyTorch, which takes seconds: the network that another start has made.
make = lambda folder: done.append(folder) or Path(network).read_bytes()
sys.modules["humanseg.model.export"] = types.SimpleNamespace(to_onnx=make)
if processor == "with bfloat16":
    openvino._has_bf16 = lambda core: True
for _ in range(2):
    engine = load_engine(weights, engine="openvino", threads=2)
np.save(answer, engine(np.load(image)))
print(len(done), "torch" in sys.modules)
"""


@pytest.fixture
def apart(weights, filled, tmp_path):
    """Starts two engines in another process, without root's right to read and write everything.

    Gives the alpha of IMAGE, how often the network was made, and how often the cache was complained of.
    """

    def run(processor="this", **environment):
        (network,) = (filled / "onnx").iterdir()
        np.save(tmp_path / "image.npy", IMAGE)
        arguments = [weights, tmp_path / "image.npy", tmp_path / "alpha.npy", network, processor]
        command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                pytest.skip("Root may write anywhere, and there is no setpriv to give that up.")
            rights = "-dac_override,-dac_read_search"
            command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", *command]
        env = {name: value for name, value in os.environ.items() if name not in ("HUMANSEG_CACHE", "XDG_CACHE_HOME")}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env | environment)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
        converted, torch = done.stdout.split()
        assert torch == "False"
        return np.load(tmp_path / "alpha.npy"), int(converted), done.stderr.count(COMPLAINT)

    return run


def read_only(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


@pytest.mark.parametrize("processor", ["this", "with bfloat16"])
@pytest.mark.parametrize("lacks", ["nothing", "compiled", "blobs"])
def test_a_cache_filled_elsewhere_and_mounted_read_only_still_serves(apart, copy, right, lacks, processor):
    folder, home, _ = copy
    if lacks == "compiled":
        shutil.rmtree(home / "compiled")
    elif lacks == "blobs":
        for blob in (home / "compiled").iterdir():
            blob.unlink()
    read_only(folder)
    alpha, converted, complaints = apart(processor, HUMANSEG_CACHE=str(folder))
    np.testing.assert_allclose(alpha, right, atol=0.02)
    assert converted == 0 and complaints <= 1


def test_a_cache_that_belongs_to_somebody_else_is_left_alone(apart, copy, right):
    folder, home, made = copy
    for path, mode in ((made, 0), (made.parent, 0o555), (home, 0), (folder, 0o555)):
        path.chmod(mode)
    alpha, converted, complaints = apart(HUMANSEG_CACHE=str(folder))
    for path in (home, made.parent):
        path.chmod(0o700)
    np.testing.assert_allclose(alpha, right, atol=1e-4)
    assert converted == 2 and complaints == 1


@pytest.mark.parametrize("variable", ["HUMANSEG_CACHE", "HOME"])
def test_an_empty_folder_that_cannot_be_written_costs_a_conversion_at_every_start(apart, tmp_path, right, variable):
    (tmp_path / "empty").mkdir(mode=0o555)
    alpha, converted, complaints = apart(**{variable: str(tmp_path / "empty")})
    np.testing.assert_allclose(alpha, right, atol=1e-4)
    assert (converted, complaints) == (2, 1) and not any((tmp_path / "empty").iterdir())
