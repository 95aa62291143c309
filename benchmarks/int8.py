"""Would int8 pay? Quantises the shipped network after training (NNCF), and measures what it gains and what it costs.

    pip install nncf
    python -m benchmarks.int8 DATA [--model DIR] [--calibration 128]

DATA is the folder that holds the sets: calibrated on training photos, scored on validation photos, first pass only.
int8 would be adopted if it kept boundary IoU within 0.003. NNCF (Apache-2.0) is needed for this trial alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np

from humanseg.data.datasets import read_photo
from humanseg.data.masks import read_mask
from humanseg.data.splits import split
from humanseg.engines import thread_count
from humanseg.evaluation import metrics
from humanseg.hub.find import find_weights
from humanseg.model.config import read_config
from humanseg.model.export import to_onnx
from humanseg.resize import letterbox

SETS = ("human-segmentation-dataset", "portraits", "street-fashion", "everyday")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", help="folder of weights (default: shipped)")
    parser.add_argument("--calibration", type=int, default=128, help="photos")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    import nncf
    import openvino as ov

    from humanseg.engines.openvino import to_model

    folder = find_weights(options.model)
    config = read_config(folder)
    parts = {name: split(options.data / name) for name in SETS}
    each = options.calibration // len(SETS)
    chosen = [pair for train, _ in parts.values() for pair in train[:: max(1, len(train) // each)][:each]]
    boxed = [letterbox(read_photo(pair.image), config.size, config.stride)[0] for pair in chosen]
    core = ov.Core()
    model = to_model(to_onnx(folder), core)
    # The mixed preset keeps activations signed where they are, which costs nothing and keeps the logits' range.
    quantised = nncf.quantize(
        model, nncf.Dataset([photo[None] for photo in boxed]), preset=nncf.QuantizationPreset.MIXED
    )
    hints = {"INFERENCE_NUM_THREADS": thread_count(), "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    kinds = {"float32": (model, "f32"), "int8": (quantised, "f32")}
    if has_bf16:
        kinds |= {"bfloat16": (model, "bf16"), "int8 and bfloat16": (quantised, "bf16")}
    compiled = {
        name: core.compile_model(what, "CPU", hints | {"INFERENCE_PRECISION_HINT": precision})
        for name, (what, precision) in kinds.items()
    }

    print(f"{'':20}" + "".join(f"{name:>28}" for name in SETS) + "   IoU / boundary IoU")
    photos = {name: [(read_photo(p.image), read_mask(p.mask)) for p in valid] for name, (_, valid) in parts.items()}
    for kind, net in compiled.items():
        cells = []
        for name in SETS:
            scores = []
            for rgb, mask in photos[name]:
                frame, inner = letterbox(rgb, config.size, config.stride)
                scores.append(metrics.score(net(frame[None])[0][0, 0, : inner[0], : inner[1]], mask, config.threshold))
            mean = metrics.mean(scores)
            cells.append(f"{mean['iou']:.4f} / {mean['boundary_iou']:.4f}")
        print(f"{kind:20}" + "".join(f"{cell:>28}" for cell in cells), flush=True)

    print(
        f"\nmedian ms of {options.rounds} interleaved rounds, {thread_count()} threads, load {os.getloadavg()[0]:.1f}"
    )
    for side in (config.live_size, config.size):
        frame = np.random.default_rng(0).integers(0, 255, (1, side, side, 3), np.uint8)
        taken: dict[str, list[float]] = {kind: [] for kind in compiled}
        for _ in range(options.rounds):
            for kind, net in compiled.items():
                start = time.perf_counter()
                net(frame)
                taken[kind].append(time.perf_counter() - start)
        print(f"{side}x{side}: " + ", ".join(f"{k} {1000 * statistics.median(v):.1f}" for k, v in taken.items()))


if __name__ == "__main__":
    main()
