"""The Background tab's events without a browser: what is drawn, kept and made, and what is refused."""

from __future__ import annotations

import csv
import io
import zipfile
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from humanseg.errors import HumanSegError
from humanseg.media import photos
from humanseg.placing import Placement
from humanseg.ui import text
from humanseg.ui.tabs.background import BackgroundTab
from humanseg.ui.upload import Upload
from tests.ui.visits import add, by_hand, context_in, photo_of

REQUEST = SimpleNamespace(session_hash="somebody")


class Visitor:
    """A visitor of the tab: its controls as they are set, and what its canvas shows."""

    def __init__(self, folder) -> None:
        self.context, self.folder = context_in(folder), folder
        with gr.Blocks(), gr.Tab("Background") as tab:
            self.tab = BackgroundTab(self.context, tab)
        self.session = self.context.session(REQUEST)
        self.look = {"size": "as-is", "margin": 0.05, "shadow": 0, "fit": text.FILL, "across": 0.5, "down": 0.5}
        self.look |= {
            "wrap": 0,
            "match": 0,
            "kind": "colour",
            "colour": "#0000ff",
            "strength": 2,
            "place": 0,
            "own": None,
        }
        self.look |= {"gradient": "#ffffff..#000000@90"}
        self.shown = None

    def add(self, name: str, colour=(200, 60, 40), size=(120, 90)):
        return add(self.context, self.session, photo_of(self.folder / name, colour, size))[0]

    def show(self, **look) -> str:
        """Opens the tab; gives the sentence."""
        self.look |= look
        said, self.shown, *_ = self.tab.show(REQUEST, self.shown, *self.look.values())
        return said

    def draw(self, placed: tuple[float, float, float] | None = None, **look) -> str:
        """Changes something; gives the sentence."""
        self.look |= look
        if placed is not None:
            names = ("scale", "right", "down")
            self.shown = {**self.shown, "placed": dict(zip(names, placed, strict=True)), "seq": self.shown["seq"] + 1}
        said, self.shown, *_ = self.tab.draw(REQUEST, self.shown, *self.look.values())
        return said

    def download(self, format: str = "PNG") -> np.ndarray:
        return np.asarray(Image.open(self.tab.finished(REQUEST, self.shown, format, *self.look.values())))

    def download_all(self, format: str = "PNG") -> tuple[zipfile.ZipFile, list[str]]:
        answers = list(self.tab.finish_all(REQUEST, self.shown, format, *self.look.values()))
        return zipfile.ZipFile(answers[-1][1]), [said for said, _ in answers]


@pytest.fixture
def visitor(tmp_path) -> Visitor:
    return Visitor(tmp_path)


def test_without_a_photo_there_is_an_invitation_and_nothing_to_take_home(visitor):
    assert text.BACKGROUND_EMPTY in visitor.show() and visitor.shown is None
    with pytest.raises(HumanSegError, match="photo first"):
        visitor.download()
    with pytest.raises(HumanSegError, match="photo first"):
        visitor.download_all()


def test_where_nobody_is_that_is_said_and_nothing_is_placed(visitor):
    path = visitor.folder / "wall.png"
    Image.new("RGB", (40, 30), "teal").save(path)
    add(visitor.context, visitor.session, Upload(str(path), "wall.png"))
    assert "Nobody was found in wall.png" in visitor.show() and visitor.shown is None


def test_the_canvas_gets_the_layers_and_what_is_downloaded_is_what_the_library_makes(visitor):
    item = visitor.add("me.png")
    assert "me.png: 120 × 90 pixels" in visitor.show()
    assert visitor.shown["photo"] == item.id and visitor.shown["placed"] == {"scale": 1, "right": 0, "down": 0}
    for layer in ("ground", "people", "picture"):
        assert photos.read(visitor.shown[layer]).rgb.size
    visitor.draw((0.5, 0.25, -0.1), size="16:9", shadow=0.5)
    assert visitor.shown["placed"]["scale"] == 1, "in another size they are where that one puts them"
    visitor.draw((0.5, 0.25, -0.1))
    placement = Placement("16:9", 0.05, 0.5, (0.25, -0.1), 0.5)
    expected = visitor.session.pictures.cut(item).on("#0000ff", placement=placement)
    np.testing.assert_array_equal(visitor.download(), expected)


def test_each_size_keeps_where_people_were_put_by_hand(visitor):
    visitor.add("me.png")
    visitor.show()
    visitor.draw((2, 0.1, 0))
    visitor.draw(size="square")
    visitor.draw((0.5, 0, 0.2))
    visitor.draw(size="as-is")
    assert visitor.shown["placed"] == {"scale": 2, "right": 0.1, "down": 0}
    visitor.draw(size="square")
    assert visitor.shown["placed"] == {"scale": 0.5, "right": 0, "down": 0.2}


