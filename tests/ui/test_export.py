from __future__ import annotations

import csv
import io
import zipfile
from types import SimpleNamespace

import pytest

from humanseg.errors import HumanSegError
from humanseg.ui import export
from humanseg.ui.model import LazySegmenter
from humanseg.ui.server.limits import Limits
from humanseg.ui.uploads import Upload
from humanseg.ui.visitor import Shelf, Visitor
from tests.ui.fakes import segmenter


@pytest.fixture
def house(tmp_path) -> SimpleNamespace:
    return SimpleNamespace(
        model=LazySegmenter(segmenter), limits=Limits(file_mb=2, megapixels=1), shelf=Shelf(tmp_path / "shelf", set())
    )


@pytest.fixture
def visitor(house, photo, tmp_path) -> Visitor:
    from humanseg.ui.tabs.photo import cut_out

    visitor = Visitor()
    (tmp_path / "no photo.txt").write_text("hello")
    names = [
        (photo, "=HYPERLINK().png"),
        (photo, "me.png"),
        (tmp_path / "no photo.txt", "no photo.txt"),
        (photo, "ME.jpg"),
    ]
    for path, name in names:
        item, cut = cut_out(house, Upload(str(path), name))
        visitor.add(item, 10)
        if cut is not None:
            visitor.show(cut)
    return visitor


def test_the_zip_holds_every_cut_out_under_its_own_name_and_a_report(house, visitor):
    archive = zipfile.ZipFile(export.zip_file(house, visitor))
    assert archive.namelist() == ["=HYPERLINK()-cutout.png", "me-cutout.png", "ME-cutout (2).png", "report.csv"]
    rows = list(csv.DictReader(io.StringIO(archive.read("report.csv").decode("utf-8-sig"))))
    assert [row["person_found"] for row in rows] == ["yes", "yes", "", "yes"]
    assert (rows[1]["width"], rows[1]["height"]) == ("160", "120")
    assert float(rows[1]["confidence"]) > 0.5
    assert "no photo.txt" in rows[2]["error"] and not rows[1]["error"]


def test_no_name_is_a_formula_to_a_spreadsheet(visitor):
    assert "'=HYPERLINK" in export.report(visitor.items)


def test_repeated_names_are_numbered_whatever_their_case():
    assert export.numbered(["a.png", "A.png", "a (2).png", "a.png"]) == [
        "a.png",
        "A (2).png",
        "a (2) (2).png",
        "a (3).png",
    ]


def test_without_photos_there_is_nothing_to_download(house):
    for make in (export.zip_file, export.cut_out_file):
        with pytest.raises(HumanSegError, match="photo first"):
            make(house, Visitor())


def test_a_name_with_folders_in_it_stays_on_the_shelf(house):
    path = house.shelf.put("../../etc/passwd", b"x")
    assert path.name == "passwd" and path.is_relative_to(house.shelf.root)
    assert house.shelf.put("C:\\secret\\me.png", b"x").name == "me.png"


def test_repaired_cut_outs_are_what_is_downloaded(house, visitor):
    from humanseg.media import photos
    from humanseg.ui.repair import Repair

    before = photos.read(export.cut_out_file(house, visitor)).alpha.sum()
    visitor.repair = Repair(grow=-10)
    after = photos.read(export.cut_out_file(house, visitor)).alpha.sum()
    assert after < 0.8 * before
    settled = visitor.item
    from humanseg.ui.tabs.photo import settle

    settle(house, visitor)
    assert photos.read(settled.result).alpha.sum() == pytest.approx(after, rel=0.01)
