"""humanseg bulk: what it says while it runs and at its end, and what it refuses."""

import json
import re
import signal
import sys
from dataclasses import replace

import pytest
from PIL import Image

from humanseg.cli import bulk, main
from humanseg.errors import HumanSegError
from humanseg.segmenter import Segmenter
from tests.bulk.workers import Here, write_photo, write_photos
from tests.cli.conftest import AS_IT_IS
from tests.ui.fakes import segmenter


@pytest.fixture
def here(monkeypatch):
    """No processes and no weights."""
    monkeypatch.setattr(bulk, "_engine", lambda options, config: Here(replace(config, make=segmenter)))


def test_it_is_the_same_pipeline_as_for_one_photo(tmp_path, astronaut):
    Image.fromarray(astronaut).resize((200, 200)).save(tmp_path / "me.png")
    assert main(["bulk", str(tmp_path / "me.png"), str(tmp_path / "out"), "--processes", "1"]) == 0
    one = Segmenter.from_pretrained(threads=1).cut_out(tmp_path / "me.png")
    with Image.open(tmp_path / "out" / "me.png.png") as made:
        assert made.tobytes() == one.rgba.tobytes()


def test_it_says_what_it_came_to_and_what_failed(here, tmp_path, capsys):
    write_photos(tmp_path / "in", 3)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"no photo")
    for said in ("3 done, 1 failed, 0 doubtful in ", "0 done, 1 failed, 0 doubtful in "):
        assert main(["bulk", str(tmp_path / "in"), str(tmp_path / "out")]) == 1
        printed = capsys.readouterr()
        assert printed.out.startswith(said) and "report.html" in printed.out
        assert printed.err == "bad.jpg isn't a picture that can be read: use JPEG, PNG, WebP, HEIC or TIFF.\n"
    assert "3 were done before" in printed.out
    report = (tmp_path / "out" / "report.html").read_text()
    assert "bad.jpg isn&#x27;t a picture" in report and "<dt>done before</dt><dd>3</dd>" in report


def test_the_log_is_lines_of_json(here, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bulk, "PAUSE", (0.0, 0.0))
    write_photos(tmp_path / "in", 3)
    Image.new("RGB", (30, 30), "grey").save(tmp_path / "in" / "wall.png")
    assert main(["bulk", str(tmp_path / "in"), str(tmp_path / "out"), "--log-json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["done"] for line in lines] == [1, 2, 3, 4, 4] and lines[-1]["finished"]
    assert lines[-1].items() >= {"total": 4, "failed": 0, "doubtful": 1, "nobody": 1, "skipped": 0}.items()
    assert lines[-1]["photos_per_second"] > 0 and lines[-1]["seconds_left"] == 0


def test_only_the_first_failures_are_printed(here, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for number in range(25):
        (tmp_path / "in" / f"{number}.jpg").write_bytes(b"no photo")
    assert main(["bulk", str(tmp_path / "in"), str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 21 and said[-1] == "Further failures are in the records alone."


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none", "out"], "There is no none"),
        (["empty", "out"], r"There is no photo in empty: name another"),
        (["empty/*.jpg", "out"], r"There is no photo in empty/\*\.jpg"),
        (["shards", "out"], r"archives or tables in it, such as s\.tar"),
        (["in", "in"], "name another folder"),
        (["in/000.png", "in/000.png"], "can't be written"),
        (["in", "out", "--format", "jpeg"], "JPEG can't be transparent"),
        (["in", "out", "--background", "none.jpg"], r"none\.jpg"),
        (["in", "out", "--model", "none"], "no folder of weights none"),
        (["in", "out", "--processes", "0"], "--processes takes a whole number"),
        (["in", "out", "--actors", "5:2"], "--actors takes the fewest before the most"),
        (["in", "out", "--actors", "many"], "--actors takes a whole number"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(here, tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    write_photos(tmp_path / "in", 1)
    (tmp_path / "empty").mkdir()
    write_photo(tmp_path / "shards" / "s.tar", 1)
    assert main(["bulk", *arguments]) == 1
    said = capsys.readouterr().err
    assert re.search(says, said) and said.count("\n") == 1
    assert not list(tmp_path.glob("out/*.png")) and sorted(p.name for p in (tmp_path / "in").iterdir()) == ["000.png"]


def test_without_pyarrow_it_says_what_to_install(spawn, tmp_path):
    code = "import sys; sys.modules['pyarrow'] = None; " + AS_IT_IS.removeprefix("import sys; ")
    process = spawn("bulk", tmp_path, tmp_path / "out", code=code, text=True)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "pip install -r requirements-bulk.txt" in said and said.count("\n") == 1


def test_ctrl_c_ends_it_with_what_was_done_and_the_next_run_goes_on(here, tmp_path, capsys, monkeypatch):
    write_photos(tmp_path / "in", 5)
    add = bulk.Shown.see

    def interrupt(self, tally, outcome):
        add(self, tally, outcome)
        if tally.done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(bulk.Shown, "see", interrupt)
    assert main(["bulk", str(tmp_path / "in"), str(tmp_path / "out")]) == 128 + signal.SIGINT
    said = capsys.readouterr().err
    assert said.startswith("Stopped: 2") and "goes on from here" in said
    monkeypatch.setattr(bulk.Shown, "see", add)
    assert main(["bulk", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("3 done") and not (tmp_path / "out" / "_records" / ".unfinished").exists()


def test_bounds_of_actors():
    assert bulk._bounds("8") == (1, 8) and bulk._bounds("2:300") == (2, 300)
    with pytest.raises(HumanSegError):
        bulk._bounds("2:")


def test_a_terminal_gets_one_line_that_changes(here, tmp_path, monkeypatch):
    class Terminal:
        encoding, text = "utf-8", ""

        def isatty(self):
            return True

        def write(self, text):
            self.text += text

        def flush(self):
            """Nothing is kept back."""

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(bulk, "PAUSE", (0.0, 0.0))
    write_photos(tmp_path / "in", 3)
    assert main(["bulk", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    assert re.search(r"\r2( of 3)? done, 0 failed, 0 doubtful; [\d.]+ photos/s", terminal.text)
