"""The page in a process of its own, which a test may kill: GRADIO_SERVER_PORT says where, it prints its address."""

from __future__ import annotations

import threading

from humanseg.ui.server.limits import Limits
from tests.ui.fakes import segmenter
from tests.ui.serving import served

if __name__ == "__main__":
    with served(segmenter, Limits()) as address:
        print(address, flush=True)
        threading.Event().wait()
