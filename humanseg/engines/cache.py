"""Converted networks on disk, so that later starts need neither the conversion nor PyTorch.

No fault of the cache may stop a photo: one that can't be read or written costs time at every start, as the log says.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import platform
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from humanseg.cache import VARIABLE
from humanseg.errors import WeightsError
from humanseg.files import replacing
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME, read_config

log = logging.getLogger(__name__)

# Raised whenever the conversion changes, so that networks converted earlier aren't used.
CONVERSION = 4
NETWORK_NAME = "model.xml"
_FILES = (NETWORK_NAME, "model.bin")
_CHECKSUMS = "checksums.json"


_warned: set[str] = set()


def warn_once(folder: Path | None, error: Exception) -> None:
    """Says that a cache folder (or, with None, any) can't be used; each folder is reported once."""
    place = str(folder) if folder else "a cache folder"
    if place not in _warned:
        _warned.add(place)
        log.warning(
            "The converted network can't be kept in %s, so every start takes longer: name another folder in %s. (%s)",
            place,
            VARIABLE,
            # Without the line of OpenVINO's own source.
            re.sub(r"^Exception from \S+ ", "", " ".join(str(error).split())),
        )


class NetworkCache:
    """The place of one converted network in the cache, with what was compiled from it and notes about it.

    Parameters
    ----------
    cache_dir : the cache's folder; None for a cache that keeps nothing
    key : of the network, see `network_key`
    """

    def __init__(self, cache_dir: Path | None, key: str):
        self._cache_dir = cache_dir
        self._folder = cache_dir / "openvino" / key if cache_dir else None

    @property
    def compiled(self) -> Path | None:
        """The folder for networks that a runtime compiles; None if there is none."""
        return self._folder / "compiled" if self._folder else None

    def give_up(self, error: Exception) -> None:
        """Keeps nothing from now on, since the folder can't be used."""
        warn_once(self._cache_dir, error)
        self._folder = None

    def find(self) -> Path | None:
        """The network's file, if a whole one is there."""
        if not self._folder:
            return None
        try:
            kept = json.loads((self._folder / _CHECKSUMS).read_text(encoding="utf-8"))
            if kept == _checksums(self._folder):
                return self._folder / NETWORK_NAME
            log.warning("The cached network in %s is damaged: converting it again.", self._folder)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError) as error:
            log.warning("The cached network in %s can't be read (%s): converting it again.", self._folder, error)
        return None

    def store(self, save: Callable[[Path], None]) -> None:
        """Keeps a network for the next start, in place of one that is damaged.

        Parameters
        ----------
        save : writes it to a path; may raise OSError or RuntimeError
        """
        if not self._folder:
            return
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            # Written beside and moved into place: two starts at once never see half of it.
            with tempfile.TemporaryDirectory(dir=self._folder.parent) as temporary:
                new = Path(temporary) / "new"
                save(new / NETWORK_NAME)
                (new / _CHECKSUMS).write_text(json.dumps(_checksums(new)), encoding="utf-8")
                if self._folder.exists() and not self.find():
                    shutil.rmtree(self._folder)
                new.rename(self._folder)
        except (OSError, RuntimeError) as error:
            if not self.find():  # else another process was quicker
                self.give_up(error)

    def note(self, name: str) -> bool | None:
        """What was noted about this network on this processor; None where nothing was, or nothing readable."""
        if not self._folder:
            return None
        try:
            value = json.loads(self._note_path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return value if isinstance(value, bool) else None

    def write_note(self, name: str, value: bool) -> None:
        """Notes a finding for the next start on this processor."""
        if not self._folder:
            return
        try:
            with replacing(self._note_path(name)) as path:
                path.write_text(json.dumps(value), encoding="utf-8")
        except OSError as error:
            warn_once(self._cache_dir, error)

    def _note_path(self, name: str) -> Path:
        return self._folder / f"{name}.{_processor()}.json"


def network_key(folder: Path, runtime: str) -> str:
    """A key that changes with the weights, the converted part of their configuration, the conversion and the runtime.

    Raises
    ------
    WeightsError : the weights are missing or can't be read
    """
    config = read_config(folder)
    network = (config.encoder, config.depth, config.decoder_channels, config.mean, config.std, config.stride)
    digest = hashlib.sha256(f"{CONVERSION} {runtime} {network} {config.size}".encode())
    path = folder / WEIGHTS_NAME
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except FileNotFoundError as error:
        raise WeightsError(f"There is no {path}: name a folder with {CONFIG_NAME} and {WEIGHTS_NAME}.") from error
    except OSError as error:
        raise WeightsError(f"{path} can't be read ({error.strerror}): fetch the weights again.") from error
    return digest.hexdigest()[:24]


def _checksums(folder: Path) -> dict[str, int]:
    # CRC-32: against accidents, such as a copy that was cut short; it takes 20 ms for 20 MB.
    return {name: zlib.crc32((folder / name).read_bytes()) for name in _FILES}


@functools.cache
def _processor() -> str:
    """Tells processors apart, since a cache may be shared between machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        text = "".join(line for line in lines[:40] if line.startswith(("model name", "flags")))
    except OSError:
        text = platform.processor()
    return hashlib.sha256(text.encode()).hexdigest()[:12]
