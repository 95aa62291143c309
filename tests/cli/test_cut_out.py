"""humanseg cut-out, with the weights that ship where pixels count, else with a stand-in for the network."""

import io
import os
import signal

import numpy as np
import pytest
from PIL import Image

from humanseg.cli import main
from humanseg.placing import Placement
from humanseg.segmenter import Segmenter
from tests.cli.conftest import AS_IT_IS
from tests.ui.fakes import pair_of, segmenter, two_people


@pytest.fixture
def photo(astronaut, tmp_path):
    path = tmp_path / "my photo.png"
    Image.fromarray(astronaut).save(path)
    return path


def test_a_photo_becomes_a_transparent_png_of_its_size_and_name(photo, tmp_path, spawn):
    run = spawn("cut-out", photo, "--out", tmp_path / "out", code=AS_IT_IS, text=True)
    out, errors = run.communicate(timeout=300)
    assert run.returncode == 0 and "my photo-cutout.png" in out and not errors
    with Image.open(tmp_path / "out" / "my photo-cutout.png") as picture:
        assert picture.size == (512, 512) and picture.mode == "RGBA"
        alpha = np.asarray(picture)[..., 3]
    assert alpha[5, 5] == 0 and alpha[150, 225] == 255


def test_the_command_line_and_python_give_the_same_pixels(photo, tmp_path):
    main(["cut-out", str(photo), "--out", str(tmp_path)])
    expected = Segmenter.from_pretrained().cut_out(photo).rgba
    seen = expected[..., 3] > 0  # what can't be seen may be stored as anything
    written = np.asarray(Image.open(tmp_path / "my photo-cutout.png"))
    assert np.array_equal(written[..., 3], expected[..., 3])
    assert np.array_equal(written[seen], expected[seen])


@pytest.mark.parametrize("background", ["#ff00ff", "blur", "picture"])
def test_a_background_gives_a_jpeg(photo, tmp_path, background):
    if background == "picture":
        Image.fromarray(np.full((20, 30, 3), 200, np.uint8)).save(tmp_path / "wall.png")
        background = str(tmp_path / "wall.png")
    assert main(["cut-out", str(photo), "--out", str(tmp_path), "--background", background]) == 0
    corner = np.asarray(Image.open(tmp_path / "my photo-cutout.jpg"))[5, 5].astype(int)
    if background == "#ff00ff":
        assert np.abs(corner - (255, 0, 255)).max() < 12


def test_a_mask_is_grey_and_of_the_photos_size(photo, tmp_path):
    assert main(["cut-out", str(photo), "--out", str(tmp_path), "--mask"]) == 0
    with Image.open(tmp_path / "my photo-mask.png") as mask:
        assert mask.mode == "L" and mask.size == (512, 512)


def test_cropping_leaves_the_person_with_a_margin(astronaut, tmp_path):
    wide = np.full((600, 1200, 3), 128, np.uint8)
    wide[88:, 344:856] = astronaut
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert main(["cut-out", str(tmp_path / "wide.png"), "--out", str(tmp_path), "--crop"]) == 0
    width, height = Image.open(tmp_path / "wide-cutout.png").size
    assert 200 < width < 900 and 300 < height <= 600


