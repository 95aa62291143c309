from pathlib import Path

import pytest

from humanseg.data.sources import gather, parse_weight
from humanseg.errors import DataError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a/b", ("a/b", 1.0)), ("a/b=2.5", ("a/b", 2.5)), ("a=b/c", ("a=b/c", 1.0)), ("a=b=3", ("a=b", 3.0))],
)
def test_a_folder_may_carry_a_weight(text, expected):
    assert parse_weight(text) == (Path(expected[0]), expected[1])


@pytest.mark.parametrize("text", ["a=0", "a=-1", "a=inf", "a=nan", "a=1e9"])
def test_a_weight_must_be_a_positive_number(text):
    with pytest.raises(DataError, match="positive number"):
        parse_weight(text)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        gather([str(tmp_path / "nowhere")])
