"""The browser's runtime is fetched once, whole or not at all; a stand-in for npm brings files of a few bytes."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from humanseg.errors import DownloadError
from humanseg.web import runtime

NPM = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path
Path(os.environ["CALLS"]).open("a").write(json.dumps(sys.argv[1:]) + "\\n")
lock = json.loads(Path("package-lock.json").read_text())
assert all("resolved" not in package for package in lock["packages"].values())
for name in {(*runtime.FILES.values(), "onnxruntime-web/dist/unused.wasm")!r}:
    path = Path("node_modules") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name * 100)
"""
FIRST = next(iter(runtime.FILES))


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, from which everything has to be fetched."""
    monkeypatch.setenv("HUMANSEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(runtime.VARIABLE, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def calls(tmp_path, monkeypatch) -> Path:
    """With an npm on the path that brings small files; the file in which it lists what it was called with."""
    return stand_in(tmp_path, monkeypatch, NPM)


def stand_in(tmp_path, monkeypatch, script: str) -> Path:
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(script)
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def test_it_is_fetched_once_and_only_what_is_needed_is_kept(cache, calls):
    assert runtime.find() is None
    folder = runtime.fetch()
    assert folder == runtime.fetch() == runtime.find()
    (call,) = map(json.loads, calls.read_text().splitlines())
    assert call[0] == "ci" and "--ignore-scripts" in call
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert runtime.FILES.keys() < kept and "unused.wasm" not in kept
    assert list((cache / "web").iterdir()) == [folder]


def test_what_was_damaged_since_is_fetched_again(cache, calls):
    folder = runtime.fetch()
    (folder / FIRST).write_text("damaged")
    assert runtime.find() is None
    assert runtime.fetch() == folder and "damaged" not in (folder / FIRST).read_text()
    assert len(calls.read_text().splitlines()) == 2


def test_files_are_kept_compressed_beside_themselves(cache, calls):
    folder = runtime.fetch()
    assert all((folder / f"{name}.gz").stat().st_size < (folder / name).stat().st_size for name in runtime.FILES)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a script that Windows doesn't run")
def test_what_npm_complains_of_is_in_the_sentence_and_nothing_is_left(cache, tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "#!/bin/sh\necho 'npm error code EINTEGRITY' >&2\nexit 1\n")
    with pytest.raises(DownloadError, match="EINTEGRITY"):
        runtime.fetch()
    assert list((cache / "web").iterdir()) == [] and runtime.find() is None


def test_without_npm_one_comes_from_pypi_in_an_environment_of_its_own(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(runtime.shutil, "which", lambda name: None)
    monkeypatch.setattr(runtime, "_run", lambda command, work: commands.append(command))
    npm = runtime.npm(tmp_path)
    assert commands[0][1:] == ["-m", "venv", str(tmp_path / "node")] and runtime.NODE in commands[1]
    assert Path(npm[0]).is_relative_to(tmp_path / "node")


def test_a_folder_that_is_named_is_used_and_nothing_fetched(cache, calls, monkeypatch):
    folder = runtime.fetch()
    monkeypatch.setenv("HUMANSEG_CACHE", str(cache.parent / "other"))
    monkeypatch.setenv(runtime.VARIABLE, str(folder))
    assert runtime.fetch() == folder and len(calls.read_text().splitlines()) == 1


@pytest.mark.parametrize(("value", "words"), [("never", "isn't fetched"), ("/nowhere", "/nowhere doesn't hold")])
def test_a_folder_without_it_is_a_sentence(cache, monkeypatch, value, words):
    monkeypatch.setenv(runtime.VARIABLE, value)
    assert runtime.find() is None
    with pytest.raises(DownloadError, match=words):
        runtime.fetch()


def test_a_cache_that_can_not_be_written_is_a_sentence(cache, calls):
    cache.write_text("a file, no folder")
    with pytest.raises(DownloadError, match="can't be kept in"):
        runtime.fetch()


def test_in_the_background_what_goes_wrong_stands_in_the_log_and_the_page_goes_on(cache, monkeypatch, caplog):
    monkeypatch.setenv(runtime.VARIABLE, "/nowhere")
    background = runtime.Background()
    assert "still being fetched" in background.says
    background.start().join()
    assert background.folder is None and "/nowhere" in background.says
    assert [record.levelname for record in caplog.records] == ["WARNING"] and "/nowhere" in caplog.text


def test_in_the_background_it_is_there_once_it_is_fetched(cache, calls):
    background = runtime.Background()
    background.start().join()
    assert background.says is None and background.folder == runtime.find()


def test_the_lock_file_pins_everything_by_its_hash_and_names_no_registry(repository):
    for folder in ("humanseg/web/npm", ".ci/types"):
        lock = json.loads((repository / folder / "package-lock.json").read_text())
        packages = {name: package for name, package in lock["packages"].items() if name}
        assert packages and all(package["integrity"].startswith("sha512-") for package in packages.values())
        assert not any("resolved" in package for package in packages.values())
