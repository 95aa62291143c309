"""No two photos get one name, and no name is impossible or leads elsewhere."""

import os
from pathlib import PurePosixPath

import pytest

from humanseg.bulk.names import LONGEST, RECORDS, identity, target_name

NOT_UTF8 = os.fsdecode(b"Ren\xe9.jpg")
TRICKY = [
    "a.jpg", "a.png", "a", "A.jpg", "a.JPG", "a.jpg.png", "a.jpg/b", "a.png/b", "a.jpg.png/b", "a.PNG/b", "a_png/b",
    "../a.jpg", "../../a.jpg", "/a.jpg", "//a.jpg", "./a.jpg", "_/a.jpg", "x/../a.jpg", "x//a.jpg", "x/_/a.jpg", "",
    "/", ".", "..", "a\\b.jpg", "a_b.jpg", "..\\a.jpg", "a\0.jpg", "a\n.jpg", NOT_UTF8, "Ren\udce8.jpg", "Ren_.jpg",
    "Ren\u00e9.jpg", "Rene\u0301.jpg", f"{RECORDS}/a.jpg", f"{RECORDS.upper()}/a.jpg", f"_{RECORDS}/a.jpg",
    "x" * 300 + ".jpg", "x" * 301 + ".jpg", "é" * 300, "x" * 251, "x" * 252, "y" * 300 + "/a.jpg", "y" * 301 + "/a.jpg",
    "/".join(["z" * 100] * 20), "/".join(["z" * 100] * 21), "C:/a.jpg", "CON.jpg", "a?.jpg", "a*.jpg", "a./b", "a /b",
    "photos/2024/IMG_0001.JPG", "photos/2024/img_0001.jpg", "PHOTOS/2024/img_0001.jpg",
]  # fmt: skip


@pytest.mark.parametrize("ending", [".png", ".webp", ".jpg"])
@pytest.mark.parametrize("folds", [False, True])
def test_every_key_has_a_name_of_its_own_that_any_target_takes(ending, folds):
    keys = [*TRICKY, *(target_name(key, ending, folds=folds).removesuffix(ending) for key in TRICKY)]
    keys = list(dict.fromkeys(keys))
    names = [target_name(key, ending, folds=folds) for key in keys]
    assert len({name.casefold() if folds else name for name in names}) == len(keys)
    files = set(names)
    for name in names:
        path = PurePosixPath(name)
        assert not path.is_absolute() and not {"", ".", ".."} & set(name.split("/"))
        assert len(name.encode()) <= LONGEST and all(len(part.encode()) <= 255 for part in path.parts)
        assert path.parts[0].casefold() != RECORDS and path.suffix == ending
        assert not {str(parent) for parent in path.parents} & files, "a folder where a file is"
        assert "\\" not in name and name.isprintable()


def test_ordinary_names_and_folders_are_kept():
    assert target_name("2024/class 3b/IMG_0001.JPG", ".png") == "2024/class 3b/IMG_0001.JPG.png"
    assert target_name("Rene\u0301/\u5199\u771f.heic", ".webp") == "Rene\u0301/\u5199\u771f.heic.webp"


def test_where_case_makes_no_difference_lower_case_names_are_kept():
    assert target_name("a/b.jpg", ".png", folds=True) == "a/b.jpg.png"
    assert target_name("a/B.jpg", ".png", folds=True).startswith("a/B.jpg~")


def test_keys_that_print_alike_are_told_apart():
    assert identity(NOT_UTF8) != identity("Ren\\udce9.jpg") and len(identity(NOT_UTF8)) == 16
