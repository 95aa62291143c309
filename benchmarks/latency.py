"""Where the time of one photo goes: milliseconds per stage, and as multiples of MediaPipe's selfie net.

    python -m benchmarks.latency                                     # two threads, the engine chosen by itself
    python -m benchmarks.latency --mediapipe-python MP/bin/python    # a Python that has mediapipe==0.10.14
    python -m benchmarks.latency --static                            # also: does a fixed input shape pay?
    python -m benchmarks.latency --precision                         # also: bfloat16 against float32, and PyTorch
    python -m benchmarks.latency --fused                             # also: what a fused decoder saves

Medians of interleaved runs: every round measures every row once, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.server import PHOTO
from humanseg import Segmenter, edges, haze
from humanseg.engines.openvino import CAMERA_RUN
from humanseg.foreground import foreground_colours
from humanseg.hub.find import LIVE_NAME, find_weights
from humanseg.resize import letterbox

# Reads "run" lines, answers each with the seconds that one call took.
MEDIAPIPE = """
import sys, time, numpy, cv2
cv2.setNumThreads({threads})
import mediapipe
photo = numpy.ascontiguousarray(cv2.imread({photo!r})[:, :, ::-1])
photo = cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA)
net = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
for _ in range(20):
    net.process(photo)
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    net.process(photo)
    print(time.perf_counter() - start, flush=True)
