"""Chooses the engine for this machine. Runtimes are imported only once they are chosen: each takes seconds."""

from __future__ import annotations

import importlib.util
import logging
import os
import platform
from pathlib import Path

from humanseg.cache import cache_folder
from humanseg.engines.base import Engine, limit_threads, thread_count
from humanseg.engines.cache import warn_once
from humanseg.errors import EngineError, HumanSegError
from humanseg.extras import needed
from humanseg.model.config import ONNX_NAME, WEIGHTS_NAME

log = logging.getLogger(__name__)

ENGINES = ("auto", "torch", "openvino")
# What each runtime reads besides the configuration.
FILES = {"openvino": ONNX_NAME, "torch": WEIGHTS_NAME}


def choose_engine(engine: str | None = None) -> str:
    """Which runtime `load_engine` would use here: openvino or torch. Takes no time where there is no GPU.

    Parameters
    ----------
    engine : auto, torch or openvino; by default what HUMANSEG_ENGINE says, else auto: PyTorch where it finds a GPU

    Raises
    ------
    EngineError : there is no such engine
    """
    engine = engine or os.environ.get("HUMANSEG_ENGINE") or "auto"
    if engine not in ENGINES:
        raise EngineError(f"There is no engine {engine!r}: choose one of {', '.join(ENGINES)}.")
    if engine != "auto":
        return engine
    if _has_gpu():
        return "torch"
    if not _is_installed("openvino") and _is_installed("torch"):
        log.warning("OpenVINO isn't installed: falling back to PyTorch, which is slower.")
        return "torch"
    return "openvino"


def load_engine(
    folder: str | Path, *, engine: str | None = None, threads: int | None = None, cache_dir: Path | None = None
) -> Engine:
    """The best engine for this machine, or the one asked for.

    Parameters
    ----------
    folder : weights as `unet.save` writes them
    engine : auto, torch or openvino; as for `choose_engine`
    threads : of the CPU; by default what HUMANSEG_THREADS says, else all that this process may use
    cache_dir : for networks that are made and compiled; by default `cache_folder()`. Where it can't be used, the log
        says so once, and everything works without it

    Raises
    ------
    EngineError : no such engine, or it can't be used here
    WeightsError : the weights are missing or damaged
    """
    engine = choose_engine(engine)
    threads = thread_count(threads)
    limit_threads(threads)
    folder = Path(folder)
    if engine == "torch":
        with needed("gpu", "The engine torch"):
            from humanseg.engines.torch import TorchEngine
        return TorchEngine(folder, threads)
    try:
        from humanseg.engines.openvino import OpenVinoEngine
    except ImportError as error:
        raise EngineError(
            f"OpenVINO can't be imported ({error}): run `pip install openvino`, or use the engine torch."
        ) from error
    return OpenVinoEngine(folder, threads, cache_dir or _default_cache())


def _default_cache() -> Path | None:
    try:
        return cache_folder()
    except HumanSegError as error:
        warn_once(None, error)
        return None


def _has_gpu() -> bool:
    """Whether PyTorch is installed, with what its engine needs besides, and finds a GPU."""
    # Importing torch takes seconds, so it's asked only where a GPU's driver is installed.
    may_have = Path("/dev/nvidia0").exists() or platform.system() in ("Darwin", "Windows")
    if not may_have or not _is_installed("torch") or not _is_installed("segmentation_models_pytorch"):
        return False
    try:
        import torch
    except ImportError as error:
        log.warning("PyTorch can't be imported (%s), so the GPU isn't used.", error)
        return False
    return torch.cuda.is_available() or torch.backends.mps.is_available()


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # in place of a module something else was put, as tests do
        return False
