"""How fast training is: photos a second, against the same loop on tensors already made and against plain float32.

    python -m benchmarks.training_speed DATA [--rounds 3] [--batches 24] [--encoder NAME]

DATA is a folder of pairs as `train.py` takes them. Loops take turns, each in a process of its own, so that a busy
machine slows all of them alike; medians over the rounds. "as train.py" loads and varies photos while it learns (one
worker, started once, as for an epoch); "cached tensors" learns from batches made before; "plain float32" is that
without bfloat16, channels_last and the care for depthwise convolutions and memory.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import torch
from accelerate import Accelerator
from tqdm import tqdm

from humanseg.data.sources import gather
from humanseg.data.training_set import EpochSampler, TrainingSet
from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig
from humanseg.training.depthwise import speed_up_depthwise
from humanseg.training.epoch import Learner, make_loader, train_epoch
from humanseg.training.memory import keep_freed_memory
from humanseg.training.optimisation import WeightAverage, make_optimizer
from humanseg.training.validation import has_bf16

LOOPS = ("as train.py", "cached tensors", "plain float32")
UNTIMED = 3  # batches at the start of each turn: the loader made two of them during the other loops' turns


def learner(model: ModelConfig, config: TrainingConfig, *, plain: bool) -> Learner:
    """A network of random weights, which learns as fast as any."""
    net = unet.build(model)
    if plain:
        # The loop hands photos over in channels_last, which would pass from layer to layer.
        net.register_forward_pre_hook(lambda _, inputs: tuple(image.contiguous() for image in inputs))
    else:
        net = net.to(memory_format=torch.channels_last)
        if has_bf16():
            speed_up_depthwise(net)
    average = WeightAverage(net, config.ema_decay)
    optimizer = make_optimizer(net, config)
    return Learner(net, net, average, optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0))


def loop(name: str, options: argparse.Namespace, turns: Connection) -> None:
    """Runs in a process of its own: at every word from `turns` trains on some batches and answers photos a second."""
    plain = name == "plain float32"
    if not plain:
        keep_freed_memory()
    model = ModelConfig(encoder=options.encoder)
    config = TrainingConfig(batch_size=options.batch_size, sizes=(options.size,))
    sources, _ = gather([options.data])
    dataset = TrainingSet(sources, progress=False)
    sampler = EpochSampler(dataset.weights, config.batch_size, config.sizes, config.seed)
    # One iterator for all turns: a new one would start its worker anew, as an epoch of hundreds does only once.
    batches: Iterator = iter(make_loader(dataset, itertools.cycle(list(sampler)), config))
    if name != "as train.py":
        batches = itertools.cycle(list(itertools.islice(batches, options.batches)))
    accelerator = Accelerator(mixed_precision="bf16" if has_bf16() and not plain else "no")
    learning = learner(model, config, plain=plain)

    def train(count: int) -> int:
        bar = tqdm(itertools.islice(batches, count), disable=True)
        return train_epoch(accelerator, learning, bar, dataset, model, config)[1]

    while turns.recv():
        train(UNTIMED)
        start = time.perf_counter()
        seen = train(options.batches)
        turns.send(seen / (time.perf_counter() - start))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DATA")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, default=24)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--encoder", default=ModelConfig.encoder)
    options = parser.parse_args()

    context = multiprocessing.get_context("spawn")
    taken: dict[str, list[float]] = {name: [] for name in LOOPS}
    turns = {}
    for name in LOOPS:
        turns[name], theirs = context.Pipe()
        context.Process(target=loop, args=(name, options, theirs)).start()
        theirs.close()  # so that each process notices when the other ends
    for number in range(options.rounds + 1):
        for name, turn in turns.items():
            turn.send(True)
            speed = turn.recv()
            if number:  # the first round warms up
                taken[name].append(speed)
    for turn in turns.values():
        turn.send(False)
    medians = {name: statistics.median(speeds) for name, speeds in taken.items()}
    print(
        f"{options.encoder}, {options.size}x{options.size}, batches of {options.batch_size}, "
        f"{torch.get_num_threads()} threads, {'bfloat16' if has_bf16() else 'float32'}, load {os.getloadavg()[0]:.1f}"
    )
    for name, speed in medians.items():
        print(f"{name:16}{speed:7.1f} photos/s")
    own_speed, cached_speed, plain_speed = medians.values()
    print(f"loading costs {100 * (1 - own_speed / cached_speed):.0f} % of the cached loop's speed")
    print(f"{own_speed / plain_speed:.1f} times the plain float32 loop")


if __name__ == "__main__":
    main()
