"""The same weights behind one callable: PyTorch, or OpenVINO, which runs them several times faster on a CPU.

An engine takes a photo as uint8 HxWx3 RGB, both sides multiples of the stride, and gives alpha as float32 HxW.
Normalisation and the sigmoid are part of it, so that nobody else knows of either.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from humanseg.errors import EngineError, WeightsError
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME, ModelConfig, read_config

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

ENGINES = ("auto", "torch", "openvino")
# bfloat16 is used where it gives the same picture: mean |alpha difference| to float32 on a real photo.
BF16_TOLERANCE = 0.005
# So many images of one shape in a row are a camera's: they get a network compiled for that shape alone, which takes a
# twentieth less. Compiling takes a tenth of a second.
CAMERA_RUN = 32
PRECISIONS = {"f32": "float32", "bf16": "bfloat16"}  # by OpenVINO's name
_CHECK_PHOTO = Path(__file__).parent / "assets" / "astronaut.jpg"


class Engine(Protocol):
    """What the segmenter needs of a runtime. Calls may come from several threads at once."""

    name: str
    config: ModelConfig

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """uint8 HxWx3 RGB, sides multiples of `config.stride` -> alpha, float32 HxW in [0, 1]."""
        ...


def load_engine(
    folder: str | Path, *, engine: str | None = None, threads: int | None = None, cache_dir: Path | None = None
) -> Engine:
    """The best engine for this machine, or the one asked for.

    Parameters
    ----------
    folder : weights as `unet.save` writes them
    engine : auto, torch or openvino; by default what HUMANSEG_ENGINE says, else auto
    threads : of the CPU; by default what HUMANSEG_THREADS says, else all that this process may use
    cache_dir : for compiled models; by default a folder in the user's cache

    Raises
    ------
    EngineError : no such engine, or it can't be used here
    WeightsError : the weights are missing or damaged
    """
    engine = engine or os.environ.get("HUMANSEG_ENGINE") or "auto"
    if engine not in ENGINES:
        raise EngineError(f"There is no engine {engine!r}: choose one of {', '.join(ENGINES)}.")
    threads = threads or thread_count()
    limit_threads(threads)
    folder = Path(folder)
    if engine == "torch" or (engine == "auto" and _has_gpu()):
        return TorchEngine(folder, threads)
    try:
        return OpenVinoEngine(folder, threads, cache_dir or default_cache_dir())
    except ImportError as error:
        if engine == "openvino":
            raise EngineError("OpenVINO isn't installed: run `pip install openvino`, or use --engine torch.") from error
        log.warning("OpenVINO can't be imported (%s): falling back to PyTorch, which is slower.", error)
        return TorchEngine(folder, threads)


def thread_count() -> int:
    """How many threads to use: HUMANSEG_THREADS, else the cores that this process may run on.

    Raises
    ------
    EngineError : HUMANSEG_THREADS isn't a positive number
    """
    text = os.environ.get("HUMANSEG_THREADS")
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise EngineError(f"HUMANSEG_THREADS is {text!r}: set it to a whole number from 1 on.")
    return int(text)


def limit_threads(threads: int) -> None:
    """One setting for everything that has a pool of its own, so that together they don't fight over the cores."""
    cv2.setNumThreads(threads)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(threads))


