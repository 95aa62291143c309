"""Checks that come before the work: where results can go, and numbers that make sense."""

import tempfile
from pathlib import Path

import pytest

from humanseg.cli.arguments import check_file, check_folder, number, whole_number
from humanseg.errors import HumanSegError


def test_a_folder_that_can_be_made_is_fine_and_left_unmade(tmp_path):
    check_folder(tmp_path / "a" / "b" / "c")
    check_folder(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["taken", "taken/below", "x" * 300, "a/" + "x" * 300])
def test_an_impossible_folder_is_refused(tmp_path, name):
    (tmp_path / "taken").touch()
    with pytest.raises(HumanSegError, match="folder"):
        check_folder(tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("check", [check_folder, lambda path: check_file(path / "s.json", "--json")])
def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch, check):
    def refuse(**options):
        raise PermissionError(13, "Permission denied")  # raised here, since root may write anywhere

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(HumanSegError, match="Permission denied"):
        check(tmp_path)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no such file system here")
def test_a_file_system_that_takes_no_folders_is_refused():
    with pytest.raises(HumanSegError, match="another folder"):
        check_folder(Path("/proc/new"))


def test_a_dangling_link_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(HumanSegError, match="another folder"):
        check_folder(tmp_path / "link")


def test_a_new_file_and_an_old_one_are_fine(tmp_path):
    (tmp_path / "old.json").write_text("{}")
    for name in ("new.json", "old.json"):
        check_file(tmp_path / name, "--json", [tmp_path / "other.json"])
    assert [p.name for p in tmp_path.iterdir()] == ["old.json"] and (tmp_path / "old.json").read_text() == "{}"


@pytest.mark.parametrize("name", [".", "missing/s.json", "taken/s.json"])
def test_a_file_that_cannot_be_written_is_refused(tmp_path, name):
    (tmp_path / "taken").touch()
    with pytest.raises(HumanSegError, match="--json"):
        check_file(tmp_path / name, "--json")


def test_a_file_that_is_read_is_refused_by_any_name(tmp_path):
    (tmp_path / "ids.txt").touch()
    (tmp_path / "link.txt").symlink_to("ids.txt")
    for name in ("ids.txt", "link.txt", "sub/../ids.txt", "IDS.txt"):
        (tmp_path / "sub").mkdir(exist_ok=True)
        with pytest.raises(HumanSegError, match="which is read"):
            check_file(tmp_path / name, "--json", [tmp_path / "ids.txt"])


def test_whole_numbers_within_bounds_are_read():
    read = whole_number("--size", 1, 10)
    assert [read("1"), read("10"), read(" 7 ")] == [1, 10, 7]


@pytest.mark.parametrize("text", ["0", "-1", "11", "1.5", "", "x", "1e3", "9" * 5000])
def test_others_are_refused_in_one_sentence(text):
    with pytest.raises(HumanSegError, match="--size takes a whole number from 1 to 10"):
        whole_number("--size", 1, 10)(text)


def test_a_number_is_read_or_refused():
    assert number("--scale")("0.8") == 0.8
    with pytest.raises(HumanSegError, match="--scale takes a number"):
        number("--scale")("much")
