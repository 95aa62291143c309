"""How close is the network to what this processor can do at best?

    python -m benchmarks.limit [--model DIR]

Operations and bytes of the network per photo, counted as OpenVINO gets it, with a fused decoder; the processor's best,
measured (the largest of several matrix products, and of copies too large for its cache); and what the network reaches
of it. All on the same threads.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from humanseg.engines import load_engine, thread_count
from humanseg.hub.find import find_weights
from humanseg.model import unet
from humanseg.model.fused import fuse
from humanseg.training.validation import has_bf16


def seconds(job: Callable[[], object], rounds: int = 15) -> float:
    """Median of `rounds` calls, after two that warm up."""
    taken = []
    for number in range(rounds + 2):
        start = time.perf_counter()
        job()
        if number >= 2:
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def counted(net: torch.nn.Module, height: int, width: int) -> tuple[float, float, dict[str, float]]:
    """Operations (a multiply-add is two), bytes of activations written in bfloat16, and operations by part."""
    written = 0

    def note(_module, _inputs, output) -> None:
        nonlocal written
        written += 2 * output.numel()

    kinds = torch.nn.Conv2d | torch.nn.ConvTranspose2d
    hooks = [m.register_forward_hook(note) for m in net.modules() if isinstance(m, kinds)]
    image = torch.zeros(1, 3, height, width)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        net(image)
    for hook in hooks:
        hook.remove()
    parts = {name: sum(c.values()) for name, c in counter.get_flop_counts().items() if name.count(".") == 1}
    return counter.get_total_flops(), written, {name.split(".")[1]: ops for name, ops in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="folder of weights (default: shipped)")
    options = parser.parse_args()
    folder = find_weights(options.model)
    threads = thread_count()
    torch.set_num_threads(threads)
    net, config = unet.load(folder)
    fuse(net)

    kind = torch.bfloat16 if has_bf16() else torch.float32
    best = 0.0
    for side in (512, 1024, 2048):
        a, b = torch.randn(side, side).to(kind), torch.randn(side, side).to(kind)
        best = max(best, 2 * side**3 / seconds(lambda a=a, b=b: a @ b))
    source, target = np.ones(1 << 27, np.uint8), np.empty(1 << 27, np.uint8)
    copied = 2 * source.nbytes / seconds(lambda: np.copyto(target, source))  # read and written

    weights = sum(p.numel() for p in net.parameters()) * 2
    print(f"{threads} threads, load {os.getloadavg()[0]:.1f}; best matrix product {best / 1e9:.0f} GFLOP/s in {kind}")
    print(f"copies at {copied / 1e9:.1f} GB/s; weights {weights / 1e6:.1f} MB in two bytes each\n")
    engine = load_engine(folder, threads=threads)
    print(f"{'input':>12}{'GFLOP':>8}{'MB moved':>10}{'ms':>8}{'ms at best':>12}{'reached':>9}   {engine.name}")
    for height, width in ((256, 256), (256, 448), (352, 448), (448, 448)):
        operations, written, parts = counted(net, height, width)
        moved = weights + 2 * written  # every activation is written once and read once
        frame = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
        taken = seconds(lambda frame=frame: engine(frame))
        bound = max(operations / best, moved / copied)
        print(
            f"{f'{width}x{height}':>12}{operations / 1e9:8.2f}{moved / 1e6:10.1f}{1000 * taken:8.1f}"
            f"{1000 * bound:12.1f}{bound / taken:9.0%}"
        )
    print("\noperations by part: " + ", ".join(f"{name} {ops / operations:.0%}" for name, ops in parts.items()))
    print(f"photos at {config.size} px, webcam at {config.live_size} px (long side)")


if __name__ == "__main__":
    main()
