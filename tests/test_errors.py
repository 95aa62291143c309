import pytest

from humanseg.errors import printable


@pytest.mark.parametrize("name", ["holiday.jpg", "Müller 写真😀.jpg", "5\u202fPM.png", "👩\u200d👧.jpg"])
def test_names_of_people_stay_as_they_are(name):
    assert printable(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("M\udcfcller", "M\\udcfcller"),
        ("a\u2028b", "a\\u2028b"),
        ("gpj.\u202eevil", "gpj.\\u202eevil"),
    ],
)
def test_what_would_break_the_line_is_escaped(name, shown):
    assert printable(name) == shown
