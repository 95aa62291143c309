"""README's way from photos of one's own to a Space: each command after the one before, on 20 photos of a toy set."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import train
from humanseg import cli
from humanseg.errors import TrainingError
from humanseg.hub import find
from humanseg.model import unet
from humanseg.model.config import ONNX_NAME, WEIGHTS_NAME, ModelConfig, read_config
from humanseg.segmenter import Segmenter
from tests.hub.conftest import hub_server  # noqa: F401  (a fixture)
from tests.hub.server import TOKEN, commit_number
from tests.ui.fakes import segmenter

ROOT = Path(__file__).resolve().parents[1]
NOT_RUN = "hf auth login"  # asks for a token
# In place of minutes.
SHORT = ["--epochs", "1", "--batch-size", "32", "--sizes", "64", "--validation-size", "64", "--workers", "0"]
CLONED = "somebody/humansegnet"


def lines() -> list[str]:
    """The lines of the section's shell snippets."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Fine-tune yours\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    return [line for body in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in body.splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch, hub_server) -> Path:  # noqa: F811
    """A folder with `photos`, and small networks where those that ship are looked for, and on the Hub."""
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for number in range(20):
        noise = Image.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8))
        noise.resize((96, 72), Image.Resampling.BICUBIC).save(tmp_path / "photos" / f"garden {number:02}.png")
    Image.open(tmp_path / "photos" / "garden 00.png").save(tmp_path / "holiday.jpg")
    config = ModelConfig("tu-mobilenetv3_small_050", decoder_channels=(16, 8, 8, 8, 8), size=64, live_size=64)
    shipped = tmp_path / "clone" / "checkpoints" / "humansegnet"
    unet.save(unet.build(config), config, shipped)
    monkeypatch.setattr(find, "__file__", str(tmp_path / "clone" / "humanseg" / "hub" / "find.py"))
    hub_server.add(CLONED, {path.name: path.read_bytes() for path in shipped.iterdir()})
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HUMANSEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str, monkeypatch) -> None:
    """One line of README, in this process where it's Python's."""
    words = shlex.split(line, comments=True)
    if words[:3] == ["python", "-m", "humanseg"]:
        with monkeypatch.context() as patch:
            if words[3] == "label":  # a network that learned nothing is sure of nobody
                patch.setattr(Segmenter, "from_pretrained", lambda *_, **__: segmenter())
            assert cli.main(words[3:]) == 0, line
    elif words[:2] == ["python", "train.py"]:
        train.main([*(word.replace("garden=20", "garden=2") for word in words[2:]), *SHORT])
    else:
        subprocess.run(line, shell=True, check=True)


def test_every_command_works_after_the_one_before_it(folder, monkeypatch, hub_server, capsys):  # noqa: F811
    for line in lines():
        if not line.startswith(NOT_RUN):
            run(line, monkeypatch)
    assert (folder / "garden" / "valid.txt").read_text().split("\n")[:2] == ["garden 16", "garden 17"]
    trained = read_config(folder / "runs" / "garden")
    assert trained.training["sources"]["garden"]["photos"] == 16 and trained.metrics["evaluation"]["garden"]["n"] == 4
    published = hub_server.repositories["somebody/garden"].files
    assert published[WEIGHTS_NAME] == (folder / "runs" / "garden" / WEIGHTS_NAME).read_bytes()
    assert ONNX_NAME in published and b"| garden | 4 |" in published["README.md"]
    assert (folder / "holiday-cutout.png").is_file()
    page = hub_server.repositories["spaces/somebody/garden-page"].files
    pinned = f"somebody/garden@{commit_number(1)}"
    assert (
        any(pinned.encode() in content for content in page.values()) or commit_number(1).encode() in page["README.md"]
    )


def test_a_training_begins_with_weights_from_the_hub_and_its_card_says_so(folder, monkeypatch):
    run("python -m humanseg label photos --out garden", monkeypatch)
    run(f"python train.py --data garden --start-from {CLONED}@{commit_number(1)} --out runs/garden", monkeypatch)
    (before,) = read_config(folder / "runs" / "garden").training["earlier"]
    assert before["published_as"] == f"{CLONED}@{commit_number(1)}"
    run("python -m humanseg card --model runs/garden", monkeypatch)
    assert f"base_model: {CLONED}\n" in (folder / "runs" / "garden" / "README.md").read_text()


def test_weights_that_are_not_on_the_hub_are_said_before_anything_is_made(folder):
    with pytest.raises(TrainingError, match="check the name"):
        train.main(["--data", "garden", "--start-from", "somebody/else", "--out", "runs/garden"])
    assert not (folder / "runs").exists()
