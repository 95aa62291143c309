"""The static page in a folder: whole or not at all, and nobody else's files are touched."""

from __future__ import annotations

import json

import pytest

from humanseg.errors import HumanSegError
from humanseg.web import folder

PAGE = {"index.html": b"<h1>", "app/main.js": b"1;", "models/a/model.onnx": bytes(99), "sw.js": b"one"}


def there(place):
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


def test_a_new_folder_holds_the_page_and_a_list_of_it(tmp_path):
    out = tmp_path / "deep" / "site"
    assert folder.write(PAGE, out) == len(PAGE)
    assert there(out) == {*PAGE, folder.RECORD} and (out / "app" / "main.js").read_bytes() == b"1;"
    assert there(tmp_path) == {f"deep/site/{name}" for name in there(out)}


def test_files_can_come_from_the_disk(tmp_path):
    (tmp_path / "weights").write_bytes(b"w" * 500)
    folder.write({"models/model.onnx": tmp_path / "weights"}, tmp_path / "site")
    assert (tmp_path / "site" / "models" / "model.onnx").read_bytes() == b"w" * 500


def test_a_second_time_only_what_differs_is_written_and_what_is_left_over_goes(tmp_path):
    folder.write(PAGE, tmp_path / "site")
    before = (tmp_path / "site" / "index.html").stat().st_mtime_ns
    assert folder.write(PAGE, tmp_path / "site") == 0
    newer = {name: content for name, content in PAGE.items() if not name.startswith("models/")}
    newer |= {"models/b/model.onnx": bytes(9), "sw.js": b"two"}
    assert folder.write(newer, tmp_path / "site") == 2
    assert there(tmp_path / "site") == {*newer, folder.RECORD}
    assert not (tmp_path / "site" / "models" / "a").exists()
    assert (tmp_path / "site" / "index.html").stat().st_mtime_ns == before


def test_what_a_host_or_a_repository_keeps_there_stays(tmp_path):
    for name in (".git/config", ".nojekyll", "CNAME", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
    folder.write(PAGE, tmp_path)
    folder.write({"index.html": b"<h2>"}, tmp_path)
    assert there(tmp_path) == {".git/config", ".nojekyll", "CNAME", "README.md", "index.html", folder.RECORD}
    assert (tmp_path / "README.md").read_text() == "mine"


@pytest.mark.parametrize("name", ["thesis.txt", "index.html", "app/main.js"])
def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_was(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    for attempt in (folder.check, lambda place: folder.write(PAGE, place)):
        with pytest.raises(HumanSegError, match=r"isn't the page's: name a new or empty folder"):
            attempt(tmp_path)
    assert there(tmp_path) == {name} and (tmp_path / name).read_text() == "mine"


def test_a_file_that_somebody_put_where_a_new_version_has_one_is_not_written_over(tmp_path):
    folder.write(PAGE, tmp_path / "site")
    (tmp_path / "site" / "app" / "new.js").write_text("mine")
    with pytest.raises(HumanSegError, match=r"app/new\.js, which isn't the page's"):
        folder.write(PAGE | {"app/new.js": b"ours", "index.html": b"<h2>"}, tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_bytes() == b"<h1>"


def test_a_file_of_ours_that_somebody_has_changed_is_not_written_over(tmp_path):
    folder.write(PAGE, tmp_path / "site")
    (tmp_path / "site" / "index.html").write_text("my own headline")
    with pytest.raises(HumanSegError, match=r"index\.html has been changed since it was written"):
        folder.check(tmp_path / "site")
    (tmp_path / "site" / "index.html").unlink()
    assert folder.write(PAGE, tmp_path / "site") == 1


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"files": 7}', '{"files": {"a": 1}', "\x00"])
def test_a_list_that_cannot_be_read_is_a_sentence(tmp_path, record):
    (tmp_path / folder.RECORD).write_text(record)
    with pytest.raises(HumanSegError, match=r"humansegnet\.json can't be read: name a new folder"):
        folder.check(tmp_path)


@pytest.mark.parametrize("path", ["../mine.txt", "/etc/hostname", "app/../../mine.txt"])
def test_a_list_that_names_files_elsewhere_reaches_none_of_them(tmp_path, path):
    (tmp_path / "mine.txt").write_text("mine")
    site = tmp_path / "site"
    folder.write(PAGE, site)
    record = json.loads((site / folder.RECORD).read_text())
    record["files"][path] = folder.checksum(tmp_path / "mine.txt")
    (site / folder.RECORD).write_text(json.dumps(record))
    assert folder.write(PAGE, site) == 0
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_a_sentence(tmp_path):
    (tmp_path / "site").write_text("mine")
    with pytest.raises(HumanSegError, match="names the file"):
        folder.check(tmp_path / "site")


def test_a_new_folder_is_not_there_when_writing_fails(tmp_path):
    with pytest.raises(OSError):
        folder.write(PAGE | {"places/a.jpg": tmp_path / "gone.jpg"}, tmp_path / "site")
    assert not there(tmp_path) and not list(tmp_path.iterdir())


def test_the_service_worker_is_written_after_all_that_it_lists(tmp_path, monkeypatch):
    folder.write(PAGE, tmp_path / "site")
    order, put = [], folder._put
    monkeypatch.setattr(folder, "_put", lambda content, path: (order.append(path.name), put(content, path)))
    folder.write({name: content + b"!" for name, content in PAGE.items()}, tmp_path / "site")
    assert order[-2:] == ["sw.js", folder.RECORD] and len(order) == len(PAGE) + 1
