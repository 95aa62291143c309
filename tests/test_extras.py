"""What isn't installed gives one sentence that says what to install; the lists of it agree."""

import re
import subprocess
import sys

import pytest

from humanseg import extras
from humanseg.errors import EngineError


@pytest.mark.parametrize(
    ("extra", "file"),
    [("app", "requirements.txt"), ("bulk", "requirements-bulk.txt"), ("train", "requirements-train.txt")],
)
def test_a_missing_package_is_named_with_what_installs_it(extra, file):
    with pytest.raises(EngineError) as caught, extras.needed(extra, "The moon"):
        import no_such_package.at_all  # noqa: F401
    said = str(caught.value)
    assert said == f"The moon needs no_such_package, which isn't installed: run `pip install -r {file}`."


def test_a_package_that_is_broken_says_how(monkeypatch, tmp_path):
    (tmp_path / "broken_package.py").write_text("raise ImportError('libcudart.so.12: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EngineError, match=r"libcudart.*requirements-train"), extras.needed("gpu", "It"):
        import broken_package  # noqa: F401


def test_where_the_package_is_installed_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(extras, "__file__", str(tmp_path / "site-packages" / "humanseg" / "extras.py"))
    with pytest.raises(EngineError, match=re.escape("pip install '.[train]'")), extras.needed("train", "Training"):
        import no_such_package  # noqa: F401


def test_other_errors_stay_what_they_are():
    with pytest.raises(ZeroDivisionError), extras.needed("train", "Training"):
        _ = 1 / 0


WITHOUT_TORCH = """
import sys
for name in ("torch", "segmentation_models_pytorch", "gradio"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
"""


@pytest.mark.parametrize(
    ("code", "arguments", "extra"),
    [
        ("import runpy; runpy.run_path('train.py', run_name='__main__')", [], "train"),
        ("import runpy; runpy.run_path('app.py', run_name='__main__')", [], "app"),
        ("from humanseg.cli import main; sys.exit(main())", ["average", "a", "b", "--out", "c"], "train"),
        ("from humanseg.cli import main; sys.exit(main())", ["info", "--engine", "torch"], "gpu"),
    ],
    ids=["train.py", "app.py", "average", "--engine torch"],
)
def test_what_needs_more_than_is_installed_says_so_in_one_line(repository, tmp_path, code, arguments, extra):
    command = [sys.executable, "-c", WITHOUT_TORCH + code, "x", *arguments]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert f"pip install -r {extras._FILES[extra]}" in done.stderr


def _listed(repository, name):
    lines = (repository / name).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith(("#", "-r "))}


def test_the_wheel_needs_what_the_requirements_files_list(repository):
    tomllib = pytest.importorskip("tomllib")  # Python 3.11 has it
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = {name: set(needs) for name, needs in project["optional-dependencies"].items()}
    assert set(project["dependencies"]) | extra["app"] == _listed(repository, "requirements.txt")
    assert extra["bulk"] == _listed(repository, "requirements-bulk.txt")
    assert extra["train"] - {"humansegnet[gpu]"} | extra["gpu"] == _listed(repository, "requirements-train.txt")


def test_no_pytorch_is_in_what_the_page_needs(repository):
    names = {re.split(r"[\[<>=]", line)[0] for line in _listed(repository, "requirements.txt")}
    assert not names & {"torch", "torchvision", "timm", "segmentation-models-pytorch", "albumentations", "onnx"}
