import pytest

from humanseg.confidence import DOUBTFUL
from humanseg.retouch import Repair
from humanseg.ui import text
from humanseg.ui.item import LONGEST_CAPTION, Item, shortened
from humanseg.ui.upload import Upload


def item(**values) -> Item:
    values = {"size": (4, 3), "person_found": True, "confidence": 0.95, "seconds": 1.0} | values
    return Item(Upload("me.png", "me.png"), "me.png", **values)


def test_a_cut_out_that_is_expected_to_be_poor_is_said_to_be_worth_a_look():
    sure, unsure = item(confidence=DOUBTFUL), item(confidence=DOUBTFUL - 0.01)
    assert unsure.doubtful and not sure.doubtful
    assert text.DOUBTFUL in unsure.describe() and text.DOUBTFUL not in sure.describe()
    assert (unsure.caption, sure.caption) == ("Worth a look: me.png", "me.png")


def test_what_was_mended_by_hand_or_failed_is_in_no_doubt():
    assert not item(confidence=0.1, repair=Repair(grow=2)).doubtful
    failed = item(confidence=0.0, person_found=False, error="me.png is broken.")
    assert not failed.doubtful and not failed.empty and failed.caption == failed.describe() == "me.png is broken."


def test_nobody_is_said_and_is_no_matter_of_doubt():
    nobody = item(person_found=False, confidence=0.0)
    assert nobody.empty and not nobody.doubtful
    assert nobody.describe() == "Nobody was found in me.png: try another photo, or paint somebody in with Repair."
    assert not item(person_found=False, repair=Repair(grow=2)).empty


@pytest.mark.parametrize("name", ["", "me.png", "x" * LONGEST_CAPTION])
def test_a_name_that_fits_stays_whole(name):
    assert shortened(name) == name


def test_a_long_name_keeps_how_it_begins_and_ends():
    short = shortened("IMG_20250704_" + "holiday " * 20 + "(12).jpeg")
    assert len(short) <= LONGEST_CAPTION and short.startswith("IMG_202507") and short.endswith("…(12).jpeg")
