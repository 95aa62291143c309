from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from humanseg.ui import page
from humanseg.ui.server import sweep
from humanseg.ui.server.folder import private_folder, remove, sweep_left
from humanseg.ui.server.limits import Limits
from tests.ui.fakes import segmenter


@pytest.fixture
def folder(temporary):
    own = private_folder()
    yield own
    remove(own)


@pytest.fixture
def demo(folder):
    return page.build(segmenter, Limits())


def test_old_files_go_and_what_the_page_is_made_of_stays(demo, folder):
    own = set(folder.rglob("*.jpg"))
    assert len(own) > 8, "places and examples are copied there once"
    photo = demo.context.shelf.put("secret.png", b"photo")
    assert photo.is_relative_to(folder)
    assert sweep.sweep(demo, folder, age=60) == 0
    assert sweep.sweep(demo, folder, age=-1) >= 1
    assert not photo.exists()
    assert set(folder.rglob("*.jpg")) == own


def test_folders_that_are_empty_go_too_but_not_those_that_may_be_about_to_be_filled(demo, folder):
    (folder / "left" / "inside").mkdir(parents=True)
    sweep.sweep(demo, folder, age=3600)
    assert (folder / "left" / "inside").is_dir()
    long_ago = time.time() - sweep.GRACE - 1
    for path in (folder / "left" / "inside", folder / "left"):
        os.utime(path, (long_ago, long_ago))
    sweep.sweep(demo, folder, age=3600)
    assert not (folder / "left" / "inside").exists()
    os.utime(folder / "left", (long_ago, long_ago))
    sweep.sweep(demo, folder, age=3600)
    assert not (folder / "left").exists()


def test_the_page_can_still_write_and_be_known_as_running_after_everything_was_swept(demo, folder, temporary):
    sweep.sweep(demo, folder, age=-1)
    assert sweep_left(temporary) == 0
    assert demo.context.shelf.put("next.png", b"photo").read_bytes() == b"photo"
    with __import__("tempfile").NamedTemporaryFile() as file:
        assert Path(file.name).is_relative_to(folder)


def test_an_upload_that_was_broken_off_goes_too(demo, folder):
    (folder / "tmpabc").write_bytes(b"half a photo")
    assert sweep.sweep(demo, folder, age=-1) >= 1
    assert not (folder / "tmpabc").exists()


def test_a_file_that_cannot_be_removed_does_not_keep_the_others(demo, folder, monkeypatch):
    stuck, other = (demo.context.shelf.put(name, b"photo") for name in ("stuck.png", "other.png"))
    unlink = Path.unlink

    def refuse(path, *arguments, **options):
        if path == stuck:
            raise PermissionError(13, "in use")
        return unlink(path, *arguments, **options)

    monkeypatch.setattr(Path, "unlink", refuse)
    sweep.sweep(demo, folder, age=-1)
    assert stuck.exists() and not other.exists()


def test_an_unexpected_error_does_not_end_the_sweeping(monkeypatch, tmp_path, caplog):
    calls = []

    class Enough(BaseException):
        pass

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise Enough
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sweep, "sweep", fail)
    monkeypatch.setattr("threading.excepthook", lambda *_: None)
    sweep.start(None, tmp_path, 0, 1).join(20)
    assert len(calls) == 3
    assert caplog.text.count("Input/output error") >= 2


def test_files_are_gone_within_the_promised_time():
    for seconds in (1, 60, 3600):
        assert sum(Limits(keep_seconds=seconds).cleaning) <= max(2, seconds)
    assert Path("humanseg/ui/page.py").read_text(encoding="utf-8").count("delete_cache=limits.cleaning") == 1


def test_sessions_that_nobody_asks_for_are_dropped_with_the_files(tmp_path, demo, monkeypatch):
    monkeypatch.setattr("threading.excepthook", lambda *_: None)
    called = []

    class Enough(BaseException):
        pass

    def purge():
        called.append(True)
        raise Enough

    thread = sweep.start(demo, tmp_path, 0, 3600, also=purge)
    thread.join(20)
    assert called == [True]
