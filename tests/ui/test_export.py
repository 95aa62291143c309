from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.ui import export
from humanseg.ui.context import Context
from humanseg.ui.server.limits import Limits
from humanseg.ui.session import Session
from humanseg.ui.upload import Upload
from tests.ui.visits import add, context_in, move_edge


@pytest.fixture
def context(tmp_path) -> Context:
    return context_in(tmp_path, Limits(file_mb=2, megapixels=1))


@pytest.fixture
def session(context, photo, tmp_path) -> Session:
    (tmp_path / "no photo.txt").write_text("hello")
    names = [
        (photo, "=HYPERLINK().png"),
        (photo, "me.png"),
        (tmp_path / "no photo.txt", "no photo.txt"),
        (photo, "ME.jpg"),
    ]
    session = context.sessions.of("somebody")
    add(context, session, *(Upload(str(path), name) for path, name in names))
    return session


def test_the_zip_holds_every_cut_out_under_its_own_name_and_a_report(session):
    archive = zipfile.ZipFile(export.zip_file(session))
    assert archive.namelist() == ["=HYPERLINK()-cutout.png", "me-cutout.png", "ME-cutout (2).png", "report.csv"]
    rows = list(csv.DictReader(io.StringIO(archive.read("report.csv").decode("utf-8-sig"))))
    assert [row["person_found"] for row in rows] == ["yes", "yes", "", "yes"]
    assert (rows[1]["width"], rows[1]["height"]) == ("160", "120")
    assert float(rows[1]["confidence"]) > 0.5
    assert "no photo.txt" in rows[2]["error"] and not rows[1]["error"]


def test_who_is_not_there_is_in_the_report_alone(context, session, tmp_path):
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "wall.png")
    add(context, session, Upload(str(tmp_path / "wall.png"), "wall.png"))
    archive = zipfile.ZipFile(export.zip_file(session))
    assert not [name for name in archive.namelist() if "wall" in name] and len(archive.namelist()) == 4
    rows = list(csv.DictReader(io.StringIO(archive.read("report.csv").decode("utf-8-sig"))))
    assert [(row["person_found"], row["worth_a_look"]) for row in rows] == [
        *[("yes", "no")] * 2,
        ("", ""),
        ("yes", "no"),
        ("no", "yes"),
    ]
    with pytest.raises(HumanSegError, match=r"Nobody was found in wall\.png"):
        export.cut_out_file(session, session.items[-1].id)


def test_no_name_is_a_formula_to_a_spreadsheet(session):
    assert "'=HYPERLINK" in export.report(session.items)


def test_repeated_names_are_numbered_whatever_their_case():
    assert export.numbered(["a.png", "A.png", "a (2).png", "a.png"]) == [
        "a.png",
        "A (2).png",
        "a (2) (2).png",
        "a (3).png",
    ]


def test_long_names_that_are_cut_to_the_same_are_numbered_within_what_a_file_system_takes():
    names = export.numbered(["ü" * 122 + "-cutout.png"] * 12)
    assert len(set(names)) == 12 and all(len(name.encode()) <= 255 for name in names)
    assert names[1] == "ü" * 122 + "-cu (2).png"


def test_a_name_that_no_zip_can_hold_is_made_one():
    assert export.numbered(["M\udcfcller.png", "M_ller.png"]) == ["M_ller.png", "M_ller (2).png"]


def test_without_photos_there_is_nothing_to_download(context):
    nobody = context.sessions.of("nobody")
    with pytest.raises(HumanSegError, match="photo first"):
        export.zip_file(nobody)
    with pytest.raises(HumanSegError, match="photo first"):
        export.cut_out_file(nobody, "")


def test_downloading_a_photo_that_is_missing_or_failed_is_refused_with_a_sentence(session):
    with pytest.raises(HumanSegError, match="isn't here any more"):
        export.cut_out_file(session, "0123456789abcdef")
    with pytest.raises(HumanSegError, match=r"no photo\.txt"):
        export.cut_out_file(session, session.items[2].id)


def test_a_name_with_folders_in_it_stays_on_the_shelf(context):
    path = context.shelf.put("../../etc/passwd", b"x")
    assert path.name == "passwd" and path.is_relative_to(context.shelf.root)
    assert context.shelf.put("C:\\secret\\me.png", b"x").name == "me.png"


def test_repaired_cut_outs_are_what_is_downloaded_and_what_is_in_the_zip(session):
    last = session.view.item
    before = photos.read(export.cut_out_file(session, last.id)).alpha.sum()
    move_edge(session, last.id, -10, 0)
    repaired = photos.read(export.cut_out_file(session, last.id)).alpha
    assert repaired.sum() < 0.8 * before
    archive = zipfile.ZipFile(export.zip_file(session))
    np.testing.assert_array_equal(photos.read(archive.read("ME-cutout (2).png")).alpha, repaired)
    assert photos.read(archive.read("me-cutout.png")).alpha.sum() == pytest.approx(before, rel=0.01)


def test_webp_holds_the_same_alpha_as_png(session):
    last = session.view.item
    move_edge(session, last.id, 4, 0)
    png, webp = (photos.read(export.cut_out_file(session, last.id, format)).alpha for format in ("png", "webp"))
    np.testing.assert_array_equal(png, webp)


def test_a_photo_whose_files_are_gone_has_a_line_in_the_report_and_the_others_are_packed(session):
    session.items[1].result.unlink()
    archive = zipfile.ZipFile(export.zip_file(session))
    assert "ME-cutout (2).png" in archive.namelist() and "me-cutout.png" not in archive.namelist()
    rows = list(csv.DictReader(io.StringIO(archive.read("report.csv").decode("utf-8-sig"))))
    assert "me.png isn't here any more" in rows[1]["error"] and not rows[3]["error"]


def test_a_picture_that_is_see_through_is_not_written_as_jpeg(context):
    picture = np.zeros((4, 5, 4), np.uint8)
    assert export.picture_file(context.shelf, "me.jpg", picture, "jpeg").name == "me-background.png"
    assert export.picture_file(context.shelf, "me.jpg", picture[..., :3], "jpeg").name == "me-background.jpg"
