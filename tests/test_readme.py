"""Every snippet of README is run here, or named below with the reason why not."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main, parser
from humanseg.segmenter import Segmenter
from tests.hub.conftest import hub_server  # noqa: F401  (a fixture)
from tests.hub.server import TOKEN
from tests.media import clips
from tests.ui.fakes import segmenter

ROOT = Path(__file__).resolve().parents[1]

# By how they begin. The first of these that fits counts.
NOT_RUN = {
    "make ": "sets up an environment (network, minutes); the Makefile's own tests are the whole suite",
    "python3 -m venv": "sets up an environment",
    ".venv/bin/pip install": "installs everything (network, minutes)",
    ".venv/bin/python app.py": "starts a server: tests/test_app.py",
    "pip install .": "builds the wheel (network): .ci/run does, and cuts a photo out with it",
    "docker ": "there may be no engine here: tests/test_docker.py follows what it would do",
    "hf auth login": "asks for a token",
    "humanseg export": "half a minute: tests/cli",
    "accelerate launch": "needs GPUs or several machines",
    "torchrun": "needs several processes or machines: tests/training",
    "python -m humanseg evaluate --validation": "needs the research data: tests/evaluation",
    "python -m humanseg web": "needs the browser's runtime (network): tests/cli/test_web.py",
    "python -m http.server": "serves until it's ended: tests/browser/test_static.py",
    "python -m humanseg deploy somebody/cut-out --static": "needs that runtime: tests/hub/test_static_space.py",
    "python -m humanseg pack": "tests/cli/test_pack.py",
    "python -m humanseg train-packed": "trains for minutes: tests/training/gpu",
    "python -m humanseg average checkpoints/humansegnet runs/gpu": "needs that training: tests/model/test_unet.py",
    "python -m humanseg bulk s3": "needs a bucket: tests/bulk/test_stores.py",
    "python -m humanseg bulk 's3": "needs a bucket and a cluster: tests/bulk/test_ray.py",
    "python train.py": "trains (minutes to hours): tests/training",
}


def snippets(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"^## Fine-tune yours\n.*?(?=^## )", "", text, flags=re.MULTILINE | re.DOTALL)  # test_fine_tuning.py
    return [body for _, body in re.findall(rf"^```({language})\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def commands() -> list[str]:
    """The lines of all shell snippets, with continued ones joined and comments taken away."""
    lines = "\n".join(snippets("sh")).replace("\\\n", " ").splitlines()
    return [
        " ".join(shlex.join(words).split()) for words in (shlex.split(line, comments=True) for line in lines) if words
    ]


def reason(command: str) -> str | None:
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


RUN = [command for command in commands() if reason(command) is None]
ASKS_THE_HUB = [
    command for command in RUN if command.startswith(("python -m humanseg deploy", "python -m humanseg publish"))
]


@pytest.fixture
def folder(tmp_path, astronaut, monkeypatch) -> Path:
    """A folder with whatever the snippets name."""
    small = Image.fromarray(astronaut).resize((96, 96))
    for name in ("holiday.jpg", "beach.jpg", "photos/a.jpg", "photos/more/b.png", "sports/run.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        small.save(tmp_path / name)
    small.save(tmp_path / "team.heic", format="png")  # what it's called makes no difference
    clips.write(tmp_path / "dance.mp4", [astronaut[::8, ::8]] * 8, sound=["aac"])
    for data in ("pairs", "human"):
        for kind in ("images", "masks"):
            (tmp_path / data / kind).mkdir(parents=True)
        small.save(tmp_path / data / "images" / "one.png")
        mask = np.zeros((96, 96), np.uint8)
        mask[20:, 20:70] = 255
        cv2.imwrite(str(tmp_path / data / "masks" / "one.png"), mask)
    (tmp_path / "test.txt").write_text("one\n")
    (tmp_path / "rooms").mkdir()
    for number in range(4):
        Image.new("RGB", (64, 64), (90, 20 * number, 60)).save(tmp_path / "rooms" / f"{number}.png")
    for run in ("a", "b", "mine"):
        shutil.copytree(ROOT / "checkpoints" / "humansegnet", tmp_path / "runs" / run)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def standing_in(monkeypatch) -> None:
    """In place of the network, a stand-in that finds one person in every photo: the weights have other tests."""
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *arguments, **options: segmenter())


@pytest.mark.parametrize("snippet", snippets("python"))
def test_python_snippets_run(folder, snippet):
    frames = [np.zeros((48, 64, 3), np.uint8)] * 2  # of the camera or clip that one of them speaks of
    before = set(folder.iterdir())
    exec(compile(snippet, "README.md", "exec"), {"frames": frames})
    saved = {path.name for path in set(folder.iterdir()) - before}
    assert saved == set(re.findall(r'(?:\.save\(|cut_out_video\("[^"]+", )"([^"]+)"', snippet))


@pytest.mark.parametrize("command", [command for command in RUN if command not in ASKS_THE_HUB])
def test_commands_run(folder, command, capsys):
    assert main(arguments(command)) == 0
    said = capsys.readouterr()
    assert said.out and not said.err


@pytest.mark.parametrize("command", ASKS_THE_HUB)
def test_commands_that_ask_the_hub_run(folder, command, capsys, hub_server, monkeypatch):  # noqa: F811
    for name in ("somebody/humansegnet", "somebody/humansegnet-live", "other/weights"):
        hub_server.add(name, {"config.json": b"{}", "model.onnx": bytes(100)})
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert main(arguments(command)) == 0
    assert "somebody/" in capsys.readouterr().out


def arguments(command: str) -> list[str]:
    name, *words = shlex.split(command.removeprefix("python -m "))
    assert name == "humanseg"
    return words


def test_the_cluster_fits_what_ray_takes():
    pytest.importorskip("ray", reason="Ray isn't installed: pip install -r requirements-bulk.txt.")
    import yaml
    from ray.autoscaler._private.util import prepare_config, validate_config

    (cluster,) = snippets("yaml")
    assert cluster.count("\n") == 10
    whole = prepare_config(yaml.safe_load(cluster))
    validate_config(whole)
    with pytest.raises(Exception, match="not of type 'integer'"):
        validate_config(whole | {"max_workers": "many"})


def test_commands_that_take_long_have_the_options_that_they_are_given():
    long = ("humanseg bulk s3", "humanseg export", "humanseg pack", "humanseg train-packed")
    found = [command for command in (c.removeprefix("python -m ") for c in commands()) if command.startswith(long)]
    assert len(found) >= len(long)
    for command in found:
        parser().parse_args(shlex.split(command)[1:])


def test_nothing_is_left_out_that_is_not_there_any_more():
    for start in NOT_RUN:
        assert any(command.startswith(start) for command in commands()), start
    assert len(RUN) >= 10 and len(snippets("python")) >= 3 and ASKS_THE_HUB


@pytest.mark.parametrize("way", [["-m", "humanseg"], ["-c", "from humanseg.cli import main; main()"]])
def test_the_command_works_in_any_folder(tmp_path, way):
    done = subprocess.run(
        [sys.executable, *way, "--help"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and "cut-out" in done.stdout and not done.stderr
