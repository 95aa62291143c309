"""What stands between a visitor and the insides: errors become one sentence, links aren't fetched."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

import gradio as gr

from humanseg.errors import HumanSegError
from humanseg.ui import text

log = logging.getLogger("humanseg.ui")


def sentence(error: BaseException) -> str:
    """The one sentence a visitor reads about an error; anything unexpected goes to the log in full."""
    if isinstance(error, HumanSegError):
        return str(error)
    if isinstance(error, MemoryError):
        return text.TOO_LITTLE_MEMORY
    log.error("Unexpected error", exc_info=error)
    return text.UNEXPECTED


def plain(function: Callable) -> Callable:
    """Wraps an event's function (or generator) so that every failure is a `gr.Error` with one sentence."""
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generate(*args: Any, **kwargs: Any) -> Any:
            try:
                yield from function(*args, **kwargs)
            except (gr.Error, GeneratorExit):
                raise
            except Exception as error:
                raise gr.Error(sentence(error), title=text.ERROR_TITLE, print_exception=False) from error

        return generate

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise gr.Error(sentence(error), title=text.ERROR_TITLE, print_exception=False) from error

    return call


def names_a_link(value: Any) -> bool:
    """Whether a request's data holds a file that is only a link to somewhere else."""
    if isinstance(value, dict):
        path = value.get("path")
        if isinstance(path, str) and path.strip().lower().startswith(("http:", "https:", "ftp:", "//")):
            return True
        return any(names_a_link(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(names_a_link(part) for part in value)
    return False


class GuardedBlocks(gr.Blocks):
    """`gr.Blocks` that fetches no link on a visitor's behalf (unless told to) and shows no stack trace."""

    fetch_urls = False

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False) -> Any:
        if not self.fetch_urls and names_a_link(inputs):
            raise gr.Error(text.NO_LINKS, title=text.ERROR_TITLE, print_exception=False)
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error:
            raise
        except Exception as error:
            log.warning("A request's data can't be read: %s", error)
            raise gr.Error(text.BAD_REQUEST, title=text.ERROR_TITLE, print_exception=False) from error
