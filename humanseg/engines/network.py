"""The ONNX file of weights: the one beside them, or one that is made from them once and kept in the cache."""

from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path

from humanseg.engines.cache import warn_once
from humanseg.errors import WeightsError
from humanseg.extras import needed
from humanseg.files import replacing, sha256
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME, read_config
from humanseg.model.onnx_file import FORMAT, OnnxFile, check_belongs, described

log = logging.getLogger(__name__)

# Raised whenever `to_onnx` gives other numbers, so that files made earlier aren't used.
EXPORT = 2


def find_network(folder: Path, cache_dir: Path | None) -> OnnxFile:
    """The network of a folder of weights.

    Parameters
    ----------
    folder : with `model.onnx`, `model.safetensors` or both
    cache_dir : for a file that has to be made; None to keep none

    Raises
    ------
    WeightsError : `model.onnx` is damaged or doesn't belong to the weights; the weights are missing or can't be read
    EngineError : there is no `model.onnx`, and what makes it isn't installed
    """
    if (folder / ONNX_NAME).exists():
        file = OnnxFile.read(folder / ONNX_NAME)
        check_belongs(file, folder)
        return file
    kept = cache_dir / "onnx" / f"{_key(folder)}.onnx" if cache_dir else None
    if kept and (file := _whole(kept)):
        return file
    with needed("train", f"There is no {folder / ONNX_NAME}, and making it from {WEIGHTS_NAME}"):
        from humanseg.model.export import to_onnx
    log.info("Making %s of %s for OpenVINO, once.", ONNX_NAME, folder)
    content = to_onnx(folder)
    if kept:
        _keep(kept, content, cache_dir)
    return OnnxFile.parse(content, folder / ONNX_NAME)


def _whole(path: Path) -> OnnxFile | None:
    """A file in the cache, if a whole one is there."""
    try:
        if path.exists():
            return OnnxFile.read(path)
    except (OSError, WeightsError) as error:
        log.warning("The cached network can't be used, so it's made again: %s", error)
    return None


def _keep(path: Path, content: bytes, cache_dir: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.rmtree(path)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        warn_once(cache_dir, error)


def _key(folder: Path) -> str:
    """Changes with the weights, the part of their configuration that is in the network, and how it's made.

    Raises
    ------
    WeightsError : the weights are missing or can't be read
    """
    config = read_config(folder)
    path = folder / WEIGHTS_NAME
    try:
        weights = sha256(path)
    except FileNotFoundError as error:
        raise WeightsError(f"There is no {path}: name a folder with {CONFIG_NAME} and {WEIGHTS_NAME}.") from error
    except OSError as error:
        raise WeightsError(f"{path} can't be read ({error.strerror}): fetch the weights again.") from error
    return hashlib.sha256(f"{FORMAT} {EXPORT} {described(config)} {weights}".encode()).hexdigest()[:24]
