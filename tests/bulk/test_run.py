"""Nothing is lost and nothing done twice, wherever a run is cut short."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from humanseg import people
from humanseg.backgrounds import Background
from humanseg.bulk import records
from humanseg.bulk.cut_out import Options
from humanseg.bulk.job import JobConfig, fingerprint
from humanseg.bulk.names import RECORDS
from humanseg.bulk.places import LocalPlace
from humanseg.bulk.run import Run
from humanseg.bulk.sources import Source
from humanseg.errors import HumanSegError
from tests.bulk.workers import Here, write_photo, write_photos
from tests.ui.fakes import segmenter

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bulk(tmp_path):
    """Runs, in this process, and gives the keys that were worked on."""

    def run(source=tmp_path / "in", target=tmp_path / "out", options=None, column=None, **more):
        config = JobConfig(str(target), options or Options(), make=segmenter).checked()
        work = Run(Source(str(source), str(target), column), LocalPlace(Path(target)), config, **more)
        engine = Here(config)
        work.work(engine)
        run.tally, run.troubles = work.tally, work.troubles
        return sorted(engine.keys)

    return run


def table(target: Path):
    place = LocalPlace(target)
    return [row for name in records.parts(place) for row in records.read(place, name).to_pylist()]


def check_complete(target: Path, keys: list[str]) -> None:
    """One record and one whole result for each photo, and nothing else."""
    rows = table(target)
    assert sorted(row["source"] for row in rows) == sorted(keys)
    assert all(not row["error"] and len(row["checksum"]) == 64 and row["width"] == 32 for row in rows)
    assert len(pq.read_table(target / RECORDS)) == len(keys), "any tool can read it"
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    parts = set(records.parts(LocalPlace(target)))
    assert files - parts == {row["target"] for row in rows} | {"report.html", "_records/_job.json", "_records/.lock"}


RUN = """
import sys
from pathlib import Path
from humanseg.bulk.job import JobConfig, fingerprint
from humanseg.bulk.local import LocalEngine
from humanseg.bulk.names import RECORDS
from humanseg.bulk.places import LocalPlace
from humanseg.bulk.run import Run
from humanseg.bulk.sources import Source
from tests.bulk.workers import slow
source, target = sys.argv[1:]
config = JobConfig(target, make=slow).checked()
engine = LocalEngine(config, processes=2)
def listen(tally, outcome):
    print(tally.worked, tally.skipped, *(worker.process.pid for worker in engine._workers), flush=True)
