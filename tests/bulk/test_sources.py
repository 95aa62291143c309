"""Sources of every form give photos with keys of their own; what is damaged is said, and loses no more than it must."""

import io
import os
import tarfile
import tracemalloc
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from humanseg.bulk.sources import Source
from humanseg.errors import HumanSegError, ImageError
from tests.bulk.workers import write_photo, write_photos


@pytest.fixture
def photo(tmp_path) -> bytes:
    return write_photo(tmp_path / "photo" / "a.png", 1).read_bytes()


def listed(source, *names: str) -> list[tuple[str, bytes]]:
    return [(item.key, item.load()) for item in Source(str(source)).items()]


def test_a_folder_gives_its_pictures_with_their_folders(tmp_path):
    for name in ("a.JPG", "b/c.heic", "b/d/e.png", "notes.txt", ".hidden.png", ".git/f.png", "shard.tar", "g.zip"):
        write_photo(tmp_path / name, 1)
    assert sorted(item.key for item in Source(str(tmp_path)).items()) == ["a.JPG", "b/c.heic", "b/d/e.png"]
    assert Source(str(tmp_path)).count() == 3


def test_a_pattern_gives_what_fits_it_with_the_folders_below_its_fixed_part(tmp_path):
    for name in ("x/1.png", "x/y/2.png", "x/3.txt"):
        write_photo(tmp_path / name, 1)
    source = Source(str(tmp_path / "x" / "**" / "*"))
    assert sorted(item.key for item in source.items()) == ["1.png", "y/2.png"] and source.count() == 2


@pytest.mark.parametrize("name", ["a[1].png", "a*.png", "no suffix"])
def test_a_file_is_taken_whatever_it_is_called(tmp_path, name):
    write_photo(tmp_path / name, 1)
    assert [item.key for item in Source(str(tmp_path / name)).items()] == [name]


@pytest.mark.parametrize(
    ("mode", "name"), [("w", "a.tar"), ("w:gz", "a.tar.gz"), ("w:gz", "a.tgz"), ("w:xz", "A.TAR.XZ")]
)
def test_a_tar_gives_its_pictures_in_order(tmp_path, photo, mode, name):
    with tarfile.open(tmp_path / name, mode) as archive:
        for member, data in (
            ("1.png", photo),
            ("1.json", b"{}"),
            ("d/2.jpg", b"two"),
            ("d/2.cls", b"7"),
            ("1.png", b"x"),
        ):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert listed(tmp_path / name) == [("1.png", photo), ("d/2.jpg", b"two"), ("1.png\0002", b"x")]


