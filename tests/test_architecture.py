"""The rules of the house that imports have to keep; see CONTRIBUTING.md, "How the code is laid out"."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import humanseg

ROOT = Path(humanseg.__file__).parent
# From the top to the bottom: a module imports from its own row and from rows below it. The longest name counts.
ROWS = [
    ("__main__",),
    ("cli", "ui", "web"),
    ("data", "training", "evaluation"),
    ("bulk", "video"),
    ("segmenter",),
    ("clip",),
    ("media.stream",),
    ("media.average", "media.finish", "media.follow", "media.lasting", "media.motion", "media.view"),
    ("cutout", "confidence", "behind"),
    ("placing",),
    ("backgrounds", "sizes"),
    ("heads",),
    ("gradients", "passes", "parts", "haze", "retouch", "people"),
    ("strokes",),
    ("compose", "shadows", "edges", "foreground", "crops", "engines", "hub"),
    ("lighting",),
    ("model", "media", "resize", "tiles"),
    ("cache", "files", "extras", "lock", "overlap", "heap", "frame"),
    ("errors", "markdown"),
]
FOR_TRAINING = ("data", "training", "evaluation")


def _module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


FILES = {name: path for path in sorted(ROOT.rglob("*.py")) if (name := _module_name(path))}


def _imports(path):
    """The package's own modules that a file imports, in functions and behind TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("humanseg.") for name in found} & FILES.keys()


# A package is imported along with each of its modules, without anything being asked of it.
IMPORTS = {
    name: {other for other in _imports(path) if not any(deeper.startswith(f"{other}.") for deeper in _imports(path))}
    for name, path in FILES.items()
}


def _row(name):
    rows = [(len(start), row) for row, starts in enumerate(ROWS) for start in starts if _is_in(name, start)]
    assert rows, f"{name} has no place in ROWS: give it one"
    return max(rows)[1]


def _is_in(name, package):
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("name", FILES)
def test_imports_point_down(name):
    for other in IMPORTS[name]:
        assert _row(other) >= _row(name), f"{name} imports {other}, which is above it"


def test_there_is_no_circle():
    done, path = set(), []

    def visit(name):
        assert name not in path, f"circle: {' -> '.join([*path[path.index(name) :], name])}"
        if name not in done:
            path.append(name)
            for other in IMPORTS[name] - {name}:
                visit(other)
            done.add(path.pop())

    for name in FILES:
        visit(name)


@pytest.mark.parametrize("name", [name for name in FILES if not _is_in(name, "cli")])
def test_what_is_for_training_is_imported_by_the_command_line_and_itself_alone(name):
    if not any(_is_in(name, package) for package in FOR_TRAINING):
        assert not [other for other in IMPORTS[name] if any(_is_in(other, package) for package in FOR_TRAINING)]


def test_the_rules_would_notice(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("def late():\n    from humanseg.engines import load_engine\n    import humanseg.ui.page\n")
    assert _imports(path) == {"engines", "ui.page"}
    path.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from humanseg import segmenter\n")
    assert _imports(path) == {"segmenter"}
    assert _row("segmenter") < _row("media.stream") < _row("engines.torch") < _row("model.unet")


# By the name under which they are imported: what the library may use, and the page besides. requirements.txt installs
# these, or they come along with what it names.
LIBRARY = {"PIL", "cv2", "httpx", "huggingface_hub", "numpy", "openvino", "pillow_heif", "safetensors", "tqdm"}
BULK = {"fsspec", "pyarrow", "ray"}
PAGE = {"anyio", "fastapi", "gradio", "gradio_client", "orjson", "python_multipart", "starlette", "uvicorn"}
SHARED = ("bulk", "bulk.cut_out", "bulk.targets")  # the command line and the page use these too
# What only train.py and the commands named after them import, once they run.
HEAVY = (
    *FOR_TRAINING,
    "engines.torch",
    "model.export",
    "model.fused",
    "model.imagenet",
    "model.pixels",
    "model.slim",
    "model.unet",
)


def _at_start(path):
    """All modules that a file imports as it's imported itself: not those in functions."""
    found, nodes = set(), list(ast.parse(path.read_text(encoding="utf-8")).body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_for_types_alone(node):
            nodes += ast.iter_child_nodes(node)
    return found


def _is_for_types_alone(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("name", [name for name in FILES if not any(_is_in(name, heavy) for heavy in HEAVY)])
def test_what_is_not_for_training_starts_without_what_training_needs(name):
    found = _at_start(FILES[name])
    for other in {module.removeprefix("humanseg.") for module in found} & FILES.keys():
        assert not any(_is_in(other, heavy) for heavy in HEAVY), f"{name} imports {other} at its start"
    others = {module.split(".")[0] for module in found} - {"humanseg"} - set(sys.stdlib_module_names)
    more = PAGE if _is_in(name, "ui") else BULK if _is_in(name, "bulk") and name not in SHARED else set()
    assert others <= LIBRARY | more, f"{name} imports {others} at its start"


def test_the_rule_of_starts_would_notice(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("try:\n    import torch.nn\nexcept ImportError:\n    pass\nclass A:\n    from timm import x\n")
    assert {"torch.nn", "timm"} <= _at_start(path)
    path.write_text("def late():\n    import torch\n")
    assert not _at_start(path)


# Whether they are installed or not.
WITHOUT = """
import sys
for name in ("accelerate", "albumentations", "onnx", "segmentation_models_pytorch", "timm", "torch", "torchvision"):
    sys.modules[name] = None
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import humanseg.segmenter, humanseg.engines.openvino, humanseg.media.stream, humanseg.bulk.cut_out",
        "import humanseg.cli, humanseg.data.datasets, humanseg.evaluation.evaluate, humanseg.training.pseudo",
        "import app, humanseg.ui.page",
    ],
)
def test_library_command_line_and_page_start_without_what_training_needs(repository, statement):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + statement], capture_output=True, text=True, check=False, cwd=repository
    )
    assert done.returncode == 0, done.stderr
