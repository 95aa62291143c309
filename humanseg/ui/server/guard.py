"""Guards events: their errors become one sentence, and links aren't fetched."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

import anyio
import gradio as gr

from humanseg.errors import HumanSegError
from humanseg.ui import text
from humanseg.ui.sentences import sentence
from humanseg.ui.server.links import is_link

log = logging.getLogger("humanseg.ui")


def guarded(function: Callable) -> Callable:
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
        return is_link(value.get("path")) or any(names_a_link(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(names_a_link(part) for part in value)
    return False


def with_files(value: Any, fetch: Callable[[str], dict[str, Any]]) -> Any:
    """A request's data with what `fetch` gives in place of every file that is only a link."""
    if isinstance(value, dict):
        if is_link(value.get("path")):
            return fetch(value["path"])
        return {key: with_files(part, fetch) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [with_files(part, fetch) for part in value]
    return value


def with_defaults(block_fn: Any, inputs: list[Any]) -> list[Any]:
    """A program's inputs, with the endpoint's own values for those that it leaves out at the end.

    So a program that knows nothing of an input that an endpoint has got since goes on as before.
    """
    if block_fn.api_visibility != "public":
        return inputs
    return [*inputs, *(block.value for block in block_fn.inputs[len(inputs) :])]


class GuardedBlocks(gr.Blocks):
    """`gr.Blocks` that lets Gradio fetch no link on a visitor's behalf and shows no stack trace.

    Attributes
    ----------
    fetch_link : what gives the file behind a link (a dictionary as Gradio's `FileData`), None for no links at all
    """

    fetch_link: Callable[[str], dict[str, Any]] | None = None

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False) -> Any:
        try:
            inputs = with_defaults(block_fn, inputs)
            if names_a_link(inputs):
                if self.fetch_link is None:
                    raise HumanSegError(text.NO_LINKS)
                inputs = await anyio.to_thread.run_sync(with_files, inputs, self.fetch_link)
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error:
            raise
        except HumanSegError as error:
            raise gr.Error(str(error), title=text.ERROR_TITLE, print_exception=False) from error
        except Exception as error:
            log.warning("A request's data can't be read: %s", str(error).partition("\n")[0])
            raise gr.Error(text.BAD_REQUEST, title=text.ERROR_TITLE, print_exception=False) from error
