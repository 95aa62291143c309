"""Stands in for the package `spaces` on ZeroGPU: forks for each call of a function, as that does; without any GPU."""

import functools
import json
import multiprocessing
import os
import pickle
import sys
from pathlib import Path

assert "torch" not in sys.modules, "`spaces` has to be imported before PyTorch"

import gradio as gr  # noqa: E402
from gradio.context import LocalContext  # noqa: E402

_fork = multiprocessing.get_context("fork")
_launch = gr.Blocks.launch


def note(**what):
    """Writes down what happened, a line of JSON each."""
    with Path(os.environ["STAND_IN_NOTES"]).open("a") as file:
        file.write(json.dumps({"process": os.getpid(), **what}) + "\n")


def launched(*arguments, **options):
    note(happened="launched", decorated=len(GPU.decorated), torch="torch" in sys.modules)
    return _launch(*arguments, **options)


gr.Blocks.launch = launched


def GPU(task=None, *, duration=None):
    if task is None:
        return functools.partial(GPU, duration=duration)
    GPU.decorated.append(task)

    @functools.wraps(task)
    def call(*arguments):
        note(happened="asked", duration=duration, visitor=LocalContext.request.get(None) is not None)
        if os.environ.get("STAND_IN_REFUSES"):
            raise gr.Error(os.environ["STAND_IN_REFUSES"], print_exception=False)
        given, taken = _fork.Pipe(duplex=False)

        def work():
            note(happened="ran")
            taken.send_bytes(pickle.dumps(task(*pickle.loads(pickle.dumps(arguments)))))

        process = _fork.Process(target=work, daemon=True)
        process.start()
        taken.close()
        try:
            return pickle.loads(given.recv_bytes())
        except EOFError:
            raise gr.Error("GPU task aborted", print_exception=False) from None
        finally:
            process.join()

    return call


GPU.decorated = []
