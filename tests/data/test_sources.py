from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


def test_what_a_network_labelled_is_trained_on_and_never_scored_or_pasted(tmp_path):
    rng = np.random.default_rng(0)
    for kind in ("marked", "labelled"):
        for part in ("images", "masks"):
            (tmp_path / kind / part).mkdir(parents=True)
            for n in range(20):
                picture = rng.integers(0, 255, (20, 30, 3), np.uint8) if part == "images" else np.eye(20, 30) * 255
                Image.fromarray(np.uint8(picture)).save(tmp_path / kind / part / f"{n}.png")
    sources, validation = gather([str(tmp_path / "marked")], pseudo=[f"{tmp_path / 'labelled'}=1.5"])
    marked, labelled = sources
    assert (labelled.name, len(labelled.pairs), labelled.weight) == ("labelled", 20, 1.5)
    assert marked.pasteable and not labelled.pasteable and not labelled.complete
    assert len(marked.pairs) < 20
    assert list(validation) == ["marked"]
