"""A page's temporary folder is its own, goes with it, and is swept at the next start when its process was killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from humanseg.errors import HumanSegError
from humanseg.ui.server import folder
from humanseg.ui.server.folder import LOCK, NOTE, PARTS, private_folder, remove, sweep_left

CHILD = """
import sys
from humanseg.ui.server.folder import private_folder
own = private_folder()
(own / "abc").mkdir()
(own / "abc" / "photo.png").write_bytes(b"photo")
print(own, flush=True)
sys.stdin.read()
"""


@contextmanager
def page_in(temporary: Path) -> Iterator[tuple[subprocess.Popen, Path]]:
    """A process with a folder of its own below `temporary`, and a photo in it."""
    command = [sys.executable, "-c", CHILD]
    environment = os.environ | {"GRADIO_TEMP_DIR": str(temporary)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


@pytest.fixture
def left(temporary) -> Path:
    """The folder that a killed process left."""
    with page_in(temporary) as (process, own):
        process.kill()
        process.wait(20)
    assert (own / "abc" / "photo.png").is_file()
    return own


def rewrite(own: Path, **changes) -> None:
    note = json.loads((own / NOTE).read_text(encoding="utf-8"))
    (own / NOTE).write_text(json.dumps(note | changes), encoding="utf-8")


def test_the_folder_is_private_and_everything_temporary_goes_there(temporary):
    own = private_folder()
    assert own.parent == temporary.resolve() and own.is_absolute()
    assert os.environ["GRADIO_TEMP_DIR"] == str(own)
    if os.name == "posix":
        assert own.stat().st_mode & 0o777 == 0o700
    with tempfile.NamedTemporaryFile() as file:
        assert Path(file.name).parent == own / PARTS
    remove(own)
    assert not list(temporary.iterdir())


def test_a_relative_or_missing_folder_that_is_asked_for_is_made(temporary, monkeypatch):
    monkeypatch.chdir(temporary)
    monkeypatch.setenv("GRADIO_TEMP_DIR", "not/yet")
    own = private_folder()
    assert own.parent == (temporary / "not" / "yet").resolve()
    remove(own)


@pytest.mark.parametrize("asked", ["a file", "a file/below", "nul\0"])
def test_a_folder_that_cannot_be_written_is_a_sentence_that_names_the_variable(temporary, monkeypatch, asked):
    (temporary / "a file").write_bytes(b"")
    monkeypatch.setattr(os, "environ", dict(os.environ) | {"GRADIO_TEMP_DIR": str(temporary / asked)})
    with pytest.raises(HumanSegError, match="GRADIO_TEMP_DIR"):
        private_folder()


def test_what_a_killed_process_left_is_swept_by_the_next_start(left, temporary):
    own = private_folder()
    assert not left.exists()
    assert [path for path in temporary.iterdir() if path.is_dir()] == [own]
    remove(own)


def test_what_a_running_process_has_stays_and_goes_once_it_is_gone(temporary):
    with page_in(temporary) as (process, theirs), page_in(temporary) as (_, others):
        assert sweep_left(temporary) == 0
        assert (theirs / "abc" / "photo.png").is_file() and (others / "abc" / "photo.png").is_file()
        process.kill()
        process.wait(20)
        assert sweep_left(temporary) == 1
        assert not theirs.exists() and (others / "abc" / "photo.png").is_file()


def test_the_own_folder_of_a_running_page_is_not_swept_by_itself(temporary):
    own = private_folder()
    assert sweep_left(temporary) == 0 and own.is_dir()
    remove(own)


def test_a_folder_is_swept_although_its_process_number_is_in_use_again(left, temporary):
    rewrite(left, pid=os.getpid())
    assert sweep_left(temporary) == 1 and not left.exists()


def test_a_folder_that_was_half_removed_is_removed_at_last(left, temporary):
    shutil.rmtree(left / "abc")
    (left / LOCK).unlink()
    assert sweep_left(temporary) == 1 and not left.exists()


def test_two_sweeps_at_once_get_along(left, temporary):
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(sweep_left(temporary))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(counts) == 8 and sum(counts) >= 1 and not left.exists()


def _no_note(own: Path) -> None:
    (own / NOTE).unlink()


def _elsewhere(own: Path) -> None:
    rewrite(own, host="another machine", boot="another start")


def _copied(own: Path) -> None:
    rewrite(own, folder="humanseg-page-0123456789abcdef")


def _open_to_others(own: Path) -> None:
    own.chmod(0o755)


def _broken(own: Path) -> None:
    (own / NOTE).write_text("{", encoding="utf-8")


def _a_list(own: Path) -> None:
    (own / NOTE).write_text("[1, 2]", encoding="utf-8")


def _note_is_a_link(own: Path) -> None:
    (own / NOTE).rename(own.parent / "note.json")
    (own / NOTE).symlink_to(own.parent / "note.json")


def _lock_is_a_link(own: Path) -> None:
    (own / LOCK).unlink()
    (own / LOCK).symlink_to(own.parent / "elsewhere")


def _a_link(own: Path) -> None:
    own.rename(own.parent / "moved")
    own.symlink_to(own.parent / "moved")


@pytest.mark.parametrize(
    "change",
    [
        _no_note,
        _elsewhere,
        _copied,
        _open_to_others,
        _broken,
        _a_list,
        _note_is_a_link,
        _lock_is_a_link,
        _a_link,
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="Modes and links are other on Windows.")
def test_what_is_not_provably_ours_stays(left, temporary, change):
    change(left)
    assert sweep_left(temporary) == 0
    assert (left / "abc" / "photo.png").is_file()


def test_other_folders_and_files_stay_whatever_they_are_called(temporary):
    (temporary / "humanseg-page-mine").mkdir()
    (temporary / "humanseg-page-file").write_bytes(b"")
    (temporary / "gradio").mkdir()
    assert sweep_left(temporary) == 0
    assert len(list(temporary.iterdir())) == 3


def test_an_unreadable_folder_does_not_stop_the_start(temporary):
    assert sweep_left(temporary / "gone") == 0


def test_what_a_link_inside_leads_to_stays(left, temporary):
    outside = temporary / "outside"
    outside.mkdir()
    (outside / "own.txt").write_bytes(b"mine")
    (left / "link").symlink_to(outside)
    (left / "abc" / "link").symlink_to(outside / "own.txt")
    assert sweep_left(temporary) == 1
    assert (outside / "own.txt").read_bytes() == b"mine"


def test_a_photo_that_is_written_during_the_removal_goes_too(temporary):
    own = private_folder()
    (own / "abc").mkdir()
    writing = threading.Event()

    def write() -> None:
        for number in range(2000):
            try:
                (own / f"{number:032x}").mkdir()
                (own / f"{number:032x}" / "photo.png").write_bytes(b"photo")
            except OSError:
                return
            writing.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert writing.wait(20)
    remove(own)
    thread.join(20)
    assert not own.exists()


def test_without_locks_the_page_has_its_folder_and_nothing_is_ever_taken_for_left(temporary, monkeypatch):
    class NoLock:
        def __init__(self, path: Path) -> None:
            raise OSError(38, "Function not implemented")

    monkeypatch.setattr(folder, "Lock", NoLock)
    own = private_folder()
    assert sweep_left(temporary) == 0 and own.is_dir()
    remove(own)
    assert not own.exists()