def test_of_several_archives_each_has_keys_of_its_own(tmp_path):
    for name in ("s-0.zip", "s-1.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("a.png", name)
    source = tmp_path / "s-*.zip"
    assert sorted(listed(source)) == [("s-0.zip/a.png", b"s-0.zip"), ("s-1.zip/a.png", b"s-1.zip")]
    assert Source(str(source)).count() == 2


def test_a_tar_that_is_cut_short_gives_what_is_before_the_cut(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number in range(5):
            info = tarfile.TarInfo(f"{number}.png")
            info.size = 1024
            archive.addfile(info, io.BytesIO(bytes([number + 1]) * 1024))
    whole = (tmp_path / "a.tar").read_bytes()
    each = 512 + 1024
    # In the third one's data; in the header of the fourth; before it; and after the last one. And a damaged header.
    damaged = [whole[: 2 * each + 600], whole[: 3 * each + 100], whole[: 3 * each], whole[: 5 * each]]
    damaged.append(whole[: 3 * each] + bytes(100) + b"x" + whole[3 * each + 101 :])
    for data, good in zip(damaged, (2, 3, 3, 5, 3), strict=True):
        (tmp_path / "cut.tar").write_bytes(data)
        source, loaded = Source(str(tmp_path / "cut.tar")), 0
        for item in source.items():
            try:
                loaded += len(item.load()) > 100
            except ImageError as error:
                assert "can't be taken out of its archive" in str(error)
        assert loaded == good and len(source.troubles) == 1 and "can't be read further" in source.troubles[0]


@pytest.mark.parametrize("name", ["a.tar", "a.zip", "a.tar.gz", "a.parquet"])
@pytest.mark.parametrize("content", [b"", b"this is no archive" * 100])
def test_what_is_no_archive_is_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    source = Source(str(tmp_path / name))
    assert list(source.items()) == [] and len(source.troubles) == 1 and name in source.troubles[0]


def test_a_member_that_is_damaged_or_locked_or_a_link_fails_alone(tmp_path, photo):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good.png", photo)
        archive.writestr("bad.png", photo)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    at = data.rindex(photo[-40:-20])
    data[at] ^= 255
    (tmp_path / "a.zip").write_bytes(data)
    assert _loaded(tmp_path / "a.zip", 0) == photo
    with pytest.raises(ImageError, match=r"bad\.png can't be taken out of its archive"):
        _loaded(tmp_path / "a.zip", 1)
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("link.png")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(ImageError, match="is a link within its archive"):
        _loaded(tmp_path / "a.tar", 0)


def _loaded(source, number: int) -> bytes:
    for at, item in enumerate(Source(str(source)).items()):
        if at == number:
            return item.load()
    raise AssertionError("there is no such photo")


@pytest.mark.parametrize("struct", [False, True])
def test_a_table_gives_a_photo_a_row(tmp_path, struct):
    photos = [bytes([number]) * 10 for number in range(40)] + [None]
    column = [{"bytes": photo, "path": "x.jpg"} for photo in photos] if struct else photos
    pq.write_table(pa.table({"label": list(range(41)), "image": column}), tmp_path / "a.parquet", row_group_size=18)
    items = list(Source(str(tmp_path / "a.parquet")).items())
    assert [item.key for item in items[:2]] == ["00000000", "00000001"] and len(items) == 41
    for number, item in enumerate(Source(str(tmp_path / "a.parquet")).items()):
        # Some are passed over, as those that are done.
        if number == 40:
            with pytest.raises(ImageError, match="has no picture"):
                item.load()
        elif number % 3:
            assert item.load() == photos[number]


@pytest.mark.parametrize(
    ("columns", "asked", "says"),
    [
        ({"a": ["x"], "b": [1]}, None, "No column holds pictures"),
        ({"a": [b"x"], "b": [b"y"]}, None, "Which column"),
        ({"image": [b"x"]}, "photo", "There is no column photo"),
    ],
)
def test_a_table_without_pictures_says_what_it_has(tmp_path, columns, asked, says):
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(HumanSegError, match=says):
        list(Source(str(tmp_path / "a.parquet"), column=asked).items())


def test_of_several_columns_the_one_that_is_named_like_pictures_or_asked_for_is_taken(tmp_path):
    pq.write_table(pa.table({"audio": [b"x"], "image": [b"y"]}), tmp_path / "a.parquet")
    assert next(iter(Source(str(tmp_path / "a.parquet")).items())).key == "00000000"
    assert listed(tmp_path / "a.parquet") == [("00000000", b"y")]
    (item,) = Source(str(tmp_path / "a.parquet"), column="audio").items()
    assert item.key == "00000000"


@pytest.mark.parametrize("source", ["none", "", "none.zip", "a\0b"])
def test_a_source_that_is_not_there_is_said_so(tmp_path, source, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HumanSegError, match="There is no "):
        Source(source)


def test_a_pattern_that_fits_nothing_has_no_photo(tmp_path):
    assert list(Source(str(tmp_path / "none" / "*.jpg")).items()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_one_sentence(tmp_path):
    write_photos(tmp_path / "a", 1)
    (tmp_path / "b").mkdir(mode=0)
    source = Source(str(tmp_path))
    assert len(list(source.items())) == 1 and "can't be read" in source.troubles[0]


def test_memory_does_not_grow_with_the_number_of_photos(tmp_path):
    peaks = []
    for count in (200, 2000):
        with tarfile.open(tmp_path / f"{count}.tar", "w") as archive:
            for number in range(count):
                info = tarfile.TarInfo(f"{number:05}.png")
                info.size = 1000
                archive.addfile(info, io.BytesIO(bytes(1000)))
        (tmp_path / str(count)).mkdir()
        for number in range(count):
            (tmp_path / str(count) / f"{number}.png").touch()
        for source in (f"{count}.tar", str(count)):
            tracemalloc.start()
            assert sum(1 for _ in Source(str(tmp_path / source)).items()) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[2] < 2 * peaks[0] + 500_000 and peaks[3] < 2 * peaks[1] + 100_000
