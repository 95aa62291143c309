"""What a Hugging Face Space of the page holds: the page's own files, and which weights it loads from the Hub."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

from humanseg.errors import HumanSegError

ROOT = Path(__file__).resolve().parents[2]
ENTRY, REQUIREMENTS, LICENCE = "app.py", "requirements.txt", "LICENSE"
# The file that the Space runs; it's in no clone.
START = "space.py"
HUB = "https://huggingface.co"
# What `engines/torch.py` needs. ZeroGPU refuses versions of PyTorch that it doesn't know, so it's left to choose one.
FOR_GPU = "torch>=2.8\ntorchvision\nsegmentation-models-pytorch>=0.6,<0.7\ntimm>=1.0.20,<2\n"
# ZeroGPU has two versions of Python only.
ZERO_GPU_PYTHON = "3.12.12"
# Together they isolate the page from other origins, so that WebAssembly may have threads. Lower case, as the Hub wants.
ISOLATION = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "cross-origin",
}


@dataclass(frozen=True)
class PinnedWeights:
    """Weights on the Hub, as of one commit.

    Attributes
    ----------
    repository : user/name
    commit : 40 hexadecimal digits
    files : what the page loads of them, with their sizes in bytes
    licence, licence_name, licence_link : as their model card states them, "" for nothing
    """

    repository: str
    commit: str
    files: dict[str, int]
    licence: str = ""
    licence_name: str = ""
    licence_link: str = ""

    def __str__(self) -> str:
        return f"{self.repository}@{self.commit}"

    @property
    def preload(self) -> str:
        """The line with which a Space fetches them while it's built."""
        return f"{self.repository} {','.join(self.files)} {self.commit}"

    @property
    def terms(self) -> str:
        """Where their licence can be read."""
        if self.licence_link.startswith("https://"):
            return self.licence_link
        if self.licence_link:
            return f"{HUB}/{self.repository}/blob/{self.commit}/{self.licence_link}"
        return f"{HUB}/{self.repository}"


@dataclass(frozen=True)
class Space:
    """A Space of the page.

    Attributes
    ----------
    photos : the weights for photos
    live : those for the webcam, None for the same ones
    zero_gpu : whether it's to run on ZeroGPU: with PyTorch, photos on a GPU that visitors share
    """

    photos: PinnedWeights
    live: PinnedWeights | None = None
    zero_gpu: bool = False

    @property
    def weights(self) -> list[PinnedWeights]:
        return [weights for weights in (self.photos, self.live) if weights]


def contents(space: Space, root: Path = ROOT) -> dict[str, bytes]:
    """The files of a Space by their path in it, with `/` between folders.

    Parameters
    ----------
    root : the clone to take the page from

    Raises
    ------
    HumanSegError : there is no clone there, or no Gradio installed whose version could be named
    """
    missing = [name for name in (ENTRY, REQUIREMENTS, LICENCE) if not (root / name).is_file()]
    if missing:
        raise HumanSegError(f"{root} has no {missing[0]}: run `python -m humanseg deploy` in a clone of the project.")
    requirements = (root / REQUIREMENTS).read_bytes()
    if space.zero_gpu:
        requirements += b"# For ZeroGPU.\n" + FOR_GPU.encode()
    made = {
        "README.md": readme(space).encode(),
        REQUIREMENTS: requirements,
        START: start(space).encode(),
        LICENCE: (root / LICENCE).read_bytes(),
    }
    return made | {path.relative_to(root).as_posix(): path.read_bytes() for path in page_files(root)}


def page_files(root: Path = ROOT) -> list[Path]:
    """The files that the page is made of: `app.py`, the modules that it reaches, and what lies with them."""
    finder = ModuleFinder(path=[str(root)])
    finder.run_script(str(root / ENTRY))  # reads, but doesn't run it
    ours = [module for name, module in finder.modules.items() if name.partition(".")[0] == "humanseg"]
    modules = {Path(module.__file__) for module in ours}
    found = modules | {file for folder in {module.parent for module in modules} for file in _lying_in(folder)}
    return [root / ENTRY, *sorted(found)]


