"""All files of the browser's engine, by their path on the page: its JavaScript, its runtime, and the weights.

engine.json                  what there is, and where: the one file that a page has to know of
js/*.js                      our modules
runtime/VERSIONS/*           ONNX Runtime Web and LiteRT
models/NAME-CHECKSUM/        config.json and model.onnx
live.html                    the camera's picture and nothing else, for OBS
places/*.jpg                 pictures for the background
showcase/*                   photos and their cut-outs, for About
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path

from humanseg.cache import cache_folder
from humanseg.engines.network import find_network
from humanseg.errors import DownloadError, HumanSegError
from humanseg.files import sha256
from humanseg.hub.find import LIVE_NAME, SHIPPED_NAME, find_weights
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, read_config
from humanseg.model.onnx_file import INPUT, OUTPUT
from humanseg.web import runtime, showcase
from humanseg.web.constants import constants

JS = Path(__file__).parent / "js"
PLACES = Path(__file__).parents[1] / "ui" / "backgrounds"
CLEAN = "live.html"
PHOTO, LIVE = "photo", "live"
SHIPS = {PHOTO: SHIPPED_NAME, LIVE: LIVE_NAME}
Content = bytes | Path


class Model:
    """One network as the browser reads it.

    Attributes
    ----------
    folder : its path on the page, which changes with the network and its configuration
    config : what the browser has to know of it, as JSON: `config.json` without how it came about, the checksum of
        `model.onnx`, and the pipeline's constants
    network : the bytes of `model.onnx`

    Raises
    ------
    HumanSegError : there are no such weights, or none that a browser can run
    """

    def __init__(self, name: str | Path) -> None:
        weights = find_weights(name, needs=ONNX_NAME)
        self.network = find_network(weights, cache_folder()).content
        content = read_config(weights).to_json()
        for key in ("training", "metrics"):
            content["humanseg"].pop(key)
        content["onnx"] = {
            "input": INPUT,
            "output": OUTPUT,
            "bytes": len(self.network),
            "sha256": hashlib.sha256(self.network).hexdigest(),
        }
        content["constants"] = constants()
        self.config = json.dumps(content).encode()
        key = hashlib.sha256(self.config).hexdigest()[:12]
        self.folder = f"models/{re.sub(r'[^A-Za-z0-9.-]+', '-', Path(name).name).strip('.-') or 'model'}-{key}/"


class Site:
    """The files of the browser's engine.

    Parameters
    ----------
    models : for each use, `photo` and `live`, which weights: a folder, `user/name` on the Hub, or some that ship. They
        are read when they are first asked for
    """

    def __init__(self, models: Mapping[str, str | Path] | None = None) -> None:
        self._names = dict(models or SHIPS)
        self._lock = threading.Lock()
        self._models: dict[str, Model] = {}
        self.runtime = runtime.Background()

    def start(self) -> None:
        """Fetches and reads everything in the background; what goes wrong stands in the log."""
        self.runtime.start()

    def models(self) -> dict[str, Model]:
        """The networks by their use; weights that serve for both are one.

        Raises
        ------
        HumanSegError : one can't be had
        """
        with self._lock:
            if not self._models:
                known = {name: _model(name, use) for use, name in self._names.items()}
                self._models = {use: known[name] for use, name in self._names.items()}
            return self._models

    def description(self) -> bytes:
        """`engine.json`: whether the engine can run, a sentence where it can't, and where its parts are."""
        says, models = self.runtime.says, {}
        try:
            models = {use: model.folder for use, model in self.models().items()}
        except HumanSegError as error:
            says = str(error)
        content = {
            "ready": says is None,
            "says": says,
            "runtime": f"runtime/{runtime.version()}/",
            "models": models,
        }
        return json.dumps(content).encode()

    def find(self, path: str) -> tuple[Content, bool] | None:
        """The content of a file, and whether it's the same for ever; None where there is no such file.

        Raises
        ------
        HumanSegError : it's of weights that can't be had
        """
        folder, _, name = path.rpartition("/")
        if path == "engine.json":
            return self.description(), False
        if folder == "js" and (JS / name) in scripts():
            return JS / name, False
        if path == CLEAN:
            return JS / CLEAN, False
        if folder == "places" and (PLACES / name) in places():
            return PLACES / name, False
        if folder == "showcase" and (showcase.FOLDER / name) in showcase.files():
            return showcase.FOLDER / name, False
        in_runtime = path.removeprefix(f"runtime/{runtime.version()}/")
        if in_runtime in runtime.FILES and in_runtime != path and self.runtime.folder:
            return self.runtime.folder / in_runtime, True
        if folder.startswith("models/"):
            for model in self.models().values():
                files = {CONFIG_NAME: model.config, ONNX_NAME: model.network}
                if model.folder == f"{folder}/" and name in files:
                    return files[name], True
        return None

    def files(self) -> dict[str, Content]:
        """All of them by their path, for a folder of their own; call it once the runtime is there.

        Raises
        ------
        HumanSegError : the runtime or weights are missing
        """
        if self.runtime.folder is None:
            self.runtime.folder, self.runtime.says = runtime.fetch(), None
        paths = [f"js/{path.name}" for path in scripts()]
        paths += [CLEAN, *(f"places/{path.name}" for path in places())]
        paths += [f"runtime/{runtime.version()}/{name}" for name in runtime.FILES]
        for model in self.models().values():
            paths += [f"{model.folder}{name}" for name in (CONFIG_NAME, ONNX_NAME)]
        found = {path: self.find(path) for path in ["engine.json", *dict.fromkeys(paths)]}
        return {path: content for path, (content, _) in found.items()}


def _model(name: str | Path, use: str) -> Model:
    """A network, or the one that ships where the Hub can't be reached, as on the server."""
    try:
        return Model(name)
    except DownloadError:
        return Model(SHIPS[use])


def scripts() -> list[Path]:
    """Our own modules, and how they look."""
    return sorted([*JS.glob("*.js"), *JS.glob("*.css")])


def places() -> list[Path]:
    """Pictures for the background."""
    return sorted(PLACES.glob("*.jpg"))


def checksum(content: Content) -> str:
    """The SHA-256 of a file of the page, in hexadecimal digits.

    Raises
    ------
    OSError : it can't be read
    """
    return sha256(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()
