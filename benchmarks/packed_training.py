"""Where the time of `humanseg train-packed` goes: milliseconds of each part of a step, and photos a second.

    python -m benchmarks.packed_training PACK... [--model DIR] [--size 384] [--batch 64] [--rounds 20]

Each part is timed alone, the device waited for before and after; medians over the rounds. "a whole step" is all of them
in a row, as training does it, where the device need not wait between them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from humanseg.hub.find import find_weights
from humanseg.markdown import table
from humanseg.model import unet
from humanseg.training import losses
from humanseg.training.gpu import run
from humanseg.training.gpu.canvases import load
from humanseg.training.gpu.damage import Damage
from humanseg.training.gpu.views import Views
from humanseg.training.optimisation import WeightAverage, make_optimizer

UNTIMED = 3  # rounds at the start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs", nargs="+", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    parts = _parts(options, device)
    rows = []
    for name, part in parts.items():
        seconds = _median_seconds(part, options.rounds, device)
        rows.append((name, f"{seconds * 1e3:.1f}", f"{options.batch / seconds:.0f}"))
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{name}, {options.batch} views of {options.size} pixels\n")
    print(table(("part", "ms", "photos/s"), rows))


def _parts(options: argparse.Namespace, device: torch.device) -> dict[str, Callable[[], object]]:
    net, model = unet.load(find_weights(options.model))
    net = net.to(device, memory_format=torch.channels_last).train()
    plan = run.Plan()
    canvases = load(options.packs, device)
    views = Views(canvases, run.chances(canvases, plan), plan.variety)
    damage = Damage(plan.damage, device)
    optimizer, average = make_optimizer(net, plan), WeightAverage(net, plan.ema_decay)

    def draw():
        with torch.no_grad():
            image, target, valid = views.batch(options.batch, options.size)
            return run.normalised(damage(image), model), target, valid

    def see(image):
        with run.precision(device):
            return net(image)

    def lose(logits, target, valid):
        loss = losses.compute("boundary_iou", logits, target, valid)
        return loss + plan.decisive * losses.undecided(logits.float(), target, valid)

    def learn():
        nn.utils.clip_grad_norm_(net.parameters(), run.MAX_GRADIENT_NORM)
        optimizer.step()
        average.update_parameters(net)

    def step():
        image, target, valid = draw()
        optimizer.zero_grad(set_to_none=True)
        lose(see(image), target, valid).backward()
        learn()

    image, target, valid = draw()
    logits = see(image).detach().requires_grad_()
    see(image).float().mean().backward()
    return {
        "views and damage": draw,
        "network, forth and back": lambda: see(image).float().mean().backward(),
        "loss, forth and back": lambda: lose(logits, target, valid).backward(),
        "optimiser and average": learn,
        "a whole step": step,
    }


def _median_seconds(part: Callable[[], object], rounds: int, device: torch.device) -> float:
    seconds = []
    for _ in range(UNTIMED + rounds):
        _wait(device)
        start = time.perf_counter()
        part()
        _wait(device)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[UNTIMED:])


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
