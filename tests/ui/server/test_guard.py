from __future__ import annotations

import gradio as gr
import pytest

from humanseg.errors import ImageError
from humanseg.ui import text
from humanseg.ui.server.guard import guarded, names_a_link


def test_an_error_meant_for_people_reaches_them_word_for_word():
    @guarded
    def fail():
        raise ImageError("x.jpg is broken: try another.")

    with pytest.raises(gr.Error, match=r"x\.jpg is broken: try another\."):
        fail()


def test_anything_else_becomes_a_plain_sentence_and_goes_to_the_log(caplog):
    @guarded
    def fail():
        raise KeyError("/secret/path")

    with pytest.raises(gr.Error) as caught:
        fail()
    assert caught.value.message == text.UNEXPECTED
    assert "/secret/path" in caplog.text


def test_generators_are_guarded_too_and_keep_what_they_gave_so_far():
    @guarded
    def count():
        yield 1
        raise MemoryError

    running = count()
    assert next(running) == 1
    with pytest.raises(gr.Error, match="memory"):
        next(running)


@pytest.mark.parametrize(
    "value",
    [
        {"path": "http://127.0.0.1/"},
        {"path": " HTTPS://example.org/a.png"},
        [{"image": {"path": "//example.org/a.png"}}],
        {"a": [{"path": "ftp://example.org/a"}]},
    ],
)
def test_a_link_is_seen_wherever_it_hides(value):
    assert names_a_link(value)


@pytest.mark.parametrize("value", [None, 3, "http://example.org", {"path": "/tmp/gradio/a.png"}, {"path": None}, [[]]])
def test_what_is_no_file_by_link_passes(value):
    assert not names_a_link(value)