def default_cache_dir() -> Path:
    """HUMANSEG_CACHE, else the user's cache folder."""
    base = os.environ.get("HUMANSEG_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "humanseg"


def _has_gpu() -> bool:
    # Asking torch costs seconds of import: ask only where a driver lets hope for one.
    may_have = Path("/dev/nvidia0").exists() or platform.system() in ("Darwin", "Windows")
    if not may_have:
        return False
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


def check_image(image: np.ndarray, stride: int) -> None:
    """Raises ValueError where an image isn't what an engine takes."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"an engine takes uint8 HxWx3, not {image.dtype} {image.shape}")
    if image.shape[0] % stride or image.shape[1] % stride or not image.size:
        raise ValueError(f"both sides must be multiples of {stride}, not {image.shape[:2]}")


class TorchEngine:
    """Eager PyTorch on the GPU where there is one, else on the CPU."""

    def __init__(self, folder: Path, threads: int):
        import torch

        from humanseg.model import unet
        from humanseg.model.fused import fuse

        net, self.config = unet.load(folder)
        self._device = _torch_device()
        if self._device.type == "cpu":
            torch.set_num_threads(threads)
            fuse(net)  # on other devices nobody has measured whether it pays
        self._net = complete(net, self.config).to(self._device, memory_format=torch.channels_last)
        self.name = f"torch {self._device.type} float32"

    def __call__(self, image: np.ndarray) -> np.ndarray:
        import torch

        check_image(image, self.config.stride)
        with torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(image))[None].to(self._device).permute(0, 3, 1, 2).float()
            return self._net(batch)[0, 0].cpu().numpy()


def _torch_device() -> torch.device:
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def complete(net: torch.nn.Module, config: ModelConfig, *, sigmoid: bool = True) -> torch.nn.Module:
    """The network from pixels in 0..255 (float (N, 3, H, W)) to alpha: normalisation before it, a sigmoid behind."""
    import torch

    class Complete(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net
            self.register_buffer("mean", torch.tensor(config.mean).view(1, 3, 1, 1) * 255)
            self.register_buffer("std", torch.tensor(config.std).view(1, 3, 1, 1) * 255)

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            logits = self.net((pixels - self.mean) / self.std)
            return torch.sigmoid(logits) if sigmoid else logits

    return Complete().eval()


class OpenVinoEngine:
    """OpenVINO on the CPU. The converted network is kept on disk, so that later starts need no PyTorch at all."""

    def __init__(self, folder: Path, threads: int, cache_dir: Path):
        import openvino as ov

        self.config = read_config(folder)
        self._core = ov.Core()
        self._threads = threads
        store = _converted(ov, folder, cache_dir)
        self._settings: dict[str, Any] = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }
        # One photo at a time with all threads: two at once would only share the same cores.
        self._lock = threading.Lock()
        self._model = store.model
        self._compiled, self._precision = self._chosen(store)
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

    @staticmethod
    def _answer(compiled: Any, image: np.ndarray) -> np.ndarray:
        # What's shared is written over by the next photo.
        answer = compiled(np.ascontiguousarray(image)[None], share_inputs=True, share_outputs=True)
        return answer[0][0, 0].copy()

    def _chosen(self, store: _Store) -> tuple[Any, str]:
        """The compiled network and its precision: bf16 where the processor has it and it agrees with float32."""

        kept = {"CACHE_DIR": str(store.folder / "compiled")} if store.cacheable else {}

        def compiled(precision: str) -> Any:
            return self._compile(store.model, precision, **kept)

        if "BF16" not in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            return compiled("f32"), "f32"
        agreed = store.note("bf16_agrees")
        if agreed is None:
            exact, quick = compiled("f32"), compiled("bf16")
            photo = _check_photo(self.config)
            alphas = [_alpha(self._answer(network, photo), photo.shape[:2]) for network in (exact, quick)]
            difference = float(np.abs(alphas[0] - alphas[1]).mean())
            agreed = difference < BF16_TOLERANCE
            log.info(
                "bfloat16 differs from float32 by %.5f on average: %s", difference, "used" if agreed else "not used"
            )
            store.write_note("bf16_agrees", agreed)
            return (quick, "bf16") if agreed else (exact, "f32")
        precision = "bf16" if agreed else "f32"
        return compiled(precision), precision


def _alpha(answer: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What the converted network answers, as an alpha of the photo's shape."""
    if answer.shape == shape:
        return answer
    # Of a decoder that stops early come logits: see `to_openvino`.
    logits = cv2.resize(answer, shape[::-1], interpolation=cv2.INTER_LINEAR)
    alpha = cv2.exp(np.negative(logits, out=logits))
    alpha += 1
    return np.reciprocal(alpha, out=alpha)


def _check_photo(config: ModelConfig) -> np.ndarray:
    from PIL import Image

    side = config.size // config.stride * config.stride
    with Image.open(_CHECK_PHOTO) as photo:
        return np.asarray(photo.convert("RGB").resize((side, side)))


class _Store:
    """A converted network, in memory or on disk, and notes about it."""

    def __init__(self, model: Any, folder: Path, cacheable: bool):
        self.model, self.folder, self.cacheable = model, folder, cacheable

    def note(self, key: str) -> Any:
        try:
            return json.loads((self.folder / f"{key}.{_processor()}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def write_note(self, key: str, value: Any) -> None:
        if self.cacheable:
            (self.folder / f"{key}.{_processor()}.json").write_text(json.dumps(value), encoding="utf-8")


def _processor() -> str:
    """Tells processors apart, since a home folder may be shared between machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        text = "".join(line for line in lines[:40] if line.startswith(("model name", "flags")))
    except OSError:
        text = platform.processor()
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _converted(ov: Any, folder: Path, cache_dir: Path) -> _Store:
    """Reads the converted network from the cache, or converts it and leaves it there for the next start."""
    home = cache_dir / "openvino" / _key(ov.__version__, folder)
    path = home / "model.xml"
    if path.is_file():
        try:
            return _Store(ov.Core().read_model(path), home, True)
        except RuntimeError as error:
            log.warning("The cached network in %s can't be read (%s): converting it again.", home, error)
            shutil.rmtree(home, ignore_errors=True)
    model = to_openvino(folder)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and moved into place: two starts at once never see half of it.
        with tempfile.TemporaryDirectory(dir=home.parent) as temporary:
            ov.save_model(model, Path(temporary) / "new" / "model.xml", compress_to_fp16=False)
            (Path(temporary) / "new").rename(home)
    except (OSError, RuntimeError) as error:
        if not path.is_file():  # else another start was quicker
            log.warning("The converted network can't be kept in %s (%s): every start will convert it.", home, error)
            return _Store(model, home, False)
    return _Store(model, home, True)


def _key(version: str, folder: Path) -> str:
    """Changes with the weights, their configuration, how they are converted (the number) and OpenVINO."""
    digest = hashlib.sha256(f"3 {version}".encode())
    try:
        digest.update((folder / CONFIG_NAME).read_bytes())
        with (folder / WEIGHTS_NAME).open("rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except FileNotFoundError as error:
        raise WeightsError(
            f"There is no {error.filename}: name a folder with {CONFIG_NAME} and {WEIGHTS_NAME}."
        ) from error
    return digest.hexdigest()[:24]


def to_openvino(folder: Path, *, fused: bool = True) -> Any:
    """Converts weights in memory: input uint8 (1, H, W, 3) of any size, output alpha float32 (1, 1, H, W).

    Where the decoder stops early, the output is logits at its resolution: OpenVINO takes longer to enlarge them than
    for any layer (1.0 of 6.6 ms at 256x256), OpenCV next to nothing. The decoder is fused unless told otherwise.
    """
    import openvino as ov
    import torch
    from openvino.preprocess import PrePostProcessor

    from humanseg.model import unet
    from humanseg.model.fused import fuse

    net, config = unet.load(folder)
    if fused:
        fuse(net)
    example = torch.zeros(1, 3, 4 * config.stride, 4 * config.stride)
    whole = config.coarseness == 1
    if not whole:
        net.segmentation_head = net.segmentation_head[0]
    model = ov.convert_model(complete(net, config, sigmoid=whole), example_input=example, input=[1, 3, -1, -1])
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    return steps.build()
