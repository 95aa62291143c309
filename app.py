"""The web page: `python app.py [--model DIR]`, then open the address it prints.

Host and port come from Gradio's own variables GRADIO_SERVER_NAME and GRADIO_SERVER_PORT; the limits from the
HUMANSEG_... variables that README.md lists. `python -m humanseg deploy` puts it on a Hugging Face Space.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from humanseg.errors import HumanSegError
from humanseg.extras import needed
from humanseg.hub.find import LIVE_NAME, SHIPPED_NAME, check_here, models_named
from humanseg.ui import zero_gpu
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.serve import serve


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="app.py", description="Cut people out of photos, in the browser.")
    parser.add_argument("--model", help="folder with weights, or user/name on the Hugging Face Hub")
    parser.add_argument("--live-model", help="the same for the webcam; by default what ships for it, or --model")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    options = parser.parse_args(arguments)
    model, live = models_named(options.model, options.live_model)
    try:
        limits = Limits.from_environment()
        for name in {model, live} - {SHIPPED_NAME, LIVE_NAME}:
            check_here(name)
        serve(lambda: build(limits, model, live, options.open), limits)
    except HumanSegError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(limits: Limits, model: str, live: str, in_browser: bool) -> tuple[Any, dict[str, Any]]:
    """The page, whose weights are being loaded meanwhile, and how to launch it."""
    # Gradio would report to its makers that a page is running.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    zero_gpu.prepare()
    with needed("app", "The page"):
        from humanseg.ui import page
        from humanseg.ui.model import warm_up
        from humanseg.ui.weights import Weights
        from humanseg.web.site import LIVE, PHOTO, Site

    # A GPU that is shared is for photos alone: a webcam would use up a visitor's quota.
    shared = zero_gpu.is_here()
    photos = Weights(model, SHIPPED_NAME, "torch" if shared else None)
    camera = Weights(live, LIVE_NAME, "openvino" if shared else None)
    if model == live and not shared:
        demo = page.build(photos.load, limits, weights=[photos])
    else:
        demo = page.build(photos.load, limits, camera.load, [photos, camera])
    warm_up(demo.context.model, demo.context.live)
    site = Site({PHOTO: model, LIVE: live})
    site.start()
    return demo, page.launch_options(limits, site) | {"inbrowser": in_browser}


if __name__ == "__main__":
    sys.exit(main())
