"""Whether weights on the disk are whole and what they say they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from humanseg.errors import WeightsError
from humanseg.files import hashed
from humanseg.model.config import CONFIG_NAME, ONNX_NAME, WEIGHTS_NAME, read_config

PICKLES = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"}
_CHECKSUM = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def checked(folder: Path, needs: str = WEIGHTS_NAME) -> Path:
    """The folder, once it's sure that it holds the configuration and the network, and that they are whole.

    Parameters
    ----------
    needs : `model.safetensors`, or `model.onnx`, in whose place `model.safetensors` serves

    Raises
    ------
    WeightsError : a file is missing, damaged or something else
    """
    read_config(folder)
    if needs == ONNX_NAME and (folder / ONNX_NAME).is_file():
        if _is_lfs_pointer(folder / ONNX_NAME):
            raise WeightsError(f"{folder / ONNX_NAME} isn't there yet: run `git lfs pull` in the clone.")
    else:
        _check_safetensors(folder)
    return folder


def _check_safetensors(folder: Path) -> None:
    from safetensors import SafetensorError, safe_open

    weights = folder / WEIGHTS_NAME
    if not weights.is_file():
        pickles = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICKLES)
        instead = f" ({pickles[0]} is a pickle, which can run any code and is never loaded)" if pickles else ""
        raise WeightsError(f"There is no {weights}{instead}: name a folder with {CONFIG_NAME} and {WEIGHTS_NAME}.")
    try:
        # Reads the header only, and compares it with the file's length.
        with safe_open(weights, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        pointer = _is_lfs_pointer(weights)
        remedy = "run `git lfs pull` in the clone" if pointer else "fetch the weights again"
        raise WeightsError(f"{weights} isn't a whole safetensors file ({error}): {remedy}.") from error


def _is_lfs_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(24) == b"version https://git-lfs."
    except OSError:
        return False


def not_a_folder(path: Path) -> WeightsError:
    """What to say of a file that was named in place of a folder."""
    if path.suffix.lower() in PICKLES:
        return WeightsError(
            f"{path} is a pickle, which can run any code and is never loaded: name a folder with {CONFIG_NAME} and "
            f"{WEIGHTS_NAME}."
        )
    return WeightsError(f"{path} is a file: name the folder that holds {CONFIG_NAME} and {WEIGHTS_NAME}.")


def checksum(path: Path, like: str) -> str:
    """A file's checksum of the same kind as `like`: SHA-256 (64 digits), or git's SHA-1 of a blob (40 digits).

    The Hub states the first of large files and the second of small ones.
    """
    return hashed(path, hashlib.sha256() if len(like) == 64 else hashlib.sha1(f"blob {path.stat().st_size}\0".encode()))


def matches_its_name(path: Path) -> bool:
    """Whether a file of the Hub's cache has the checksum that the cache names it by; true where it names none."""
    try:
        # One link only: the cache may share the file that it stands for with other models, by another kind of hash.
        name = path.readlink().name
    except OSError:  # a copy, on a disk without links
        return True
    return not _CHECKSUM.fullmatch(name) or checksum(path, name) == name
