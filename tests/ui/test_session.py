"""A visitor's photos and everything that happens to them, without Gradio."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanseg.errors import HumanSegError, ImageError
from humanseg.media import photos
from humanseg.retouch import Repair
from humanseg.segmenter import Segmenter
from humanseg.strokes import Stroke
from humanseg.ui import batch, text
from humanseg.ui.batch import Finished, Loading, Over, Working
from humanseg.ui.context import Context
from humanseg.ui.memory import EACH, Memory, nbytes
from humanseg.ui.pictures import PREVIEW_SIDE, Pictures
from humanseg.ui.server.limits import Limits
from humanseg.ui.session import Session
from humanseg.ui.upload import Upload
from tests.ui.fakes import HeldEngine, segmenter
from tests.ui.visits import add, by_hand, context_in, move_edge, paint, photo_of

RED, GREEN, BLUE = (220, 40, 40), (40, 200, 40), (40, 60, 220)


@pytest.fixture
def context(tmp_path) -> Context:
    return context_in(tmp_path, Limits(photos=3, file_mb=5, megapixels=20))


@pytest.fixture
def session(context) -> Session:
    return context.sessions.of("somebody")


@pytest.fixture
def uploads(tmp_path) -> list[Upload]:
    return [
        photo_of(tmp_path / f"{name}.png", colour) for name, colour in (("red", RED), ("green", GREEN), ("blue", BLUE))
    ]


@pytest.fixture
def broken(tmp_path) -> Upload:
    (tmp_path / "broken.png").write_bytes(b"nothing")
    return Upload(str(tmp_path / "broken.png"), "broken.png")


def wavy(path: Path, size: tuple[int, int]) -> Upload:
    """A photo in which every pixel is different from its neighbours."""
    noise = np.random.default_rng(1).integers(0, 255, (6, 8, 3), np.uint8)
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(path)
    return Upload(str(path), path.name)


def test_a_session_can_be_had_without_gradio():
    code = "import sys, humanseg.ui.batch; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_photo_that_is_done_is_on_screen(context, session, uploads):
    red, green = add(context, session, *uploads[:2])
    assert session.items == (red, green) and session.view.item == green
    assert session.select(red.id).item == red == session.view.item


def test_a_photo_that_failed_among_others_leaves_on_screen_what_is_there(context, session, uploads, broken):
    red, failed = add(context, session, uploads[0], broken)
    assert "broken.png" in failed.error and session.items == (red, failed)
    assert session.view.item == red


def test_where_all_of_a_batch_failed_no_older_photo_is_on_screen(context, session, uploads, broken):
    add(context, session, uploads[0])
    (failed,) = add(context, session, broken)
    assert session.view.item == failed


def test_a_failed_batch_leaves_alone_what_is_repaired_or_was_chosen_meanwhile(context, session, uploads, broken):
    red, green = add(context, session, *uploads[:2])
    session.select(red.id, to_repair=True)
    add(context, session, broken)
    assert session.view.item == red
    before = session.repaired()
    session.select(green.id)
    assert session.failed(session.items[-1].id, before).item == green


def test_where_there_is_nothing_else_the_failed_one_is_on_screen_so_that_a_reload_says_why(context, session, broken):
    (failed,) = add(context, session, broken)
    assert session.view.item == failed
    with pytest.raises(ImageError, match=r"broken\.png"):
        session.pictures.png(failed)


def test_beyond_the_limit_the_oldest_photo_goes(context, session, uploads):
    add(context, session, *uploads)
    oldest = session.items[0]
    (again,) = add(context, session, uploads[0])
    assert len(session.items) == 3 and oldest not in session.items and again in session.items
    with pytest.raises(HumanSegError, match="isn't here any more"):
        session.item(oldest.id)


def test_when_the_one_on_screen_goes_another_takes_its_place(context, session, uploads, broken):
    add(context, session, *uploads)
    session.select(session.items[0].id)
    (failed,) = add(context, session, broken)
    assert session.view.item == failed


@pytest.mark.parametrize("id", ["", "0123456789abcdef", "../../etc"])
def test_a_photo_that_is_not_there_can_be_neither_chosen_nor_repaired(context, session, uploads, id):
    add(context, session, uploads[0])
    before = session.view
    for act in (lambda: session.select(id), lambda: move_edge(session, id, 3, 3), lambda: paint(session, id, (4, 4))):
        with pytest.raises(HumanSegError):
            act()
    assert session.view == before


def test_a_repair_changes_the_photo_it_names_and_no_other(context, session, uploads):
    red, green = add(context, session, *uploads[:2])
    before = session.view
    assert move_edge(session, red.id, -4, 0)
    assert session.is_current(before), "what is on screen hasn't changed"
    assert session.item(red.id).repair.grow == -4 and not session.item(green.id).repair
    assert move_edge(session, green.id, 2, 1)
    assert not session.is_current(before)


def test_what_changes_nothing_leaves_what_is_on_screen(context, session, uploads):
    (red,) = add(context, session, uploads[0])
    before = session.view
    for what in ("undo", "redo", "clear"):
        assert not by_hand(session, red.id, what)
    assert not move_edge(session, red.id, 0, 0)
    assert session.is_current(before)


def test_a_photo_that_failed_cant_be_repaired(context, session, broken):
    (failed,) = add(context, session, broken)
    with pytest.raises(HumanSegError, match=r"broken\.png"):
        move_edge(session, failed.id, 3, 0)


def test_strokes_and_edge_do_not_undo_each_other(context, session, uploads):
    (red,) = add(context, session, uploads[0])
    paint(session, red.id, (4, 4))
    move_edge(session, red.id, 3, 2)
    paint(session, red.id, (9, 9), keep=False)
    strokes = (Stroke(((4, 4),), 8, keep=True), Stroke(((9, 9),), 8, keep=False))
    assert session.item(red.id).repair == Repair(strokes, grow=3, feather=2)


def test_the_next_photo_of_a_batch_takes_the_screen_unless_one_is_being_repaired(context, session, uploads):
    (red,) = add(context, session, uploads[0])
    session.select(red.id, to_repair=True)
    (green,) = add(context, session, uploads[1])
    assert session.view.item == red and green in session.items
    session.repaired()
    (blue,) = add(context, session, uploads[2])
    assert session.view.item == blue


def test_whoever_leaves_a_repair_for_another_photo_has_the_next_one_on_screen_again(context, session, uploads):
    red, green = add(context, session, *uploads[:2])
    session.select(red.id, to_repair=True)
    session.select(green.id)
    (blue,) = add(context, session, uploads[2])
    assert session.view.item == blue


def test_a_repair_is_still_there_and_can_be_undone_after_another_photo_was_on_screen(context, session, uploads):
    red, green = add(context, session, *uploads[:2])
    bare = photos.read(session.pictures.png(red)).alpha
    move_edge(session, red.id, -4, 0)
    session.select(green.id)
    mended = session.select(red.id).item
    assert photos.read(session.pictures.png(mended)).alpha.sum() < 0.8 * bare.sum()
    by_hand(session, red.id, "clear")
    np.testing.assert_array_equal(photos.read(session.pictures.png(session.item(red.id))).alpha, bare)


def test_the_gallery_shows_repaired_photos_repaired(context, session, uploads):
    (red,) = add(context, session, uploads[0])
    before = session.pictures.thumbnail(red)
    paint(session, red.id, (32, 24), radius=90, keep=False)
    after = session.pictures.thumbnail(session.item(red.id))
    assert after != before and after == session.pictures.thumbnail(session.item(red.id))
    assert not np.array_equal(photos.read(after).rgb, photos.read(before).rgb)


def test_a_repair_that_leaves_nobody_is_said_and_one_that_adds_somebody_too(context, session, uploads):
    (red,) = add(context, session, uploads[0])
    paint(session, red.id, (32, 24), radius=90, keep=False)
    empty = session.item(red.id)
    assert not session.pictures.found(empty) and not session.pictures.cut(empty).person_found
    by_hand(session, red.id, "clear")
    assert session.pictures.found(session.item(red.id))


def test_after_starting_over_there_is_nothing_and_a_batch_at_work_brings_nothing_back(context, session, uploads):
    steps = batch.work(context, session, uploads)
    while not isinstance(next(steps), Finished):
        pass
    session.own = uploads[0]
    session.forget()
    assert list(steps) == []
    assert session.items == () and session.view.item is None and session.own is None
    assert add(context, session, uploads[0])[0] == session.view.item


def test_a_batch_says_how_far_it_is_and_how_it_went(context, session, uploads, broken):
    loading, *steps = batch.work(context, session, [uploads[0], broken, uploads[1]])
    assert isinstance(loading, Loading)
    assert [(step.done, step.total) for step in steps if isinstance(step, Working)] == [(0, 3), (1, 3), (2, 3)]
    assert [step.item.name for step in steps if isinstance(step, Finished)] == ["red.png", "broken.png", "green.png"]
    assert steps[-1] == Over(text.SOME_FAILED.format(done=2, but="", total=3, failed=1), True, session.view)


def test_a_batch_counts_who_is_not_there_and_what_is_worth_a_look(context, session, uploads, tmp_path, monkeypatch):
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "wall.png")
    sure = iter([0.95, 0.6])
    monkeypatch.setattr(Segmenter, "confidence", lambda self, *alphas: next(sure) if alphas[-1].max() > 0 else 0.0)
    *_, over = batch.work(context, session, [*uploads[:2], Upload(str(tmp_path / "wall.png"), "wall.png")])
    assert over.message == "3 photos done, 1 worth a look, 1 without anybody." and not over.failed


@pytest.mark.parametrize(
    ("count", "says"), [(1, "red.png: 64 × 48 pixels"), (2, "2 photos done."), (4, "the first 3 are done")]
)
def test_how_a_batch_without_failures_went(context, session, uploads, count, says):
    *_, over = batch.work(context, session, [*uploads, uploads[0]][:count])
    assert says in over.message and not over.failed
    assert len(session.items) == min(count, 3)


def test_photos_for_which_there_is_no_time_left_are_named(tmp_path, uploads):
    context = context_in(tmp_path, Limits(seconds=0))
    session = context.sessions.of("somebody")
    *_, over = batch.work(context, session, uploads)
    assert over.failed and all("used up" in item.error for item in session.items)


def test_without_weights_a_batch_ends_with_the_sentence_and_the_session_goes_on(context, session, uploads, monkeypatch):
    def fail():
        raise HumanSegError("There are no weights.")

    with monkeypatch.context() as patch:
        patch.setattr(context.model, "get", fail)
        with pytest.raises(HumanSegError, match="no weights"):
            list(batch.work(context, session, uploads))
    assert session.untouched
    assert add(context, session, uploads[0])


def test_photos_whose_files_were_removed_are_forgotten_and_the_others_stay(context, session, uploads):
    red, green = add(context, session, *uploads[:2])
    green.result.unlink()
    session.drop_lost()
    assert session.items == (red,) and session.view.item is None
    Path(red.upload.source).unlink()
    session.drop_lost()
    assert session.items == ()


def test_a_photo_whose_file_was_removed_is_a_sentence(context, session, uploads):
    (red,) = add(context, session, uploads[0])
    context.memory.forget(session.pictures._key)
    Path(red.upload.source).unlink()
    with pytest.raises(ImageError, match=r"red\.png isn't here any more"):
        session.pictures.cut(red)
    red.result.unlink()
    with pytest.raises(ImageError, match=r"red\.png isn't here any more"):
        session.pictures.png(red)


def test_a_cut_out_whose_file_was_damaged_is_a_sentence(context, session, uploads):
    (red,) = add(context, session, uploads[0])
    context.memory.forget(session.pictures._key)
    for data in (b"", b"nothing", red.result.read_bytes()[:20]):
        red.result.write_bytes(data)
        with pytest.raises(ImageError, match=r"red\.png isn't here any more"):
            session.pictures.rgba(red)


def test_a_photo_that_came_as_data_can_be_read_again(context, session, photo):
    (item,) = add(context, session, Upload(photo.read_bytes(), "pasted.png"))
    context.memory.forget(session.pictures._key)
    np.testing.assert_array_equal(session.pictures.photo(item), photos.read(photo).rgb)


@pytest.mark.parametrize("size", [(160, 120), (1600, 1200)], ids=["shown whole", "shown smaller"])
def test_what_leaves_memory_comes_back_pixel_for_pixel(context, session, tmp_path, size):
    (item,) = add(context, session, wavy(tmp_path / "me.png", size))
    repairs = [lambda: None, lambda: move_edge(session, item.id, 3, 2)]
    repairs += [lambda: paint(session, item.id, (5, 5), (60, 40), (20, 80))]
    for repair in repairs:
        repair()
        now = session.item(item.id)
        kept = everything(session.pictures, now)
        context.memory.forget(session.pictures._key)
        again = everything(session.pictures, now)
        other = Pictures(context.shelf, Memory(0, 0), context.limits)
        for name, made in everything(other, now).items():
            np.testing.assert_array_equal(made, kept[name], name)
            np.testing.assert_array_equal(again[name], kept[name], name)


def everything(pictures: Pictures, item) -> dict[str, np.ndarray]:
    cut, small = pictures.cut(item), pictures.preview(item)
    before, after = pictures.before_after(item, text.CHECKERBOARD, "")
    return {
        "image": cut.image,
        "foreground": cut.foreground,
        "alpha of the cut-out": cut.alpha,
        "small image": small.image,
        "small foreground": small.foreground,
        "small alpha": small.alpha,
        "to repair": photos.read(pictures.to_repair(item)).rgb,
        "alpha": pictures.alpha(item),
        "alpha on the canvas": pictures.alpha_on_canvas(item)[1],
        "before": photos.read(before).rgb,
        "after": photos.read(after).rgb,
        "file": photos.read(pictures.png(item)).rgb,
        "thumbnail": photos.read(pictures.thumbnail(item)).rgb,
    }


def test_the_file_has_the_pixels_that_python_gives(context, session, tmp_path):
    upload = wavy(tmp_path / "me.png", (160, 120))
    (item,) = add(context, session, upload)
    expected = segmenter().cut_out(upload.source)
    np.testing.assert_array_equal(session.pictures.rgba(item), expected.rgba)
    np.testing.assert_array_equal(np.asarray(Image.open(session.pictures.png(item))), expected.rgba)
    assert np.abs(session.pictures.cut(item).alpha - expected.alpha).max() <= 0.5 / 255 + 1e-6


def test_smaller_copies_have_no_dark_edge_from_the_black_around_people(context, session, tmp_path):
    """A grey photo stays grey in its foreground, also when it was read from the file, which is black around."""
    (item,) = add(context, session, photo_of(tmp_path / "grey.png", (128, 128, 128), (2600, 1950)))
    context.memory.forget(session.pictures._key)
    small = session.pictures.preview(item)
    assert np.abs(small.foreground[20:].astype(int) - 128).max() <= 2


def test_a_12_megapixel_photo_holds_no_more_than_64_mb_at_rest(context, session, tmp_path):
    (item,) = add(context, session, photo_of(tmp_path / "large.png", BLUE, (4000, 3000)))
    pictures = session.pictures
    acts = [
        lambda: None,
        lambda: pictures.before_after(item, text.WHITE, ""),
        lambda: pictures.to_repair(item),
        lambda: paint(session, item.id, (500, 500), (3000, 2500), radius=60),
        lambda: pictures.alpha_on_canvas(session.item(item.id), item),
        lambda: pictures.before_after(session.item(item.id), text.WHITE, ""),
        lambda: pictures.png(session.item(item.id)),
        lambda: pictures.cut(session.item(item.id)),
    ]
    for act in acts:
        act()
        assert context.memory.held() <= EACH <= 64_000_000
    small = pictures.preview(session.item(item.id))
    assert max(small.alpha.shape) == PREVIEW_SIDE and nbytes(small) < 20_000_000


def test_two_visitors_never_wait_for_each_other(tmp_path, uploads):
    """One is at a photo that takes its time, and so is the other's batch; everything else goes on."""
    engine = HeldEngine()
    context = context_in(tmp_path, Limits(photos=3), engine)
    engine.go_on.set()
    one, two = context.sessions.of("one"), context.sessions.of("two")
    (mine,), (theirs,) = add(context, one, uploads[0]), add(context, two, uploads[1])
    engine.go_on.clear()
    engine.at_work.clear()
    thread = threading.Thread(target=add, args=(context, one, uploads[2]))
    thread.start()
    try:
        assert engine.at_work.wait(30)
        for session, item in ((one, mine), (two, theirs)):
            assert move_edge(session, item.id, 2, 0)
            assert session.select(item.id).item.repair.grow == 2
            assert session.pictures.png(session.item(item.id)).exists()
    finally:
        engine.go_on.set()
        thread.join(30)
    assert one.view.item.name == "blue.png"


def test_nothing_is_worked_out_while_the_lock_is_held(context, session, uploads, monkeypatch):
    add(context, session, *uploads[:2])

    def put(name: str, data: bytes) -> Path:
        assert not session._lock.locked()
        return original(name, data)

    original = context.shelf.put
    monkeypatch.setattr(context.shelf, "put", put)
    red, green = session.items
    move_edge(session, red.id, 2, 0)
    session.pictures.png(session.item(red.id))
    session.pictures.before_after(session.select(green.id).item, text.WHITE, "")
    add(context, session, uploads[2])
    assert len(session.items) == 3
