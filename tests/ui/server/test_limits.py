from __future__ import annotations

import pytest

from humanseg.errors import HumanSegError
from humanseg.ui.server.limits import VARIABLES, Limits


def test_without_variables_the_defaults_hold_and_no_link_is_fetched():
    assert Limits.from_environment({}) == Limits()
    assert not Limits().fetch_urls


@pytest.mark.parametrize(("field", "variable"), VARIABLES.items())
def test_every_limit_has_its_variable(field, variable):
    assert getattr(Limits.from_environment({variable: " 7 "}), field) == 7


@pytest.mark.parametrize("value", ["0", "-3", "many", "1.5", "1e3"])
def test_a_limit_that_makes_no_sense_is_refused_by_its_name(value):
    with pytest.raises(HumanSegError, match="HUMANSEG_MAX_PHOTOS"):
        Limits.from_environment({"HUMANSEG_MAX_PHOTOS": value})


def test_files_are_never_kept_longer_than_an_hour():
    assert Limits.from_environment({"HUMANSEG_KEEP_SECONDS": "999999"}).keep_seconds == 3600
