"""OpenVINO on the CPU: several times faster there than PyTorch."""

from __future__ import annotations

import functools
import hashlib
import logging
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor
from PIL import Image

from humanseg.engines.base import check_image
from humanseg.engines.cache import CompiledCache
from humanseg.engines.network import find_network
from humanseg.errors import WeightsError
from humanseg.model.config import ONNX_NAME, ModelConfig, read_config
from humanseg.model.onnx_file import LOGITS

log = logging.getLogger(__name__)

# bfloat16 is used where it gives the same picture: mean |alpha difference| to float32 on a real photo.
BF16_TOLERANCE = 0.005
# So many images of one shape in a row come from a camera: they get a network compiled for that shape alone, which takes
# 5 % less time. Compiling takes 0.1 s.
CAMERA_RUN = 32
PRECISIONS = {"f32": "float32", "bf16": "bfloat16"}  # by OpenVINO's name
_CHECK_PHOTO = Path(__file__).parents[1] / "assets" / "astronaut.jpg"


class OpenVinoEngine:
    """Runs `model.onnx`; PyTorch is needed only where that isn't beside the weights, and then once."""

    def __init__(self, folder: Path, threads: int, cache_dir: Path | None):
        self.config = read_config(folder)
        self._core = _shared_core()
        self._settings: dict[str, Any] = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }
        # One photo at a time with all threads: two at once would only share the same cores.
        self._lock = threading.Lock()
        file = find_network(folder, cache_dir)
        try:
            self._model = to_model(file.content, self._core)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[-200:]
            raise WeightsError(
                f"OpenVINO can't read {folder / ONNX_NAME} ({reason}): fetch the weights again."
            ) from error
        key = hashlib.sha256(f"{file.sha256} {ov.__version__}".encode()).hexdigest()[:24]
        cache = CompiledCache(cache_dir, key)
        self._compiled, self._precision = self._choose_precision(cache)
        self._shape, self._run_length = (0, 0, 0), 0
        self._fixed: dict[tuple[int, ...], Any] = {}  # the one network for one shape alone, if there is one
        self.name = f"openvino {PRECISIONS[self._precision]}"

    def __call__(self, image: np.ndarray) -> np.ndarray:
        check_image(image, self.config.stride)
        with self._lock:
            answer = self._answer(self._network_for(image.shape), image)
        return _alpha(answer, image.shape[:2])

    def _network_for(self, shape: tuple[int, ...]) -> Any:
        self._run_length = self._run_length + 1 if shape == self._shape else 1
        self._shape = shape
        if shape in self._fixed or self._run_length < CAMERA_RUN:
            return self._fixed.get(shape, self._compiled)
        model = self._model.clone()
        model.reshape([1, *shape])
        # Not kept on disk: there are as many shapes as cameras.
        self._fixed = {shape: self._compile(model, self._precision)}
        return self._fixed[shape]

    def _compile(self, model: Any, precision: str, **more: str) -> Any:
        settings = {**self._settings, "INFERENCE_PRECISION_HINT": precision, **more}
        return self._core.compile_model(model, "CPU", settings)

    def _compile_once(self, precision: str, cache: CompiledCache) -> Any:
        """Compiles the network for all shapes, or takes what an earlier start compiled."""
        if cache.compiled:
            try:
                return self._compile(self._model, precision, CACHE_DIR=str(cache.compiled))
            except RuntimeError as error:  # the folder can't be used, or a file in it is broken
                cache.give_up(error)
        return self._compile(self._model, precision)

    @staticmethod
    def _answer(compiled: Any, image: np.ndarray) -> np.ndarray:
        # A shared output would be overwritten by the next photo.
        answer = compiled(np.ascontiguousarray(image)[None], share_inputs=True, share_outputs=True)
        return answer[0][0, 0].copy()

    def _choose_precision(self, cache: CompiledCache) -> tuple[Any, str]:
        """The compiled network and its precision: bf16 where the processor has it and it agrees with float32."""
        if not _has_bf16(self._core):
            return self._compile_once("f32", cache), "f32"
        agreed = cache.note("bf16_agrees")
        if agreed is not None:
            precision = "bf16" if agreed else "f32"
            return self._compile_once(precision, cache), precision
        exact, quick = self._compile_once("f32", cache), self._compile_once("bf16", cache)
        photo = _check_photo(self.config)
        alphas = [_alpha(self._answer(network, photo), photo.shape[:2]) for network in (exact, quick)]
        difference = float(np.abs(alphas[0] - alphas[1]).mean())
        agreed = difference < BF16_TOLERANCE
        log.info("bfloat16 differs from float32 by %.5f on average: %s", difference, "used" if agreed else "not used")
        cache.write_note("bf16_agrees", agreed)
        return (quick, "bf16") if agreed else (exact, "f32")


def to_model(content: bytes, core: Any) -> Any:
    """An `openvino.Model` of an ONNX file of ours: input uint8 (1, H, W, 3), output alpha float32 (1, 1, H, W).

    Where the decoder stops early, the output is logits at its resolution: OpenVINO takes longer to enlarge them than
    for any layer (1.0 of 6.6 ms at 256x256), OpenCV next to nothing.

    Raises
    ------
    RuntimeError : OpenVINO can't read it
    """
    model = core.read_model(content)
    early = [output for op in model.get_ops() for output in op.outputs() if LOGITS in output.get_names()]
    if early:
        model = ov.Model(early, model.get_parameters())
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    return steps.build()


@functools.cache
def _shared_core() -> ov.Core:
    """OpenVINO itself, once for all engines of the process.

    A second one that ends after the first leaves the thread that made both (2026.4) with a stack for signals that is
    gone: Python would crash at the next Ctrl+C.
    """
    return ov.Core()


def _has_bf16(core: Any) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _alpha(answer: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The converted network's output as an alpha of the photo's shape."""
    if answer.shape == shape:
        return answer
    # A decoder that stops early gives logits: see `to_model`.
    logits = cv2.resize(answer, shape[::-1], interpolation=cv2.INTER_LINEAR)
    alpha = cv2.exp(np.negative(logits, out=logits))
    alpha += 1
    return np.reciprocal(alpha, out=alpha)


def _check_photo(config: ModelConfig) -> np.ndarray:
    side = max(1, config.size // config.stride) * config.stride
    with Image.open(_CHECK_PHOTO) as photo:
        return np.asarray(photo.convert("RGB").resize((side, side)))
