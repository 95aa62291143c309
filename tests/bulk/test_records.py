"""Records are whole, one for each photo, and found again."""

import contextlib
import os
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from humanseg.bulk import records
from humanseg.bulk.items import Outcome
from humanseg.bulk.names import RECORDS, identity
from humanseg.bulk.places import LocalPlace
from humanseg.bulk.records import Index, Records, merge, version_digest
from humanseg.errors import HumanSegError


@pytest.fixture
def place(tmp_path):
    made = LocalPlace(tmp_path / "out")
    with made.held():
        yield made


def outcome(key: str, version: str = "1", error: str = "") -> Outcome:
    checksum = identity(key + version).hex() * 2
    return Outcome(key, version, "", f"{key}.png", checksum, 30, 20, True, 0.9, 0.1, error)


def write(place, *outcomes: Outcome, made_with: str = "a" * 16) -> None:
    kept = Records(place, made_with)
    for each in outcomes:
        kept.add(each)
    kept.write()


def test_every_photo_is_found_again_whatever_its_identity_ends_in(place):
    keys = [f"{number}.jpg" for number in range(2000)]
    assert any(identity(key).endswith(b"\0") for key in keys)
    write(place, *map(outcome, keys))
    index = Index(place, "a" * 16)
    assert len(index) == 2000 and index.good("other.jpg") is None
    for key in keys:
        assert index.good(key) == (version_digest("1"), identity(key + "1").hex() * 2)


def test_the_latest_record_counts_and_is_the_one_that_merging_leaves(place):
    write(place, outcome("a", error="too dark"), outcome("b"), outcome("c"))
    write(place, outcome("a", "2"))
    write(place, outcome("b", "3", error="gone"))
    for _ in range(2):
        index = Index(place, "a" * 16)
        assert index.good("a")[0] == version_digest("2") and index.good("b") is None and index.good("c")
        merge(place)
    (part,) = records.parts(place)
    rows = {row["source"]: row for row in records.read(place, part).to_pylist()}
    assert {key: (row["version"], row["error"]) for key, row in rows.items()} == {
        "a": ("2", ""),
        "b": ("3", "gone"),
        "c": ("1", ""),
    }
    assert len(pq.read_table(place.folder / RECORDS)) == 3


def test_records_made_with_other_weights_or_options_do_not_count(place):
    write(place, outcome("a"))
    assert Index(place, "b" * 16).good("a") is None
    write(place, outcome("a"), made_with="b" * 16)
    assert Index(place, "b" * 16).good("a") and Index(place, "a" * 16).good("a") is None


@pytest.mark.parametrize("calls", range(1, 6))
def test_merging_that_is_cut_short_anywhere_loses_nothing_and_is_finished_by_the_next(place, monkeypatch, calls):
    for number in range(3):
        write(place, outcome(f"{number}"), outcome("again", str(number)))
    left = [calls]

    def dying(name):
        def call(self, *arguments):
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            return whole[name](self, *arguments)

        return call

    whole = {name: getattr(LocalPlace, name) for name in ("put", "remove")}
    for name in whole:
        monkeypatch.setattr(LocalPlace, name, dying(name))
    with contextlib.suppress(KeyboardInterrupt):
        merge(place)
    monkeypatch.undo()
    index = Index(place, "a" * 16)
    assert len(index) == 4 and index.good("again")[0] == version_digest("2")
    merge(place)
    table = pq.read_table(place.folder / RECORDS)
    assert sorted(table["source"].to_pylist()) == ["0", "1", "2", "again"]


def test_large_parts_are_left_alone(place, monkeypatch):
    monkeypatch.setattr(records, "MERGED_ROWS", 4)
    write(place, *(outcome(f"{number}") for number in range(10)))
    write(place, outcome("a"))
    write(place, outcome("b"))
    before = records.parts(place)[0]
    merge(place)
    assert records.parts(place)[0] == before and len(records.parts(place)) == 2


def test_new_versions_are_noted_when_merging(place):
    write(place, outcome("a"), outcome("b"))
    merge(place, versions={identity("a"): "9"})
    index = Index(place, "a" * 16)
    assert (index.good("a")[0], index.good("b")[0]) == (version_digest("9"), version_digest("1"))


def test_parts_are_written_every_second_at_first_and_less_often_later(place):
    now = [0.0]
    kept = Records(place, "a" * 16, clock=lambda: now[0])
    written = []
    for second in range(0, 3600, 5):
        now[0] = second
        kept.add(outcome(str(second)))
        written.append(len(records.parts(place)))
    assert written[5] >= 4 and 80 < written[-1] < 300
    assert max(written.count(number) for number in set(written)) <= 62 / 5 + 1, "a kill loses a minute at most"


@pytest.mark.parametrize("content", [b"", b"PAR1 no, it isn't PAR1"])
def test_a_damaged_part_is_one_sentence(place, content):
    (place.folder / RECORDS / "part-1.parquet").write_bytes(content)
    for use in (lambda: Index(place, "a"), lambda: merge(place)):
        with pytest.raises(HumanSegError, match=r"part-1\.parquet can't be read") as caught:
            use()
        assert "\n" not in str(caught.value)
        write(place, outcome("a"))


def test_names_that_are_not_utf_8_have_records(place):
    key = os.fsdecode(b"Ren\xe9.jpg")
    write(place, replace(outcome(key), target="_.jpg.png"))
    assert Index(place, "a" * 16).good(key)
    assert pq.read_table(place.folder / RECORDS)["source"].to_pylist() == ["Ren\\udce9.jpg"]
