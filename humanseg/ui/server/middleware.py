"""The layers between a visitor and Gradio, outermost first."""

from __future__ import annotations

from gradio.utils import get_upload_folder
from starlette.middleware import Middleware

from humanseg.ui.server.answers import Answers
from humanseg.ui.server.bodies import Bodies
from humanseg.ui.server.frames import Frames
from humanseg.ui.server.gate import Gate
from humanseg.ui.server.limits import Limits
from humanseg.ui.server.repairs import Repairs
from humanseg.web.serve import ServesEngine
from humanseg.web.site import Site


def middleware(limits: Limits, site: Site) -> list[Middleware]:
    """For `App(middleware=...)`; call it once the folder for temporary files is known."""
    return [
        Middleware(Answers, limits=limits),
        Middleware(ServesEngine, site=site),
        Middleware(Frames, limits=limits),
        Middleware(Repairs),
        Middleware(Gate, folder=get_upload_folder()),
        Middleware(Bodies, limits=limits),
    ]
