import os
import sys
from pathlib import Path

import pytest

from humanseg.cache import cache_folder
from humanseg.errors import HumanSegError


@pytest.fixture(autouse=True)
def _linux_without_settings(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("HUMANSEG_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_variable_goes_before_everything_else(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HUMANSEG_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.setenv("HUMANSEG_CACHE", "~/mine")
    assert cache_folder() == tmp_path / "mine"


def test_xdg_names_the_folder_on_linux(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "humanseg"


@pytest.mark.parametrize("xdg", [None, "", "relative/path"])
def test_else_it_is_below_the_home_folder(monkeypatch, tmp_path, xdg):
    if xdg is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    assert cache_folder() == tmp_path / ".cache" / "humanseg"


@pytest.mark.parametrize(
    ("platform", "folder"),
    [("darwin", "Library/Caches/humanseg"), ("win32", "AppData/Local/humanseg"), ("freebsd14", ".cache/humanseg")],
)
def test_each_platform_has_its_own(monkeypatch, tmp_path, platform, folder):
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == tmp_path / folder


def test_windows_may_name_another(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "humanseg"


@pytest.mark.parametrize("asked", [None, "~somebody-who-does-not-exist/cache"])
def test_without_any_home_the_sentence_names_the_variable(monkeypatch, asked):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    if asked:
        monkeypatch.setenv("HUMANSEG_CACHE", asked)
    with pytest.raises(HumanSegError, match="HUMANSEG_CACHE"):
        cache_folder()


def test_engines_and_downloads_share_it(monkeypatch, tmp_path):
    from humanseg.data import download
    from humanseg.engines import load

    monkeypatch.setenv("HUMANSEG_CACHE", str(tmp_path))
    assert download.cache_folder is load.cache_folder is cache_folder
    assert load._default_cache() == tmp_path == Path(os.environ["HUMANSEG_CACHE"])
