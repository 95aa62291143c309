"""The web page: `python app.py [--model DIR]`, then open the address it prints.

Host and port come from Gradio's own variables GRADIO_SERVER_NAME and GRADIO_SERVER_PORT; the limits from the
HUMANSEG_... variables that README.md lists. Runs unchanged as a Hugging Face Space.
"""

from __future__ import annotations

import argparse
import os
import sys

# Before Gradio is imported: the page tells nobody that it's running.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from humanseg import HumanSegError, Segmenter
from humanseg.hub.find import LIVE_NAME, MODEL_VARIABLE
from humanseg.ui import page
from humanseg.ui.model import warm_up
from humanseg.ui.server import sweep
from humanseg.ui.server.limits import Limits


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="app.py", description="Cut people out of photos, in the browser.")
    parser.add_argument("--model", help="folder with weights, or user/name on the Hugging Face Hub")
    parser.add_argument("--live-model", help="the same for the webcam; by default what ships for it, or --model")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    options = parser.parse_args(arguments)
    try:
        limits = Limits.from_environment()
    except HumanSegError as error:
        print(error, file=sys.stderr)
        return 1
    folder = sweep.private_folder()
    # Whoever brings weights of their own means the webcam too.
    named = options.model or os.environ.get(MODEL_VARIABLE)
    live = options.live_model or (None if named else LIVE_NAME)
    demo = page.build(
        lambda: Segmenter.from_pretrained(options.model), limits, live and (lambda: Segmenter.from_pretrained(live))
    )
    warm_up(demo.house.model, demo.house.live)
    sweep.start(demo, folder, *limits.cleaning)
    demo.launch(inbrowser=options.open, **page.launch_options(limits))
    return 0


if __name__ == "__main__":
    sys.exit(main())