Run(Source(source, target), LocalPlace(Path(target)), config, listen).work(engine)
"""


def test_killed_again_and_again_it_ends_with_every_photo_done_once(tmp_path):
    source, target, chance = write_photos(tmp_path / "in", 60), tmp_path / "out", random.Random(5)
    skipped = []
    for kills in (3, 9, 17, None):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, source, target], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for line in process.stdout:
            worked, before, *pids = map(int, line.split())
            if kills and worked >= kills:
                time.sleep(0.05 * chance.random())
                # Of the whole run, or of one that has lost a process just before.
                for pid in [*chance.sample(pids, 1), process.pid]:
                    os.kill(pid, signal.SIGKILL)
                break
        process.wait(60)
        process.stdout.close()
        skipped.append(before)
    assert process.returncode == 0 and skipped[0] == 0
    check_complete(target, [f"{number:03}.png" for number in range(60)])


def test_a_second_run_does_nothing_and_a_third_what_is_new_changed_missing_or_failed(bulk, tmp_path):
    write_photos(tmp_path / "in", 5)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"no photo")
    assert len(bulk()) == 6 and (bulk.tally.done, bulk.tally.failed) == (5, 1)
    assert bulk() == ["bad.jpg"] and bulk.tally.skipped == 5
    write_photo(tmp_path / "in" / "000.png", 99)
    write_photo(tmp_path / "in" / "bad.jpg", 98)
    write_photo(tmp_path / "in" / "new" / "a.png", 97)
    (tmp_path / "out" / "003.png.png").unlink()
    assert bulk() == ["000.png", "003.png", "bad.jpg", "new/a.png"]
    assert bulk() == [] and bulk.tally.skipped == 7
    check_complete(tmp_path / "out", ["000.png", "001.png", "002.png", "003.png", "004.png", "bad.jpg", "new/a.png"])


def test_a_photo_that_is_only_touched_or_copied_is_read_but_not_done_again(bulk, tmp_path):
    write_photos(tmp_path / "in", 3)
    bulk()
    before = (tmp_path / "out" / "001.png.png").stat().st_mtime_ns
    os.utime(tmp_path / "in" / "001.png", (1, 1))
    assert bulk() == ["001.png"] and (bulk.tally.done, bulk.tally.skipped) == (0, 3)
    assert (tmp_path / "out" / "001.png.png").stat().st_mtime_ns == before
    assert bulk() == [], "its new times have been noted"
    check_complete(tmp_path / "out", ["000.png", "001.png", "002.png"])


def test_other_options_do_everything_again(bulk, tmp_path):
    write_photos(tmp_path / "in", 2)
    bulk()
    assert len(bulk(options=Options(crop=True))) == 2 and len(bulk(options=Options(crop=True))) == 0
    assert len(table(tmp_path / "out")) == 2


def test_photos_whose_names_are_tricky_are_all_done(bulk, tmp_path):
    names = ["a.jpg", "a.png", "a.PNG", "A.png", "a.png.png/a.jpg", "x" * 251 + ".png", "_records/a.png"]
    names.append(os.fsdecode(b"Ren\xe9.png"))
    for number, name in enumerate(names):
        write_photo(tmp_path / "in" / name, number)
    bulk()
    rows = table(tmp_path / "out")
    assert len({row["target"] for row in rows}) == len(names) == bulk.tally.done
    assert all((tmp_path / "out" / row["target"]).is_file() for row in rows) and bulk() == []


def test_an_archive_never_writes_outside_the_target(bulk, tmp_path):
    photo = write_photo(tmp_path / "a.png", 1).read_bytes()
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in ("../up.png", "/abs.png", "a.png", "b/a.png", "__MACOSX/._a.png", "notes.txt"):
            archive.writestr(name, photo)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.png", photo)
    bulk(tmp_path / "in.zip")
    assert bulk.tally.done == 5 and bulk(tmp_path / "in.zip") == []
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "in.zip", "out"}


def test_results_within_the_source_are_no_photos_of_it(bulk, tmp_path):
    write_photos(tmp_path / "in", 2)
    for _ in range(2):
        bulk(target=tmp_path / "in" / "cut")
    assert len(table(tmp_path / "in" / "cut")) == 2


@pytest.mark.parametrize("target", ["in", ".", "in/../in", "link"])
def test_results_never_go_to_where_the_photos_are(bulk, tmp_path, target):
    write_photos(tmp_path / "in", 1)
    (tmp_path / "link").symlink_to("in")
    with pytest.raises(HumanSegError, match="name another folder"):
        bulk(target=tmp_path / target)
    assert not (tmp_path / target / "_records").exists()


def test_a_target_is_of_one_source(bulk, tmp_path):
    write_photos(tmp_path / "in", 2)
    bulk()
    shutil.copytree(tmp_path / "in", tmp_path / "moved")
    with pytest.raises(HumanSegError, match="--same-source"):
        bulk(source=tmp_path / "moved")
    bulk(source=tmp_path / "moved", same_source=True)
    assert (bulk.tally.done, bulk.tally.skipped) == (0, 2)


def test_two_runs_never_write_to_one_target(bulk, tmp_path):
    write_photos(tmp_path / "in", 1)
    with LocalPlace(tmp_path / "out").held(), pytest.raises(HumanSegError, match="Another run writes"):
        bulk()


def test_a_full_disk_ends_the_run_with_a_sentence_and_the_next_goes_on(bulk, tmp_path, monkeypatch):
    write_photos(tmp_path / "in", 6)
    put, written = LocalPlace.put, []

    def full(self, name, data):
        if name.endswith(".png.png"):
            if len(written) == 3:
                raise_full(self.folder / name)
            written.append(name)
        put(self, name, data)

    monkeypatch.setattr(LocalPlace, "put", full)
    with pytest.raises(HumanSegError, match=r"No space left.*goes on where it stopped"):
        bulk()
    monkeypatch.undo()
    assert len(bulk()) == 3 and bulk.tally.skipped == 3


def raise_full(path: Path):
    from humanseg.bulk import places

    raise places._cannot_write(path, OSError(28, "No space left on device"))


def test_a_target_that_cannot_be_written_to_is_refused_before_any_work(bulk, tmp_path):
    write_photos(tmp_path / "in", 1)
    (tmp_path / "file").touch()
    with pytest.raises(HumanSegError, match=r"can't be written \(Not a directory\)"):
        bulk(target=tmp_path / "file" / "out")
    if os.geteuid():  # root may write anywhere
        (tmp_path / "out").mkdir(mode=0o500)
        with pytest.raises(HumanSegError, match="Permission denied"):
            bulk()


def test_every_option_tells_results_apart():
    options = [
        Options(),
        Options(format="webp"),
        Options(mask=True),
        Options(crop=True),
        Options(keep_exif=True),
        Options(second_pass=False),
        Options(refine=False),
        Options(colours=False),
        Options(keep=people.read("largest")),
        Options(keep=people.read("0.4,0.5")),
        Options(Background.parse("white")),
        Options(Background.parse("black")),
        Options(Background.parse("blur")),
        Options(Background.parse(np.zeros((4, 4, 3), np.uint8))),
        Options(Background.parse(np.full((4, 4, 3), 9, np.uint8))),
        Options(Background.parse(np.zeros((2, 8, 3), np.uint8))),
    ]
    assert len({fingerprint(None, each) for each in options}) == len(options)
    assert fingerprint(None, Options()) == fingerprint(None, Options())


def test_weights_tell_results_apart(tmp_path, repository):
    shipped, live = (repository / "checkpoints" / name for name in ("humansegnet", "humansegnet-live"))
    assert fingerprint(shipped, Options()) != fingerprint(live, Options())
    # On another machine only one form of the same weights may have been fetched.
    for name in ("model.onnx", "model.safetensors"):
        folder = tmp_path / name
        folder.mkdir()
        for file in (name, "config.json"):
            (folder / file).symlink_to(shipped / file)
        assert fingerprint(folder, Options()) == fingerprint(shipped, Options())