def test_what_was_put_where_is_there_again_after_a_reload(visitor):
    visitor.add("me.png")
    visitor.show()
    visitor.draw((2, 0.1, 0))
    visitor.shown = None
    visitor.show()
    assert visitor.shown["placed"] == {"scale": 2, "right": 0.1, "down": 0}


def test_a_batch_that_goes_on_takes_the_photo_under_the_hand_away_from_nobody(visitor):
    first = visitor.add("first.png")
    visitor.show()
    visitor.add("second.png", (40, 60, 200))
    visitor.draw((1.5, 0.1, 0))
    assert visitor.shown["photo"] == first.id
    visitor.show()  # the tab is opened anew
    assert visitor.shown["photo"] != first.id and visitor.shown["placed"]["scale"] == 1


def test_a_photo_that_is_gone_is_not_made_again_from_an_old_canvas(visitor):
    visitor.add("me.png")
    visitor.show()
    visitor.session.forget()
    with pytest.raises(HumanSegError, match="isn't here any more"):
        visitor.download()
    assert text.BACKGROUND_EMPTY in visitor.draw((1, 0, 0)) and visitor.shown is None


@pytest.mark.parametrize(
    "change",
    [
        {"placed": None},
        {"placed": {"scale": "x"}},
        {"placed": {"scale": float("nan"), "right": 0, "down": 0}},
        {"size": "huge"},
    ],
)
def test_what_no_page_sends_is_refused_with_a_sentence(visitor, change):
    visitor.add("me.png")
    visitor.show()
    visitor.shown |= change
    with pytest.raises(HumanSegError, match="can't be read"):
        visitor.download()


def test_people_dragged_far_away_are_still_in_the_picture(visitor):
    visitor.add("me.png")
    visitor.show()
    visitor.draw((1e9, 1e9, -1e9))
    assert (visitor.download()[..., 2] < 200).any()


def test_a_passport_photo_says_what_it_is_and_a_small_face_that_it_is_soft(visitor):
    visitor.add("me.png")
    visitor.show(size="35x45mm")
    said = visitor.draw()
    assert "413 × 531 pixels" in said and "300 dpi" in said and text.LOOKS_SOFT in said
    assert visitor.shown["lines"] == pytest.approx([4 / 45, 37 / 45])
    assert Image.open(visitor.tab.finished(REQUEST, visitor.shown, "JPEG", *visitor.look.values())).info["dpi"] == (
        300,
        300,
    )


def test_one_look_is_for_all_photos_and_each_has_its_own_place_in_it(visitor):
    first, second = visitor.add("first.png"), visitor.add("second.png", (40, 60, 200), (60, 80))
    (visitor.folder / "no.txt").write_text("no photo")
    visitor.show(size="square", kind="gradient")
    visitor.draw((0.5, 0, 0))
    archive, said = visitor.download_all("JPEG")
    assert archive.namelist() == ["first-background.jpg", "second-background.jpg", "report.csv"]
    assert "0 of 2 pictures made" in said[0] and "2 pictures are in the ZIP." in said[-1]
    for name, item, scale in (("first", first, 1), ("second", second, 0.5)):
        placement = Placement("square", 0.05, scale)
        expected = visitor.session.pictures.cut(item).on("#ffffff..#000000@90", placement=placement)
        made = photos.read(archive.read(f"{name}-background.jpg")).rgb
        assert made.shape == expected.shape and np.abs(made.astype(int) - expected).mean() < 6


def test_of_a_batch_those_that_cannot_be_made_are_in_the_report_alone(visitor):
    visitor.add("me.png")
    lost = visitor.add("lost.png")
    visitor.show(kind="transparent")
    lost.result.unlink()
    visitor.context.memory.forget(visitor.session.pictures._key)
    archive, said = visitor.download_all("JPEG")
    assert archive.namelist() == ["me-background.png", "report.csv"], "JPEG can't be transparent"
    rows = list(csv.DictReader(io.StringIO(archive.read("report.csv").decode("utf-8-sig"))))
    assert "isn't here any more" in rows[1]["error"] and "1 failed" in said[-1]


def test_a_repaired_photo_is_placed_as_it_was_repaired(visitor):
    item = visitor.add("me.png")
    visitor.show()
    before = visitor.shown["people"]
    by_hand(visitor.session, item.id, "edge", grow=-8, feather=0)
    visitor.draw()
    assert visitor.shown["people"] != before
    expected = visitor.session.pictures.cut(visitor.session.item(item.id)).on("#0000ff")
    np.testing.assert_array_equal(visitor.download(), expected)


def test_a_photo_that_fails_here_is_said_and_leaves_no_older_ones_buttons(visitor):
    visitor.add("me.png")
    visitor.show()
    bad = visitor.folder / "bad.png"
    bad.write_bytes(b"no picture")
    *_, (said, canvas, finish, every, _) = visitor.tab.take(Upload(str(bad), "bad.png"), REQUEST)
    assert "bad.png" in said and canvas is None
    assert finish.visible == every.visible == "hidden"
