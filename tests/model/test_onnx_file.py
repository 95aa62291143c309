"""model.onnx as it's read: whole and of the weights beside it, or refused with one sentence."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from humanseg.errors import WeightsError
from humanseg.hub.find import find_weights
from humanseg.model.config import ONNX_NAME, WEIGHTS_NAME, read_config, write_config
from humanseg.model.onnx_file import OnnxFile, check_belongs, metadata_entry


@pytest.fixture
def folder(exported, tmp_path):
    """A copy of the small network's folder, to be changed."""
    return shutil.copytree(exported, tmp_path / "weights")


def test_a_file_says_what_it_takes_and_gives_and_of_which_weights_it_is(exported):
    file = OnnxFile.read(exported / ONNX_NAME)
    assert file.metadata["input"].startswith("pixels: float32 (1, 3, height, width), RGB")
    assert file.metadata["output"].startswith("alpha: float32 (1, 1, height, width)")
    assert (file.metadata["mean"], file.metadata["std"]) == ("[0.4, 0.5, 0.6]", "[0.2, 0.3, 0.4]")
    assert file.metadata["stride"] == "32" and len(file.weights_sha256) == len(file.sha256) == 64
    check_belongs(file, exported)


def test_the_metadata_are_what_the_onnx_package_reads(exported):
    onnx = pytest.importorskip("onnx")
    theirs = {entry.key: entry.value for entry in onnx.load(exported / ONNX_NAME).metadata_props}
    assert theirs == {f"humanseg.{key}": value for key, value in OnnxFile.read(exported / ONNX_NAME).metadata.items()}


def test_the_file_alone_is_taken_at_its_word(folder):
    (folder / WEIGHTS_NAME).unlink()
    check_belongs(OnnxFile.read(folder / ONNX_NAME), folder)


def test_a_missing_file_gives_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match=r"There is no .*humanseg export"):
        OnnxFile.read(tmp_path / ONNX_NAME)


def _flip(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: b"",
        lambda content: b"<html>404</html>",
        lambda content: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 11280499\n",
        lambda content: bytes(len(content)),
        lambda content: content[:1000],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content + b"\x00",
        lambda content: content + metadata_entry("another", "entry"),
        lambda content: _flip(content, len(content) // 2),
        lambda content: _flip(content, len(content) - 1),
        lambda content: _flip(content, 0),
        lambda content: content[: len(content) // 3] + content[len(content) // 2 :],
        lambda content: b"\xff" * 100,
        lambda content: metadata_entry("humanseg.format", "1"),
        lambda content: metadata_entry("producer", "another program"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_with_one_sentence(folder, harm):
    path = folder / ONNX_NAME
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(WeightsError, match=ONNX_NAME) as caught:
        OnnxFile.read(path)
    assert "humanseg export" in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    (tmp_path / ONNX_NAME).mkdir()
    with pytest.raises(WeightsError, match="can't be read"):
        OnnxFile.read(tmp_path / ONNX_NAME)


def test_a_file_of_other_weights_is_refused(folder):
    file = OnnxFile.read(folder / ONNX_NAME)
    with (folder / WEIGHTS_NAME).open("ab") as weights:
        weights.write(b"\x00")
    with pytest.raises(WeightsError, match=rf"doesn't belong to the {WEIGHTS_NAME}.*humanseg export"):
        check_belongs(file, folder)


@pytest.mark.parametrize(
    "change",
    [{"mean": (0.4, 0.5, 0.5)}, {"std": (0.2, 0.3, 0.5)}, {"stride": 64}, {"encoder": "resnet18"}],
    ids=str,
)
def test_a_file_of_another_configuration_is_refused(folder, change):
    file = OnnxFile.read(folder / ONNX_NAME)
    write_config(replace(read_config(folder), **change), folder)
    with pytest.raises(WeightsError, match=r"doesn't belong to the config\.json"):
        check_belongs(file, folder)


def test_what_else_the_configuration_says_may_change(folder):
    config = read_config(folder)
    write_config(replace(config, size=320, inset=0.5, metrics={"portraits": {"iou": 0.9}}), folder)
    check_belongs(OnnxFile.read(folder / ONNX_NAME), folder)


def test_reading_needs_neither_torch_nor_onnx(exported):
    code = (
        "import sys; sys.modules.update(torch=None, onnx=None); from pathlib import Path;"
        "from humanseg.model.onnx_file import OnnxFile; OnnxFile.read(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, exported / ONNX_NAME], check=True)


@pytest.mark.parametrize(("name", "most"), [("humansegnet", 12e6), ("humansegnet-live", 8e6)])
def test_the_shipped_files_are_of_the_shipped_weights_and_small(name, most):
    folder = find_weights(name)
    file = OnnxFile.read(folder / ONNX_NAME)
    check_belongs(file, folder)
    assert len(file.content) <= most
