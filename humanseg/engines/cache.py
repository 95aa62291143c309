"""What engines keep on disk for the next start: networks that had to be made, compiled ones, findings about them.

No fault of the cache may stop a photo: what can't be read or written costs time at every start, as the log says.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import platform
import re
from pathlib import Path

from humanseg.cache import VARIABLE
from humanseg.files import replacing

log = logging.getLogger(__name__)

_warned: set[str] = set()


def warn_once(folder: Path | None, error: Exception) -> None:
    """Says that a cache folder (or, with None, any) can't be used; each folder is reported once."""
    place = str(folder) if folder else "a cache folder"
    if place not in _warned:
        _warned.add(place)
        log.warning(
            "The network can't be kept in %s, so every start takes longer: name another folder in %s. (%s)",
            place,
            VARIABLE,
            # Without the line of OpenVINO's own source.
            re.sub(r"^Exception from \S+ ", "", " ".join(str(error).split())),
        )


class CompiledCache:
    """The place of what a runtime compiled from one network, and of notes about it.

    Parameters
    ----------
    cache_dir : the cache's folder; None for a cache that keeps nothing
    key : of the network and the runtime, as a file may be called
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


@functools.cache
def _processor() -> str:
    """Tells processors apart, since a cache may be shared between machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        text = "".join(line for line in lines[:40] if line.startswith(("model name", "flags")))
    except OSError:
        text = platform.processor()
    return hashlib.sha256(text.encode()).hexdigest()[:12]
