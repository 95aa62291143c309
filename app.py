"""The web page: `python app.py [--model DIR]`, then open the address it prints.

Host and port come from Gradio's own variables GRADIO_SERVER_NAME and GRADIO_SERVER_PORT; the limits from the
HUMANSEG_... variables that README.md lists. Runs unchanged as a Hugging Face Space.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.hub.find import LIVE_NAME, MODEL_VARIABLE, check_here
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.serve import serve


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="app.py", description="Cut people out of photos, in the browser.")
    parser.add_argument("--model", help="folder with weights, or user/name on the Hugging Face Hub")
    parser.add_argument("--live-model", help="the same for the webcam; by default what ships for it, or --model")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    options = parser.parse_args(arguments)
    # Weights that are named replace the webcam's too.
    named = options.model or os.environ.get(MODEL_VARIABLE)
    live = options.live_model or (None if named else LIVE_NAME)
    try:
        limits = Limits.from_environment()
        for model in filter(None, (named, options.live_model)):
            check_here(model)
        serve(lambda: build(limits, options.model, live, options.open), limits)
    except HumanSegError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(limits: Limits, model: str | None, live: str | None, in_browser: bool) -> tuple[Any, dict[str, Any]]:
    """The page, whose weights are being loaded meanwhile, and how to launch it.

    Without `live` the webcam has the photos' network.
    """
    # Gradio would report to its makers that a page is running.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from humanseg import Segmenter
    from humanseg.ui import page
    from humanseg.ui.model import warm_up

    demo = page.build(
        lambda: Segmenter.from_pretrained(model), limits, live and (lambda: Segmenter.from_pretrained(live))
    )
    warm_up(demo.context.model, demo.context.live)
    return demo, page.launch_options(limits) | {"inbrowser": in_browser}


if __name__ == "__main__":
    sys.exit(main())
