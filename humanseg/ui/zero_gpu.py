"""ZeroGPU: Spaces without a GPU of their own, whose photos run on one that many Spaces share.

There a function has a GPU only while it runs under `spaces.GPU`, in a process that is forked for it, and a Space that
has no such function isn't started (https://huggingface.co/docs/hub/spaces-zerogpu). The package `spaces` is part of
these Spaces; it isn't imported anywhere else.
"""

from __future__ import annotations

import functools
import importlib
import os
import re
from collections.abc import Callable
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.ui import text

VARIABLE = "SPACES_ZERO_GPU"
# A photo's largest share of a visitor's quota. Of 12 megapixels it's about two, mostly for the steps after the network.
SECONDS = 20


def is_here() -> bool:
    """Whether this is a Space on ZeroGPU."""
    return os.environ.get(VARIABLE, "").lower() in ("1", "t", "true")


def prepare() -> None:
    """Call it before anything imports PyTorch or Gradio, which `spaces` changes."""
    if is_here():
        importlib.import_module("spaces")


def on_gpu(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, or on ZeroGPU one that runs it on a GPU; call this before the page is launched.

    Arguments and result are copied from process to process. An error for people stays one; where no GPU can be had
    it's a HumanSegError that says why.
    """
    if not is_here():
        return function
    import gradio as gr
    import spaces

    @spaces.GPU(duration=SECONDS)
    def there(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except HumanSegError as error:  # of one that is raised only the name would come back
            return error

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            result = there(*arguments)
        except gr.Error as error:
            reason = " ".join(re.sub(r"<[^>]*>", " ", str(error.message)).split()).rstrip(".")
            raise HumanSegError(text.NO_GPU.format(reason=reason)) from error
        if isinstance(result, HumanSegError):
            raise result
        return result

    return call
