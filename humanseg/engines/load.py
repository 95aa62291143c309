"""Chooses the engine for this machine. Runtimes are imported only once they are chosen: each takes seconds."""

from __future__ import annotations

import logging
import os
import platform
from pathlib import Path

from humanseg.cache import cache_folder
from humanseg.engines.base import Engine, limit_threads, thread_count
from humanseg.engines.cache import warn_once
from humanseg.errors import EngineError, HumanSegError

log = logging.getLogger(__name__)

ENGINES = ("auto", "torch", "openvino")


def load_engine(
    folder: str | Path, *, engine: str | None = None, threads: int | None = None, cache_dir: Path | None = None
) -> Engine:
    """The best engine for this machine, or the one asked for.

    Parameters
    ----------
    folder : weights as `unet.save` writes them
    engine : auto, torch or openvino; by default what HUMANSEG_ENGINE says, else auto
    threads : of the CPU; by default what HUMANSEG_THREADS says, else all that this process may use
    cache_dir : for converted and compiled networks; by default `cache_folder()`. Where it can't be used, the log says
        so once, and everything works without it

    Raises
    ------
    EngineError : no such engine, or it can't be used here
    WeightsError : the weights are missing or damaged
    """
    engine = engine or os.environ.get("HUMANSEG_ENGINE") or "auto"
    if engine not in ENGINES:
        raise EngineError(f"There is no engine {engine!r}: choose one of {', '.join(ENGINES)}.")
    threads = thread_count(threads)
    limit_threads(threads)
    folder = Path(folder)
    if engine == "torch" or (engine == "auto" and _has_gpu()):
        return _torch(folder, threads)
    try:
        from humanseg.engines.openvino import OpenVinoEngine
    except ImportError as error:
        if engine == "openvino":
            raise EngineError("OpenVINO isn't installed: run `pip install openvino`, or use --engine torch.") from error
        log.warning("OpenVINO can't be imported (%s): falling back to PyTorch, which is slower.", error)
        return _torch(folder, threads)
    return OpenVinoEngine(folder, threads, cache_dir or _default_cache())


def _torch(folder: Path, threads: int) -> Engine:
    try:
        from humanseg.engines.torch import TorchEngine
    except ImportError as error:
        raise EngineError(
            f"PyTorch can't be imported ({error}): install it as README.md says, or use --engine openvino."
        ) from error
    return TorchEngine(folder, threads)


def _default_cache() -> Path | None:
    try:
        return cache_folder()
    except HumanSegError as error:
        warn_once(None, error)
        return None


def _has_gpu() -> bool:
    # Importing torch takes seconds, so it's asked only where a GPU's driver is installed.
    may_have = Path("/dev/nvidia0").exists() or platform.system() in ("Darwin", "Windows")
    if not may_have:
        return False
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available() or torch.backends.mps.is_available()
