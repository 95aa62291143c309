"""Lines in the terminal: each stays one line, and no fault in printing ends a batch."""

import io
import signal
import sys

import pytest

from humanseg.cli.terminal import each, forgiving, say, stopping_cleanly
from humanseg.errors import HumanSegError


def test_a_name_of_two_lines_stays_one_line(capsys):
    say("two\nlines \x1b[31m")
    assert capsys.readouterr().out == "two\\nlines \\x1b[31m\n"


def test_each_reports_what_fails_and_goes_on(capsys):
    def work(photo: str) -> str:
        if photo == "b":
            raise HumanSegError("b\nis no photo")
        return photo

    assert each(["a", "b", "c"], work) == 1
    said = capsys.readouterr()
    assert said.out == "a\nc\n" and said.err == "b\\nis no photo\n"
    assert each(["a"], work) == 0 and each([], work) == 0


def test_each_stops_at_ctrl_c_with_how_far_it_got(capsys):
    def work(photo: str) -> str:
        if photo == "b":
            raise KeyboardInterrupt
        return ""

    assert each(["a", "b", "c"], work) == 130
    assert capsys.readouterr().err == "Stopped after 1 of 3 photos.\n"


def test_what_a_signal_does_is_put_back():
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with stopping_cleanly(), pytest.raises(SystemExit) as stopped:
            signal.raise_signal(signal.SIGTERM)
        assert stopped.value.code == 128 + signal.SIGTERM
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with stopping_cleanly():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_lines_are_printed_in_any_encoding(monkeypatch, encoding):
    bytes_written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bytes_written, encoding, errors="strict"))
    with forgiving():
        say("写真.jpg")
        print("写真.jpg")
        sys.stdout.flush()
    expected = "写真.jpg" if encoding == "utf-8" else "\\u5199\\u771f.jpg"
    assert bytes_written.getvalue().decode(encoding).splitlines() == [expected] * 2


class _Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_stream_that_fails_is_given_up_silently(monkeypatch):
    monkeypatch.setattr(sys, "stdout", _Broken())
    with forgiving():
        say("a")
        say("b")


def test_there_may_be_no_stream_at_all(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with forgiving():
        say("a")
        assert each(["a", "b"], lambda photo: photo) == 0
