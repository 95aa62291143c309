"""Which photos are meant, and where their results go."""

import os
from pathlib import Path

import pytest

from humanseg.bulk.targets import Inputs, Source, find_sources, plan

ENDING = ("-cutout", ".png")


@pytest.fixture
def touch(tmp_path):
    def make(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.name)
        return paths

    return make


def planned(paths: list[Path], out: Path, inputs: list[Path] | None = None) -> list[str]:
    sources = [Source(path) for path in paths]
    return [path.name for path in plan(sources, out, ENDING, Inputs(paths if inputs is None else inputs))]


def test_photos_come_in_the_order_they_were_given(touch):
    paths = touch("b.jpg", "a.jpg")
    assert [source.path for source in find_sources(paths).photos] == paths


def test_a_folder_gives_its_pictures_by_name_with_their_folders(touch, tmp_path):
    touch("b.HEIC", "a.jpg", "c/d/e.webp", "notes.txt", ".hidden.jpg", ".git/f.png", "._a.jpg", "Thumbs.db")
    found = find_sources([tmp_path])
    assert [(s.path.name, str(s.folder)) for s in found.photos] == [("a.jpg", "."), ("b.HEIC", "."), ("e.webp", "c/d")]
    assert not found.troubles and not found.earlier


def test_a_file_is_taken_by_its_name_whatever_it_is_called(touch):
    paths = touch("scan.xyz", ".hidden.jpg", "me-cutout.png", "me.jpg")
    assert [source.path for source in find_sources(paths).photos] == paths


def test_results_of_an_earlier_run_are_left_out_of_a_folder(touch, tmp_path):
    touch("me.jpg", "me-cutout.png", "me-cutout-2.png", "me-mask.png", "us-cutout.png", "cut/them-cutout.png")
    found = find_sources([tmp_path], results=tmp_path / "cut")
    assert [source.path.name for source in found.photos] == ["me.jpg", "us-cutout.png"] and found.earlier == 4
    # Results in another folder don't count: photos here may have such names.
    found = find_sources([tmp_path], results=tmp_path.parent)
    assert [source.path.name for source in found.photos] == ["me.jpg", "us-cutout.png", "them-cutout.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
def test_a_pipe_in_a_folder_is_not_waited_for(touch, tmp_path):
    touch("a.jpg")
    os.mkfifo(tmp_path / "b.jpg")
    assert [source.path.name for source in find_sources([tmp_path]).photos] == ["a.jpg"]


def test_a_circle_of_links_ends(touch, tmp_path):
    touch("in/a.jpg")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    assert [source.path.name for source in find_sources([tmp_path / "in"]).photos] == ["a.jpg"]


@pytest.mark.parametrize("pattern", ["*.jpg", "**/*.jpg"])
def test_a_pattern_that_no_shell_has_resolved_is_resolved(touch, tmp_path, pattern):
    touch("in/a.jpg", "in/b.jpg", "in/c.txt")
    assert [source.path.name for source in find_sources([tmp_path / "in" / pattern]).photos] == ["a.jpg", "b.jpg"]


def test_a_file_that_looks_like_a_pattern_is_itself(touch):
    paths = touch("[1].jpg", "1.jpg")
    assert [source.path for source in find_sources(paths[:1]).photos] == paths[:1]


@pytest.mark.parametrize(("name", "sentence"), [("*.gif", "No file matches"), ("empty", "There is no photo in the")])
def test_a_path_without_photos_is_reported(tmp_path, name, sentence):
    (tmp_path / "empty").mkdir()
    found = find_sources([tmp_path / name])
    assert not found.photos and len(found.troubles) == 1 and found.troubles[0].startswith(sentence)


@pytest.mark.parametrize("name", ["missing.jpg", "x" * 5000 + ".jpg"])
def test_a_missing_file_stays_among_the_photos_for_its_reader_to_report(tmp_path, name):
    assert [source.path.name for source in find_sources([tmp_path / name]).photos] == [name]


def test_results_keep_the_names(touch, tmp_path):
    paths = touch("IMG 1.heic", "b.c.jpg")
    assert planned(paths, tmp_path) == ["IMG 1-cutout.png", "b.c-cutout.png"]


def test_results_of_one_name_are_numbered(touch, tmp_path):
    paths = touch("a/me.jpg", "b/me.png", "c/ME.webp", "d/me.jpg")
    names = ["me-cutout.png", "me-cutout-2.png", "ME-cutout-2.png", "me-cutout-3.png"]
    made = planned(paths, tmp_path)
    assert made[:2] == names[:2] and len({name.lower() for name in made}) == 4


@pytest.mark.parametrize("spelling", ["me-cutout.png", "sub/../me-cutout.png", "ME-CUTOUT.PNG", "link/me-cutout.png"])
def test_a_result_never_goes_where_an_input_is(touch, tmp_path, spelling):
    (photo,) = touch("me.jpg")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    assert planned([photo], tmp_path, [photo, tmp_path / spelling]) == ["me-cutout-2.png"]


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_result_never_goes_where_a_link_to_an_input_is(touch, tmp_path, link):
    photo, other = touch("me.jpg", "elsewhere/other.png")
    getattr(tmp_path / "me-cutout.png", link)(other)
    assert planned([photo], tmp_path, [photo, other]) == ["me-cutout-2.png"]
    # A link that is given as an input itself isn't overwritten either.
    assert planned([photo], tmp_path, [photo, tmp_path / "me-cutout.png"]) == ["me-cutout-2.png"]


def test_a_result_never_goes_where_a_folder_is(touch, tmp_path):
    (photo,) = touch("me.jpg")
    (tmp_path / "me-cutout.png").mkdir()
    assert planned([photo], tmp_path) == ["me-cutout-2.png"]


def test_an_earlier_result_that_is_no_input_is_replaced(touch, tmp_path):
    photo, _ = touch("me.jpg", "me-cutout.png")
    assert planned([photo], tmp_path, [photo]) == ["me-cutout.png"]


def test_accents_that_are_spelt_in_two_ways_are_one_name(touch, tmp_path):
    paths = [tmp_path / "a" / "Ren\u00e9.jpg", tmp_path / "b" / "Rene\u0301.jpg"]
    assert [name.endswith("-2.png") for name in planned(paths, tmp_path)] == [False, True]


def test_thousands_of_one_name_are_numbered_without_counting_anew(tmp_path):
    made = planned([Path("me.jpg")] * 2000, tmp_path, [])
    assert made[-1] == "me-cutout-2000.png" and len(set(made)) == 2000