def test_two_photos_of_one_name_both_get_written(astronaut, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.fromarray(astronaut[::4, ::4]).save(tmp_path / folder / "me.png")
    out = tmp_path / "out"
    assert main(["cut-out", str(tmp_path / "a/me.png"), str(tmp_path / "b/me.png"), "--out", str(out)]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["me-cutout-2.png", "me-cutout.png"]


def test_one_that_fails_is_named_and_the_rest_go_on(photo, tmp_path, capsys):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    assert main(["cut-out", str(broken), str(photo), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "broken.jpg" in error and "Traceback" not in error
    assert (tmp_path / "out" / "my photo-cutout.png").exists()


@pytest.mark.parametrize(
    "extra",
    [
        ["--background", "no-such-picture.jpg"],
        ["--background", "#12345"],
        ["--format", "jpeg"],
        ["--model", "no/such/folder/of/weights"],
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(photo, tmp_path, capsys, extra):
    assert main(["cut-out", str(photo), "--out", str(tmp_path / "out"), *extra]) == 1
    error = capsys.readouterr().err.strip()
    assert error and "Traceback" not in error and len(error.splitlines()) == 1


def test_nothing_that_is_an_input_is_written_to(small, tmp_path, monkeypatch, standing_in, capsys):
    monkeypatch.chdir(tmp_path)
    first, second = small("me.jpg"), small("me-cutout.png")
    before = first.read_bytes(), second.read_bytes()
    assert main(["cut-out", "me.jpg", str(second)]) == 0
    assert (first.read_bytes(), second.read_bytes()) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "me-cutout-2.png",
        "me-cutout-cutout.png",
        "me-cutout.png",
        "me.jpg",
    ]


def test_a_background_picture_is_an_input_too(small, tmp_path, monkeypatch, standing_in):
    monkeypatch.chdir(tmp_path)
    small("me.png")
    wall = small("me-cutout.jpg")
    before = wall.read_bytes()
    assert main(["cut-out", "me.png", "--background", "me-cutout.jpg"]) == 0
    assert wall.read_bytes() == before and (tmp_path / "me-cutout-2.jpg").exists()


def test_folders_keep_their_structure(small, tmp_path, standing_in):
    for name in ("in/a.jpg", "in/sub/a.JPG", "in/sub/deep/b.png", "in/.hidden/c.jpg", "in/._a.jpg", "in/notes.txt"):
        small(name)
    assert main(["cut-out", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    made = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*"))
    assert made == ["a-cutout.png", "sub/a-cutout.png", "sub/deep/b-cutout.png"]


def test_a_folder_into_itself_twice_gives_the_same_files(small, tmp_path, standing_in, capsys):
    for name in ("in/a.jpg", "in/sub/b.jpg", "in/my-cutout.jpg"):
        small(name)
    for _ in range(2):
        assert main(["cut-out", str(tmp_path / "in"), "--out", str(tmp_path / "in")]) == 0
    made = sorted(p.name for p in (tmp_path / "in").rglob("*.png"))
    assert made == ["a-cutout.png", "b-cutout.png", "my-cutout-cutout.png"]
    assert "left out: 3" in capsys.readouterr().out


def test_paths_without_photos_are_reported_and_the_rest_go_on(small, tmp_path, standing_in, capsys):
    (tmp_path / "empty").mkdir()
    photo, pattern = small("a.jpg"), str(tmp_path / "*.gif")
    out = tmp_path / "out"
    assert main(["cut-out", str(tmp_path / "empty"), pattern, str(photo), "--out", str(out)]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "no photo in the folder" in first and "No file matches" in second
    assert (out / "a-cutout.png").exists()


def test_a_single_photo_goes_to_a_new_file_of_any_name(small, tmp_path, standing_in, capsys):
    photo, target = small("a.jpg"), tmp_path / "new" / "me.webp"
    assert main(["cut-out", str(photo), "--out", str(target)]) == 0
    assert Image.open(target).format == "WEBP"
    written = target.read_bytes()
    assert main(["cut-out", str(photo), "--out", str(target), "--crop"]) == 1
    assert "already" in capsys.readouterr().err and target.read_bytes() == written


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.jpg", "--out", "taken"], "name a folder"),
        (["a.jpg", "--out", "taken/below"], "name another folder"),
        (["a.jpg", "--out", "a.jpg", "--background", "blur"], "a.jpg, which is read"),
        (["a.jpg", "--out", "link.jpg", "--background", "blur"], "which is read"),
        (["a.jpg", "--out", "sub/../a.jpg", "--background", "blur"], "which is read"),
        (["a.jpg", "b.jpg", "--out", "new.png"], "2 photos: name a folder"),
        (["a.jpg", "--out", "new.tif"], "end its name in"),
        (["a.jpg", "--out", "new.png", "--format", "webp"], "disagree"),
        (["a.jpg", "--out", "new.jpg"], "can't be transparent"),
        (["a.jpg", "--out", "new.jpg", "--mask"], "as PNG"),
        (["a.jpg", "--mask", "--format", "webp"], "as PNG"),
        (["a.jpg", "--threads", "0"], "--threads takes a whole number from 1"),
        (["a.jpg", "--threads", "-1"], "--threads takes a whole number from 1"),
        (["a.jpg", "--threads", "many"], "--threads takes a whole number from 1"),
        (["a.jpg", "--background", "purpel"], "a colour"),
        (["a.jpg", "--background", "sub"], "can't be opened"),
    ],
)
def test_what_cannot_work_is_refused_before_the_work(small, tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *_, **__: pytest.fail("the work had begun"))
    monkeypatch.chdir(tmp_path)
    photo = small("a.jpg")
    small("b.jpg")
    (tmp_path / "taken").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    before = photo.read_bytes()
    assert main(["cut-out", *arguments]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert sentence in said and photo.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg", "b.jpg", "link.jpg", "sub", "taken"]


def test_a_colour_may_be_given_by_name(small, tmp_path, standing_in):
    assert main(["cut-out", str(small("a.jpg")), "--out", str(tmp_path / "a.png"), "--background", "purple"]) == 0
    assert tuple(np.asarray(Image.open(tmp_path / "a.png"))[0, 0]) == (128, 0, 128)


NAMES = ["写真😀.jpg", "new\nline\x1b[31m.jpg", b"M\xfcller.jpg", "zz.jpg"]


@pytest.mark.skipif(os.name != "posix", reason="other systems allow none of these names")
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "utf-8:strict"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252:strict"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
)
def test_a_name_that_cannot_be_printed_does_not_end_the_batch(small, spawn, tmp_path, environment):
    photos = [small(name) for name in NAMES]
    run = spawn("cut-out", *photos, "--out", tmp_path / "out", environment=environment)
    out, errors = run.communicate(timeout=120)
    assert run.returncode == 0 and not errors
    assert len(out.splitlines()) == len(NAMES) and b"\x1b" not in out and b"new\\nline" in out
    assert {p.stem for p in (tmp_path / "out").iterdir()} == {f"{p.stem}-cutout" for p in photos}


@pytest.mark.skipif(os.name != "posix", reason="about pipes and devices of POSIX")
@pytest.mark.parametrize("end", ["closed pipe", "full disk", "closed stdout"])
def test_a_batch_goes_on_when_nobody_reads_its_output(small, spawn, tmp_path, end):
    photos = [small(f"{number}.jpg") for number in range(3)]
    reading, writing = os.pipe()
    os.close(reading)  # as `| head` does once it has enough
    with open(writing, "wb") as pipe, open("/dev/full", "wb") as full:  # noqa: PTH123 - a number has no path
        options = {
            "closed pipe": {"stdout": pipe, "stderr": pipe},
            "full disk": {"stdout": full},
            "closed stdout": {"preexec_fn": lambda: os.close(1)},
        }
        run = spawn("cut-out", *photos, "--out", tmp_path / "out", **options[end])
    run.communicate(timeout=120)
    assert run.returncode == 0 and len(list((tmp_path / "out").iterdir())) == 3


HELD = """
import signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started the tests in the background
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored under nohup
from humanseg.cli import main
from humanseg.segmenter import Segmenter
from tests.cli.conftest import AS_IT_IS
from tests.ui.fakes import pair_of, segmenter, two_people
from tests.ui.fakes import EllipseEngine

class Held(EllipseEngine):
    count = 0
    def __call__(self, image):
        Held.count += 1
        if Held.count > 2:  # of the second photo
            print("held", flush=True)
            threading.Event().wait()
        return super().__call__(image)

Segmenter.from_pretrained = lambda *arguments, **options: Segmenter(Held())
sys.exit(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="about a signal of POSIX")
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [("SIGINT", 130, "Stopped after 1 of 5 photos.\n"), ("SIGTERM", 143, ""), ("SIGHUP", 129, "")],
)
def test_a_stopped_batch_prints_one_line_at_most_and_leaves_nothing_half_written(
    small, spawn, tmp_path, name, status, said
):
    photos = [small(f"{number}.jpg") for number in range(5)]
    run = spawn("cut-out", *photos, "--out", tmp_path / "out", code=HELD, text=True)
    while run.stdout.readline() != "held\n":
        pass
    run.send_signal(getattr(signal, name))
    _, errors = run.communicate(timeout=120)
    assert run.returncode == status and errors == said
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["0-cutout.png"]


def test_of_several_people_the_largest_or_those_at_points_are_kept(tmp_path, monkeypatch, capsys):
    photo = pair_of(tmp_path / "two.png").source
    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *arguments, **options: two_people())
    assert main(["cut-out", photo, "--keep", "largest", "--out", str(tmp_path / "a.png")]) == 0
    assert main(["cut-out", photo, "--keep", "0.7,0.6; 0.25,0.5", "--out", str(tmp_path / "b.png")]) == 0
    one, both = (np.asarray(Image.open(tmp_path / name))[..., 3] for name in ("a.png", "b.png"))
    np.testing.assert_array_equal(both, two_people().cut_out(photo).rgba[..., 3])
    assert one[120, 80] == 255 and one[140, 224] == 0 and both[140, 224] == 255
    assert main(["cut-out", photo, "--keep", "5,5", "--out", str(tmp_path / "c.png")]) == 1
    assert "Nobody is at 5, 5" in capsys.readouterr().err
    assert main(["cut-out", photo, "--keep", "him", "--out", str(tmp_path / "c.png")]) == 1
    assert "doesn't say who" in capsys.readouterr().err and not (tmp_path / "c.png").exists()


def test_sizes_and_shadows_are_what_the_library_makes(small, tmp_path, standing_in):
    photo = small("me.png")
    options = ["--size", "4:5", "--margin", "0.2", "--shadow", "0.5", "--scale", "0.8", "--move", "0.1,-0.05"]
    out = tmp_path / "me.png.png"
    assert main(["cut-out", str(photo), "--out", str(out), "--background", "white..navy@90", *options]) == 0
    placement = Placement("4:5", 0.2, 0.8, (0.1, -0.05), 0.5)
    made = segmenter().cut_out(photo).on("white..navy@90", placement=placement)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), made)


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_passport_photo_has_its_resolution_in_the_file(small, tmp_path, standing_in, format):
    photo = small("me.png")
    options = ["--background", "white", "--size", "35x45mm", "--format", format]
    assert main(["cut-out", str(photo), "--out", str(tmp_path / "out"), *options]) == 0
    (path,) = (tmp_path / "out").iterdir()
    with Image.open(path) as picture:
        assert picture.size == (413, 531)
        said = picture.info.get("dpi") or (picture.getexif()[0x011A], picture.getexif()[0x011B])
    assert said == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--size", "huge"], "is no size"),
        (["--size", "99999x99999"], "can't be made"),
        (["--shadow", "3"], "from 0 to 1"),
        (["--margin", "much"], "takes a number"),
        (["--scale", "0"], "from 0.05 to 20"),
        (["--move", "left"], "takes two numbers"),
        (["--move", "1,nan"], "shift of the people"),
        (["--background", "white..whit"], "is no gradient"),
    ],
)
def test_a_placement_that_makes_no_sense_is_refused_before_any_work(small, tmp_path, capsys, options, sentence):
    assert main(["cut-out", str(small("me.png")), "--out", str(tmp_path / "out"), *options]) == 1
    assert sentence in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_photo_comes_from_a_pipe_and_its_cut_out_goes_to_one(photo, tmp_path, spawn):
    with photo.open("rb") as file:
        run = spawn("cut-out", "-", "--out", "-", stdin=file, cwd=tmp_path)
        out, errors = run.communicate(timeout=300)
    assert (run.returncode, errors) == (0, b"")
    with Image.open(io.BytesIO(out)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (512, 512))
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.parametrize("arguments", [("me.png", "me.png"), ("me.png", "--format", "mp4"), ("dance.mp4",)])
def test_a_pipe_takes_one_photo_alone(small, tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    small("me.png")
    assert main(["cut-out", *arguments, "--out", "-"]) == 1
    printed = capsys.readouterr()
    assert "single photo" in printed.err and not printed.out


@pytest.mark.parametrize("arguments", [("https://example.org/me.jpg",), ("me.png", "--background", "HTTP://x/me.jpg")])
def test_a_link_is_said_to_be_one(small, tmp_path, monkeypatch, standing_in, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    small("me.png")
    assert main(["cut-out", *arguments]) == 1
    assert "me.jpg is a link, and links aren't fetched" in capsys.readouterr().err
