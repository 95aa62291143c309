"""The one folder for what can be made or fetched again: converted networks, a downloaded data set."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from humanseg.errors import HumanSegError

VARIABLE = "HUMANSEG_CACHE"


def cache_folder() -> Path:
    """Where to keep what can be made again; it may not exist yet, or not be writable.

    HUMANSEG_CACHE, or else a folder `humanseg` in the platform's place for caches: XDG_CACHE_HOME or ~/.cache,
    ~/Library/Caches on macOS, LOCALAPPDATA on Windows.

    Raises
    ------
    HumanSegError : there is no home folder either

    Examples
    --------
    >>> os.environ["HUMANSEG_CACHE"] = "/var/cache/humanseg"
    >>> cache_folder()
    PosixPath('/var/cache/humanseg')
    """
    try:
        if asked := os.environ.get(VARIABLE):
            return Path(asked).expanduser()
        return _platform_folder() / "humanseg"
    except RuntimeError as error:  # from pathlib
        raise HumanSegError(f"There is no home folder to keep files in: name a folder in {VARIABLE}.") from error


def _platform_folder() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base) if base else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    # The XDG specification says that relative paths are to be ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return base if base.is_absolute() else Path.home() / ".cache"