"""


class MediaPipe:
    """MediaPipe's 256x256 selfie net in an interpreter of its own: it needs another NumPy and OpenCV."""

    def __init__(self, python: str, threads: int) -> None:
        code = MEDIAPIPE.format(photo=str(PHOTO.resolve()), threads=threads)
        self._process = subprocess.Popen(
            [python, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if self._process.stdout.readline().strip() != "ready":
            raise OSError("it didn't start: does that Python have mediapipe==0.10.14?")

    def __call__(self) -> float:
        """Runs it once; the seconds it took, as measured in there."""
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(10)


def scene(width: int, height: int) -> np.ndarray:
    """The astronaut in a frame of this size: a person who fills most of it, so that the second pass needs no crop."""
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    return cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC)


def rows(segmenter: Segmenter, threads: int) -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    size, stride, engine = segmenter.config.size, segmenter.config.stride, segmenter.engine
    full = scene(1920, 1080)
    boxed, inner = letterbox(full, size, stride)
    square, small = (letterbox(scene(1024, 1024), side, stride)[0] for side in (size, 256))
    # What the page asks of a camera.
    frame = letterbox(scene(640, 480), segmenter.config.live_size, stride)[0]
    # One each, since an engine compiles the network anew for a camera, whose frames are all of one shape.
    square_camera, camera = (Segmenter.from_pretrained(LIVE_NAME, threads=threads).engine for _ in range(2))
    for _ in range(CAMERA_RUN):
        square_camera(small)
        camera(frame)
    coarse = np.ascontiguousarray(engine(boxed)[: inner[0], : inner[1]])
    alpha = edges.refine_alpha(full, coarse)

    def named(array: np.ndarray) -> str:
        return f"{array.shape[1]}x{array.shape[0]}"

    return {
        f"webcam's net {named(small)}": lambda: square_camera(small),
        f"webcam's net {named(frame)}": lambda: camera(frame),
        f"net {named(small)}": lambda: engine(small),
        f"net {named(boxed)}": lambda: engine(boxed),
        f"net {named(square)}": lambda: engine(square),
        "1080p: to the net's size": lambda: letterbox(full, size, stride),
        "1080p: bilinear, no refinement": lambda: cv2.resize(coarse, (1920, 1080)),
        "1080p: refinement": lambda: edges.refine_alpha(full, coarse),
        "1080p: haze is decided": lambda: haze.decide(alpha.copy(), segmenter.config.calibration),
        "1080p: the people's colours": lambda: foreground_colours(full, alpha),
        "1080p array to alpha, not refined": lambda: segmenter.alpha(full, second_pass=False, refine=False),
        "1080p array to alpha, one pass": lambda: segmenter.alpha(full, second_pass=False),
        "1080p array to alpha, as the page": lambda: segmenter.alpha(full),
        "1080p array to cut-out": lambda: segmenter.cut_out(full),
    }


def other_engines(segmenter: Segmenter, threads: int) -> dict[str, Callable[[], object]]:
    """PyTorch and OpenVINO in float32, at the size of photos."""
    from humanseg.engines import load_engine

    image = letterbox(scene(1920, 1080), segmenter.config.size, segmenter.config.stride)[0]
    torch_engine = load_engine(find_weights(), engine="torch", threads=threads)
    found = {f"{torch_engine.name}, {image.shape[1]}x{image.shape[0]}": lambda: torch_engine(image)}
    for precision in ("f32", "bf16"):
        run = compiled(threads, precision, None)
        found[f"openvino {precision}, {image.shape[1]}x{image.shape[0]}"] = lambda run=run: run(image[None])
    return found


def fixed_shapes(segmenter: Segmenter, threads: int) -> dict[str, Callable[[], object]]:
    """The same network compiled for one shape and for any."""
    found = {}
    for width, height in ((256, 256), (512, 288), (512, 512)):
        image = letterbox(scene(width, height), max(width, height), segmenter.config.stride)[0][None]
        for name, shape in (("any shape", None), ("fixed shape", list(image.shape))):
            run = compiled(threads, chosen_precision(segmenter), shape)
            found[f"{name}, {width}x{height}"] = lambda run=run, image=image: run(image)
    return found


def decoders(segmenter: Segmenter, threads: int) -> dict[str, Callable[[], object]]:
    """The networks with their decoder as it was trained and fused, on the engine chosen and on PyTorch."""
    import torch

    from humanseg.model import unet
    from humanseg.model.fused import fuse
    from humanseg.model.pixels import PixelsToAlpha

    found = {}
    precision = chosen_precision(segmenter)
    torch.set_num_threads(threads)
    for name, side in ((None, segmenter.config.size), (LIVE_NAME, segmenter.config.live_size)):
        image = letterbox(scene(1024, 1024), side, segmenter.config.stride)[0][None]
        pixels = torch.from_numpy(image).permute(0, 3, 1, 2).float()
        label = f"{name or 'photos'} {side}x{side}"
        for fused in (False, True):
            how = "fused" if fused else "as trained"
            run = compiled(threads, precision, list(image.shape) if name else None, name, fused)
            found[f"{label}, {how}"] = lambda run=run, image=image: run(image)
            net, config = unet.load(find_weights(name))
            if fused:
                fuse(net)
            net = PixelsToAlpha(net, config).to(memory_format=torch.channels_last)
            found[f"{label}, torch, {how}"] = torch.inference_mode()(lambda net=net, pixels=pixels: net(pixels))
    return found


def chosen_precision(segmenter: Segmenter) -> str:
    """Of its engine, by OpenVINO's name."""
    return "bf16" if "bf" in segmenter.engine.name else "f32"


def compiled(
    threads: int, precision: str, shape: list[int] | None, name: str | None = None, fused: bool = True
) -> Callable[[np.ndarray], object]:
    import openvino as ov

    from humanseg.engines.openvino import to_model
    from humanseg.model.export import to_onnx

    core = ov.Core()
    model = to_model(to_onnx(find_weights(name), fused=fused), core)
    if shape:
        model.reshape(shape)
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    run = core.compile_model(model, "CPU", settings)
    return lambda image: run(image, share_inputs=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--mediapipe-python", help="an interpreter with mediapipe==0.10.14")
    parser.add_argument("--static", action="store_true", help="compare fixed input shapes with dynamic ones")
    parser.add_argument("--precision", action="store_true", help="compare bfloat16, float32 and PyTorch")
    parser.add_argument("--fused", action="store_true", help="compare fused decoders with those that were trained")
    options = parser.parse_args()

    # PyTorch's threads would wait for work in a loop, on the cores that the next row is measured on.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    segmenter = Segmenter.from_pretrained(threads=options.threads)
    jobs = rows(segmenter, options.threads)
    if options.static:
        jobs |= fixed_shapes(segmenter, options.threads)
    if options.precision:
        jobs |= other_engines(segmenter, options.threads)
    if options.fused:
        jobs |= decoders(segmenter, options.threads)
    reference = None
    if options.mediapipe_python:
        try:
            reference = MediaPipe(options.mediapipe_python, options.threads)
        except OSError as error:
            sys.exit(f"MediaPipe can't be run with {options.mediapipe_python}: {error}")
    else:
        print("No MediaPipe for comparison: name a Python that has mediapipe==0.10.14 with --mediapipe-python.")

    name = "MediaPipe selfie 256x256"
    taken: dict[str, list[float]] = {name: [], **{row: [] for row in jobs}}
    for job in jobs.values():
        job()
    for _ in range(options.rounds):
        if reference:
            taken[name].append(reference())
        for row, job in jobs.items():
            start = time.perf_counter()
            job()
            taken[row].append(time.perf_counter() - start)
    if reference:
        reference.close()

    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"{segmenter.engine.name}, {options.threads} threads, {options.rounds} rounds, load of the machine {load}")
    unit = statistics.median(taken[name]) if reference else None
    print(f"{'':36}{'median ms':>10}{'best ms':>10}" + (f"{'x MediaPipe':>13}" if unit else ""))
    for row, seconds in taken.items():
        if seconds:
            median = statistics.median(seconds)
            ratio = f"{median / unit:13.2f}" if unit else ""
            print(f"{row:36}{1000 * median:10.1f}{1000 * min(seconds):10.1f}{ratio}")


if __name__ == "__main__":
    main()