def _lying_in(folder: Path) -> list[Path]:
    """The files of a package's folder that aren't Python, and those of its folders without any Python."""
    found = []
    for path in folder.iterdir():
        if path.name.startswith((".", "_")):
            continue
        if path.is_file() and path.suffix not in (".py", ".pyi", ".pyc"):
            found.append(path)
        elif path.is_dir() and not any(path.rglob("*.py")):
            found += [inside for inside in path.rglob("*") if inside.is_file() and not inside.name.startswith(".")]
    return found


def front_matter(space: Space) -> dict[str, Any]:
    """What the Hub wants to know of a Space (https://huggingface.co/docs/hub/spaces-config-reference).

    Gradio and Python are the versions that are in use here.

    Raises
    ------
    HumanSegError : Gradio isn't installed
    """
    try:
        gradio = version("gradio")
    except PackageNotFoundError as error:
        raise HumanSegError("Gradio isn't installed: run `pip install -r requirements.txt` first.") from error
    return {
        "title": "HumanSegNet",
        "emoji": "✂️",
        "colorFrom": "indigo",
        "colorTo": "pink",
        "sdk": "gradio",
        "sdk_version": gradio,
        "python_version": ZERO_GPU_PYTHON if space.zero_gpu else ".".join(platform.python_version_tuple()[:2]),
        "app_file": START,
        "pinned": False,
        "short_description": "Cut people out of photos, on two CPU cores",  # at most 60 characters
        "tags": ["background-removal", "image-segmentation", "matting", "mcp-server", "webcam"],
        "models": [weights.repository for weights in space.weights],
        "preload_from_hub": [weights.preload for weights in space.weights],
        # It starts in less than a minute; the Hub would wait half an hour for one that hangs.
        "startup_duration_timeout": "15m",
        "custom_headers": ISOLATION,
        **_licence(space),
    }


def _licence(space: Space) -> dict[str, str]:
    """The licence of code and weights together."""
    named = {weights.licence_name or weights.licence or "unlicensed" for weights in space.weights}
    if named == {"apache-2.0"}:
        return {"license": "apache-2.0"}
    others = [weights for weights in space.weights if weights.licence != "apache-2.0"]
    name = "-and-".join(sorted(named - {"apache-2.0"}))
    name = re.sub(r"[^a-z0-9.-]+", "-", f"apache-2.0-code-and-{name}-weights".lower())
    return {"license": "other", "license_name": name, "license_link": others[0].terms}


def readme(space: Space) -> str:
    """The Space's README.md: its front matter, and where its parts come from."""
    loaded = "\n".join(
        f"- for {use} [{weights}]({HUB}/{weights.repository}/tree/{weights.commit}), [terms]({weights.terms})"
        for weights, use in zip(space.weights, ("photos", "the webcam"), strict=False)
    )
    return f"""---
{as_yaml(front_matter(space))}---

# HumanSegNet

Cuts people out of photos and webcam frames. Photos are gone after an hour at most, and webcam frames are never written
to a disk.

The code is under Apache-2.0 ([LICENSE](LICENSE)). The weights aren't part of this Space; it loads them from the Hub:

{loaded}

Written by `python -m humanseg deploy`: change the project and deploy it again rather than change a file here. Limits
(`HUMANSEG_MAX_QUEUE`, `HUMANSEG_CONCURRENCY` and others) are variables of the Space's settings.
"""


def as_yaml(matter: dict[str, Any]) -> str:
    """Front matter as it stands in a README.md."""
    import yaml

    return yaml.safe_dump(matter, sort_keys=False, allow_unicode=True, width=1000)


def start(space: Space) -> str:
    """The file that the Space runs: names the weights and starts the page."""
    variables = ("HUMANSEG_MODEL", "HUMANSEG_LIVE_MODEL")  # without the second one the webcam has the photos' weights
    named = zip(variables, space.weights, strict=False)
    lines = "\n".join(f'os.environ.setdefault("{variable}", "{weights}")' for variable, weights in named)
    return f'''"""Starts the page on a Space. Written by `python -m humanseg deploy`, as everything here is."""

import os
import sys

import app

# What the Space's settings say goes first.
{lines}
# The machine below has more cores than the Space may use.
cores = os.environ.get("CPU_CORES", "")
if cores.isdecimal() and int(cores):
    os.environ.setdefault("HUMANSEG_THREADS", cores)

if __name__ == "__main__":
    sys.exit(app.main([]))
'''
