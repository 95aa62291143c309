"""What a Space holds: every key of its front matter as the Hub allows it, and all files of the page but no other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.metadata import version

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from humanseg.errors import HumanSegError
from humanseg.hub import space
from humanseg.hub.space import PinnedWeights, Space, contents, front_matter, page_files

COMMIT = "0123456789abcdef0123456789abcdef01234567"
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
# Those that https://huggingface.co/docs/hub/spaces-config-reference lists, and the licence's of all repositories.
KEYS = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "python_version", "sdk_version", "app_file", "pinned"),
    *("short_description", "models", "tags", "startup_duration_timeout", "custom_headers", "preload_from_hub"),
    *("license", "license_name", "license_link"),
}


def weights(name: str = "somebody/humansegnet", licence: str = "other", **more: str) -> PinnedWeights:
    return PinnedWeights(name, COMMIT, {"config.json": 900, "model.onnx": 11_000_000}, licence, **more)


OURS = Space(
    weights(licence_name="research-and-demonstration", licence_link="LICENSE"),
    weights("somebody/humansegnet-live", licence_name="research-and-demonstration", licence_link="LICENSE"),
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return contents(OURS)


def test_the_front_matter_has_only_keys_and_values_that_the_hub_allows(files):
    _, matter, text = files["README.md"].decode().split("---\n", 2)
    matter = yaml.safe_load(matter)
    assert matter == front_matter(OURS) and matter.keys() <= KEYS and text.strip().startswith("# ")
    assert matter["sdk"] == "gradio" and matter["sdk_version"] == version("gradio")
    assert re.fullmatch(r"3\.\d+", matter["python_version"]) and isinstance(matter["python_version"], str)
    assert {matter["colorFrom"], matter["colorTo"]} <= COLOURS
    assert 0 < len(matter["short_description"]) <= 60
    assert re.fullmatch(r"\d+[mh]", matter["startup_duration_timeout"])
    assert matter["app_file"] in files
    # Without these three, in lower case, WebAssembly has no threads.
    assert matter["custom_headers"] == {
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "cross-origin",
    }
    assert matter["models"] == ["somebody/humansegnet", "somebody/humansegnet-live"]
    assert matter["preload_from_hub"] == [f"{name} config.json,model.onnx {COMMIT}" for name in matter["models"]]


def test_the_version_of_gradio_is_one_that_the_requirements_allow(files):
    lines = [line for line in files["requirements.txt"].decode().splitlines() if line.startswith("gradio")]
    assert [Requirement(line).specifier.contains(front_matter(OURS)["sdk_version"]) for line in lines] == [True]


@pytest.mark.parametrize(
    ("chosen", "licence"),
    [
        (Space(weights(licence="apache-2.0")), {"license": "apache-2.0"}),
        (
            OURS,
            {
                "license": "other",
                "license_name": "apache-2.0-code-and-research-and-demonstration-weights",
                "license_link": f"https://huggingface.co/somebody/humansegnet/blob/{COMMIT}/LICENSE",
            },
        ),
        (
            Space(weights(licence="apache-2.0"), weights("me/live", "cc-by-nc-4.0")),
            {
                "license": "other",
                "license_name": "apache-2.0-code-and-cc-by-nc-4.0-weights",
                "license_link": "https://huggingface.co/me/live",
            },
        ),
        (
            Space(weights(licence="", licence_link="https://example.org/terms")),
            {
                "license": "other",
                "license_name": "apache-2.0-code-and-unlicensed-weights",
                "license_link": "https://example.org/terms",
            },
        ),
    ],
)
def test_the_licence_is_that_of_code_and_weights_together(chosen, licence):
    assert {key: value for key, value in front_matter(chosen).items() if key.startswith("license")} == licence


def test_the_page_is_there_with_its_pictures_and_nothing_else_is(files):
    present = {"app.py", "humanseg/__init__.py", "humanseg/ui/style.css", "humanseg/ui/script.js", "LICENSE"}
    present |= {"humanseg/ui/examples/astronaut.jpg", "humanseg/engines/openvino.py", "humanseg/hub/find.py"}
    assert present <= files.keys()
    absent = ("humanseg/training", "humanseg/data", "humanseg/evaluation", "humanseg/cli/", "tests", "checkpoints")
    assert not [name for name in files if name.startswith(absent)]
    assert not [name for name in files if name.endswith((".safetensors", ".onnx", ".pyc", ".bin"))]
    assert not [name for name in files if name.split("/")[-1].startswith((".", "_")) and not name.endswith("__.py")]
    assert sum(map(len, files.values())) < 5_000_000


def test_whatever_lies_in_the_clone_besides_stays_out(repository, tmp_path):
    for path in page_files(repository):
        (tmp_path / path.relative_to(repository)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(repository))
    before = page_files(tmp_path)
    assert len(before) == len(page_files(repository))
    for name in (".env", "humanseg/.env", "humanseg/ui/__pycache__/page.pyc", "humanseg/_checkpoints/model.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("secret")
    assert page_files(tmp_path) == before


def test_the_page_starts_from_these_files_alone(files, tmp_path):
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    # With an error that it finds in its settings: it's said before Gradio is imported, which takes seconds.
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-B",
            "-c",
            "import sys, runpy; sys.path[:0] = ['.']; runpy.run_path('space.py', {}, '__main__')",
        ],
        cwd=tmp_path,
        env={"HUMANSEG_MAX_QUEUE": "many"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "HUMANSEG_MAX_QUEUE" in done.stderr


@pytest.mark.parametrize(
    "settings", [{}, {"HUMANSEG_MODEL": "me/mine", "HUMANSEG_THREADS": "3"}, {"CPU_CORES": "many"}]
)
def test_the_start_names_the_weights_where_the_spaces_settings_name_none(files, monkeypatch, settings):
    environment = {"CPU_CORES": "2", **settings}
    monkeypatch.setattr("os.environ", environment)
    exec(compile(files["space.py"], "space.py", "exec"), {"__name__": "space"})
    assert environment["HUMANSEG_MODEL"] == settings.get("HUMANSEG_MODEL", f"somebody/humansegnet@{COMMIT}")
    assert environment["HUMANSEG_LIVE_MODEL"] == f"somebody/humansegnet-live@{COMMIT}"
    assert environment.get("HUMANSEG_THREADS") == (
        None if "CPU_CORES" in settings else settings.get("HUMANSEG_THREADS", "2")
    )


def test_without_weights_for_the_webcam_the_photos_serve_it():
    alone = contents(Space(weights()))
    assert b"HUMANSEG_LIVE_MODEL" not in alone["space.py"]
    assert front_matter(Space(weights()))["models"] == ["somebody/humansegnet"]


def test_for_zero_gpu_comes_on_top_what_pytorch_needs_in_versions_that_training_has_too(files, repository):
    zero = contents(Space(weights(), zero_gpu=True))
    added = wanted(zero["requirements.txt"].decode().removeprefix(files["requirements.txt"].decode()))
    training = wanted((repository / "requirements-train.txt").read_text(encoding="utf-8"))
    assert added.keys() == {"torch", "torchvision", "segmentation-models-pytorch", "timm"}
    for name, specifier in added.items():
        assert specifier == training[name] or specifier.contains(str(training[name]).removeprefix("=="))
    assert b"python_version: 3.12.12" in zero["README.md"]


def wanted(text: str) -> dict[str, SpecifierSet]:
    found = [Requirement(line) for line in text.splitlines() if line and line[0] not in "#-"]
    return {requirement.name: requirement.specifier for requirement in found}


def test_outside_a_clone_it_is_a_sentence(tmp_path):
    with pytest.raises(HumanSegError, match="in a clone of the project"):
        contents(OURS, tmp_path)


def test_without_gradio_it_is_a_sentence(monkeypatch):
    def version(name: str) -> str:
        raise space.PackageNotFoundError(name)

    monkeypatch.setattr(space, "version", version)
    with pytest.raises(HumanSegError, match=r"pip install -r requirements\.txt"):
        front_matter(OURS)
