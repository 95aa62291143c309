"""Dockerfile, .dockerignore and compose.yaml, whose steps are followed in a clean folder: there may be no engine here.

HUMANSEG_LIGHT_PYTHON names the Python of an environment with nothing but requirements.txt in it, which .ci/run makes;
otherwise it's this one.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from gradio_client import Client, handle_file
from PIL import Image

from humanseg.ui.server.limits import VARIABLES
from humanseg.web.runtime import VARIABLE
from tests.hub.space_host import PORT, RunningPage, hand_over
from tests.ui.serving import in_own_thread

PYTHON = os.environ.get("HUMANSEG_LIGHT_PYTHON", sys.executable)
# Steps that only an image can take; what they would do is checked in their words.
NOT_RUN = {
    "useradd": r"useradd --create-home --uid 1000 user",
    "pip install": r"pip install --no-cache-dir -r requirements\.txt",
}


def steps(path: Path) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile: name and words, continued lines joined."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(" ".join(line.split()).split(" ", 1)) for line in text.splitlines() if line.strip()]


def is_sent(name: str, patterns: list[str]) -> bool:
    """Whether a .dockerignore lets a file through: the last line that fits the file, or a folder of it, decides."""
    paths = ["/".join(name.split("/")[: end + 1]) for end in range(name.count("/") + 1)]
    sent = True
    for pattern in patterns:
        wanted = pattern.removeprefix("!")
        if any(_fits(path, wanted) for path in paths):
            sent = pattern.startswith("!")
    return sent


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return any(_fits(path.split("/", start)[-1], pattern[3:]) for start in range(path.count("/") + 1))
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


class Built:
    """What a Dockerfile makes, with a folder here in place of the image's root.

    Attributes
    ----------
    folder : that of WORKDIR
    environment, user, check, command : of ENV, USER, HEALTHCHECK and CMD
    """

    def __init__(self, context: Path, root: Path) -> None:
        self._context, self._root, self.folder = context, root, root
        self.environment = {"PATH": f"{Path(PYTHON).parent}:/usr/bin:/bin", "HOME": str(root / "home")}
        # What the image fetches over the network is left out.
        self.environment[VARIABLE] = os.environ[VARIABLE]
        self.user, self.check, self.command = "root", [], []
        for name in ("tmp", "home"):
            (root / name).mkdir()
        for name, words in steps(context / "Dockerfile"):
            self._take(name, words)

    def _take(self, step: str, words: str) -> None:
        match step:
            case "FROM":
                assert re.fullmatch(r"python:3\.\d+-slim", words)
            case "WORKDIR":
                self.folder = Path(self._here(words))
                self.folder.mkdir()
            case "COPY":
                *sources, target = words.split()
                for source in sources:
                    self._copy(self._context / source, self.folder / target)
            case "ENV":
                self.environment |= dict(self._here(word).split("=", 1) for word in shlex.split(words))
            case "RUN":
                self._run(words)
            case "USER":
                self.user = words
            case "EXPOSE":
                assert words == str(PORT)
            case "HEALTHCHECK":
                self.check = json.loads(words.partition(" CMD ")[2])
            case "CMD":
                self.command = json.loads(words)
            case _:
                raise AssertionError(f"{step} isn't followed here: add it")

    def _here(self, words: str) -> str:
        return re.sub(r"(?<![\w.])/(app|tmp)\b", rf"{self._root}/\1", words)

    def _copy(self, source: Path, target: Path) -> None:
        lines = (self._context / ".dockerignore").read_text(encoding="utf-8").splitlines()
        patterns = [line for line in lines if line and not line.startswith("#")]
        found = [path for path in (source, *source.rglob("*")) if path.is_file()]
        sent = [path for path in found if is_sent(path.relative_to(self._context).as_posix(), patterns)]
        assert sent, f".dockerignore keeps {source.name} back"
        for path in sent:
            copy = target / (path.relative_to(source) if source.is_dir() else path.name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)

    def _run(self, words: str) -> None:
        for start, wanted in NOT_RUN.items():
            if words.startswith(start):
                assert re.fullmatch(wanted, words)
                return
        assert self.user == "root", "what is built as another user could be changed by that user"
        command = ["sh", "-ec", self._here(words)]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.fixture(scope="module")
def built(repository) -> Iterator[Built]:
    # pytest's own folders are shut to the user who runs the page, and matplotlib, where it is installed, minds.
    with tempfile.TemporaryDirectory(prefix="humanseg-image-") as folder:
        Path(folder).chmod(0o755)
        yield Built(repository, Path(folder))


@pytest.fixture(scope="module")
def container(built) -> Iterator[RunningPage]:
    """The page as `docker run --read-only --tmpfs /tmp` runs it: by another user, who can write to /tmp alone."""
    assert built.user == "user"
    temporary = built.folder.parent / "tmp"
    hand_over(temporary)
    _, *rest = built.command
    page = RunningPage([PYTHON, *rest], built.folder, built.environment | {"TMPDIR": str(temporary)})
    try:
        page.wait()
        yield page
    finally:
        page.end()


def test_the_image_has_the_page_and_what_it_loads_and_nothing_else(built):
    names = {path.relative_to(built.folder).as_posix() for path in built.folder.rglob("*") if path.is_file()}
    assert {"app.py", "requirements.txt", "LICENSE", "humanseg/ui/style.css"} <= names
    assert {"checkpoints/humansegnet/model.onnx", "checkpoints/humansegnet-live/model.onnx"} <= names
    kept_back = ("humanseg/training/", "humanseg/data/", "tests/", ".git", "docs/", "benchmarks/")
    assert not [name for name in names if name.startswith(kept_back) or name.endswith(".safetensors")]
    assert [name for name in names if name.startswith("cache/")], "no cache was filled"
    assert not list((built.folder.parent / "tmp").iterdir()), "something was left in /tmp"


def test_a_container_that_cannot_be_written_to_cuts_out_a_photo(built, container, astronaut, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in built.folder.rglob("*")}
    Image.fromarray(astronaut).save(tmp_path / "somebody.jpg")

    def ask() -> str:
        return Client(container.address, verbose=False).predict(
            handle_file(tmp_path / "somebody.jpg"), api_name="/cut_out"
        )

    alpha = np.asarray(Image.open(in_own_thread(ask)))[..., 3]
    assert alpha.shape == (512, 512) and alpha[100:150, 200:250].min() > 250 and alpha[:40, -40:].max() < 5
    assert {path: path.stat().st_mtime_ns for path in built.folder.rglob("*")} == before
    assert container.log().startswith("HumanSegNet is at ") and container.log().count("\n") == 1


def test_the_health_check_tells_a_page_that_answers_from_one_that_does_not(built, container):
    def status(address: str) -> int:
        python, *words = [word.replace(f"http://127.0.0.1:{PORT}/", address) for word in built.check]
        assert python == "python" and any(address in word for word in words)
        return subprocess.run([PYTHON, *words], capture_output=True, timeout=60).returncode

    assert status(container.address) == 0
    assert status("http://127.0.0.1:9/") != 0


def test_the_compose_file_starts_it_on_two_cores_with_tmp_alone_to_write_to(repository):
    services = yaml.safe_load((repository / "compose.yaml").read_text(encoding="utf-8"))["services"]
    ((_, page),) = services.items()
    assert page["build"] == "." and page["cpus"] == 2 and page["read_only"] is True
    assert [place.split(":")[0] for place in page["tmpfs"]] == ["/tmp"]
    assert [port.split(":")[-1] for port in page["ports"]] == [str(PORT)]
    assert set(page["environment"]) <= set(VARIABLES.values())


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("app.py", True),
        ("humanseg/ui/page.py", True),
        ("checkpoints/humansegnet/model.onnx", True),
        ("checkpoints/humansegnet/model.safetensors", False),
        ("humanseg/ui/__pycache__/page.cpython-311.pyc", False),
        ("humanseg/training/fit.py", False),
        (".git/config", False),
        (".env", False),
        ("runs/mine/model.onnx", False),
    ],
)
def test_what_docker_is_sent(repository, name, sent):
    lines = (repository / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert is_sent(name, [line for line in lines if line and not line.startswith("#")]) is sent
