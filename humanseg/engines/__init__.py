"""The same weights behind one callable: PyTorch, or OpenVINO, which runs them several times faster on a CPU.

An engine takes a photo as uint8 HxWx3 RGB, both sides multiples of the stride, and gives alpha as float32 HxW.
Normalisation and the sigmoid are part of it, so that no other code needs to know of them.
"""

import sys

from humanseg.engines.base import Engine, check_image, thread_count
from humanseg.engines.load import ENGINES, FILES, choose_engine, load_engine

# Without this package, which comes with it, OpenVINO doesn't report to its makers that it was imported.
sys.modules.setdefault("openvino_telemetry", None)

__all__ = ["ENGINES", "FILES", "Engine", "check_image", "choose_engine", "load_engine", "thread_count"]
