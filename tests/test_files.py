import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from humanseg.files import held, name_within, replacing, sha256, sweep, temporary_beside

posix = pytest.mark.skipif(os.name == "nt", reason="Windows removes nothing that another process may have open")


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_takes_the_place_of_the_old_one(tmp_path, durable):
    path = tmp_path / "figures.txt"
    path.write_text("old")
    with replacing(path, durable=durable) as new:
        new.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "figures.txt"
    path.write_text("old")
    with pytest.raises(error), replacing(path) as new:
        new.write_text("half")
        raise error
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "gone" / "figures.txt"):
        pass


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002, 0o027])
def test_a_new_file_has_the_mode_that_the_umask_says(tmp_path, umask):
    code = f"""
import os, pathlib
from humanseg.files import replacing
os.umask({umask})
with replacing("new") as path:
    path.write_text("x")
pathlib.Path("plain").write_text("x")
assert os.umask(0) == {umask}, "the umask has been changed"
"""
    root = Path(__file__).resolve().parent.parent
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(root)}, check=True)
    assert mode(tmp_path / "new") == mode(tmp_path / "plain") == 0o666 & ~umask


@pytest.mark.parametrize("before", [0o600, 0o664, 0o444])
def test_a_file_that_was_there_keeps_its_mode(tmp_path, before):
    path = tmp_path / "figures.txt"
    path.write_text("old")
    path.chmod(before)
    with replacing(path) as new:
        new.write_text("new")
    assert path.read_text() == "new" and mode(path) == before


def test_files_of_many_threads_keep_the_process_umask(tmp_path):
    before = os.umask(0o027)
    try:

        def write(n):
            with replacing(tmp_path / f"{n}") as path:
                path.write_text(str(n))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(200)))
        assert {mode(path) for path in tmp_path.iterdir()} == {0o640}
        assert len(list(tmp_path.iterdir())) == 200
    finally:
        assert os.umask(before) == 0o027


def left_behind(folder, make=Path.touch):
    """What a killed process may leave in a folder, an hour old."""
    path = temporary_beside(folder / "clip.mp4")
    make(path)
    os.utime(path, (time.time() - 3600,) * 2)
    return path


@posix
@pytest.mark.parametrize("make", [Path.touch, Path.mkdir], ids=["file", "folder"])
def test_what_a_killed_process_left_is_swept_unless_somebody_is_at_work_on_it(tmp_path, make):
    path = left_behind(tmp_path, make)
    with held(path):
        sweep(tmp_path)
        assert path.exists()
    sweep(tmp_path)
    assert not path.exists()


@posix
def test_what_a_process_leaves_when_it_is_killed_is_not_held(tmp_path):
    code = "import os, signal, sys, pathlib; from humanseg.files import replacing\n"
    code += "with replacing(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", code, tmp_path / "clip.mp4"]
    assert subprocess.run(command, env=os.environ | {"PYTHONPATH": str(root)}).returncode < 0
    (left,) = tmp_path.iterdir()
    os.utime(left, (time.time() - 3600,) * 2)
    sweep(tmp_path)
    assert not left.exists()


@posix
def test_nothing_else_is_swept(tmp_path):
    new = temporary_beside(tmp_path / "clip.mp4")
    new.touch()  # its process may not have got to lock it yet
    others = [tmp_path / name for name in ("clip.part", ".clip.part", ".0123456789abcdef.part.txt")]
    for path in others:
        path.touch()
        os.utime(path, (time.time() - 3600,) * 2)
    aim, link = tmp_path / "aim", temporary_beside(tmp_path / "clip.mp4")
    aim.touch()
    link.symlink_to(aim)
    os.utime(link, (time.time() - 3600,) * 2, follow_symlinks=False)
    sweep(tmp_path)
    sweep(tmp_path / "gone")
    assert set(tmp_path.iterdir()) == {new, aim, link, *others}


def test_a_name_as_long_as_names_can_be_is_written(tmp_path):
    for name in ("x" * 255, "ü" * 127, "😀" * 63 + "abc"):
        with replacing(tmp_path / name) as path:
            path.write_text("new")
        assert (tmp_path / name).read_text() == "new"


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("short", "short-cutout.png"),
        ("x" * 244, "x" * 244 + "-cutout.png"),
        ("x" * 245, "x" * 244 + "-cutout.png"),
        ("ü" * 200, "ü" * 122 + "-cutout.png"),
        ("x" + "ü" * 200, "x" + "ü" * 121 + "-cutout.png"),
        ("写" * 100, "写" * 81 + "-cutout.png"),
        ("😀" * 100, "😀" * 61 + "-cutout.png"),
        ("u\u0308" * 200, "u\u0308" * 81 + "-cutout.png"),  # an accent stays with its letter
        ("x" * 240 + "👩\u200d👩\u200d👧", "x" * 240 + "-cutout.png"),  # and a family together
        ("x" * 240 + "👍🏽", "x" * 240 + "-cutout.png"),
        ("a" + "\u0308" * 300, "a" + "\u0308" * 121 + "-cutout.png"),
        ("\udcff" * 300, "\udcff" * 244 + "-cutout.png"),  # bytes that aren't UTF-8 count as one each
        ("a/b\0c\ud83d", "a_b_c_-cutout.png"),
        ("", "-cutout.png"),
    ],
)
def test_a_name_is_cut_between_characters_where_it_must_be(tmp_path, stem, expected):
    name = name_within(stem, "-cutout.png")
    assert name == expected and len(os.fsencode(name)) <= 255
    (tmp_path / name).write_text("it can be written")


def test_a_number_at_the_end_of_a_long_name_is_never_cut():
    names = [name_within("x" * 300, ending) for ending in ("-cutout.png", "-cutout-2.png", "-cutout-10.png")]
    assert len(set(names)) == 3 and {len(name) for name in names} == {255}


def test_a_files_checksum_is_that_of_sha256sum(tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4
