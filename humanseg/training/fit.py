"""The training loop, read top to bottom: photos in, `model.safetensors` and `config.json` out.

Launch it with `python train.py`, or with `accelerate launch --num_processes N train.py` for more than one device.
"""

from __future__ import annotations

import csv
import json
import math
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from timm.layers import DropPath
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from humanseg.data.datasets import Pair
from humanseg.data.training_set import Draw, EpochSampler, Source, TrainingSet, Variation
from humanseg.errors import TrainingError
from humanseg.model import imagenet, unet
from humanseg.model.config import ModelConfig
from humanseg.training import losses, report
from humanseg.training.depthwise import speed_up_depthwise
from humanseg.training.state import STATE_NAME, State
from humanseg.training.validation import ValidationSet, has_bf16

SHEET_EVERY = 3  # epochs between contact sheets
MAX_GRADIENT_NORM = 5.0


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; stored in the run folder and, in short, beside the weights."""

    epochs: int = 25
    batch_size: int = 16
    sizes: tuple[int, ...] = (256, 320, 384)
    learning_rate: float = 1e-3
    encoder_rate: float = 0.3  # of the learning rate: what ImageNet taught is changed more gently
    weight_decay: float = 1e-2
    warmup: float = 0.03  # of all steps
    ema_decay: float = 0.998
    loss: str = "boundary_iou"
    plain: bool = Variation.plain  # photos as they are, no paths dropped
    frozen_norm: bool = False  # batch norms stay as ImageNet left them: for very small batches
    hold: float = 0.0  # of the steps after the warm-up: the rate stays before it falls (Hu et al. 2024, MiniCPM)
    zoom: tuple[float, float] = Variation.zoom  # of views; at 1 the photo fills them
    # Shares of the samples that get each: light, colour, blur, noise and compression as of cameras;
    damage: float = Variation.damage
    new_background: float = Variation.new_background
    second_person: float = Variation.second_person
    # of sets where everybody is marked, a part of the photo without people, if there is one;
    nobody: float = Variation.nobody
    # four photos, each in a quarter.
    mosaic: float = Variation.mosaic
    seed: int = 0
    workers: int = 1
    validation_size: int = 448


def fit(
    run: Path,
    model: ModelConfig,
    config: TrainingConfig,
    sources: Sequence[Source],
    validation: dict[str, list[Pair]],
    *,
    resume: bool = False,
    start_from: Path | None = None,
    new_decoder: bool = False,
    stop_after: int | None = None,
    tensorboard: bool = False,
) -> dict[str, Any]:
    """Trains, and leaves the best weights (by validation) in `run`.

    Parameters
    ----------
    run : folder for the weights, the resumable state, `config.json`, `metrics.csv`
    sources : what to train on
    validation : pairs by data set; the mean over sets of IoU and boundary IoU picks the checkpoint
    resume : go on from the state in `run`
    start_from : folder of weights to begin with instead of ImageNet's; the network is built as they say
    new_decoder : where `model` says another decoder than theirs, take the encoder alone and train that decoder anew
    stop_after : end this session after that many epochs, without shortening the schedule
    tensorboard : write the figures of every epoch to `run/tensorboard` too

    Returns
    -------
    the validation figures of the best weights

    Raises
    ------
    TrainingError : nothing to train or validate on, a loss that isn't finite, a state that can't be written or read
    """
    if not sum(len(source.pairs) for source in sources):
        raise TrainingError("There are no photos to train on: name a data set with --data.")
    if not sum(map(len, validation.values())):
        raise TrainingError("There are no photos to validate on: name a larger data set with --data.")
    accelerator = Accelerator(
        mixed_precision="bf16" if has_bf16() else "no",
        # smp's encoders carry a last convolution that a U-Net has no use for.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    torch.manual_seed(config.seed)  # the decoder's first weights, the same in every process
    run.mkdir(parents=True, exist_ok=True)

    earlier: list[dict[str, Any]] = []
    if start_from:
        net, before = unet.load(start_from)
        model = replace(model, encoder=before.encoder, depth=before.depth)
        if new_decoder and model.decoder_channels != before.decoder_channels:
            encoder, net = net.encoder, unet.build(model)
            net.encoder = encoder
        else:
            model = replace(model, decoder_channels=before.decoder_channels)
        earlier = [*before.training.get("earlier", []), {k: v for k, v in before.training.items() if k != "earlier"}]
    else:
        net = imagenet.build_from_imagenet(model)
    net = net.to(accelerator.device, memory_format=torch.channels_last)
    if config.plain:
        _keep_all_paths(net)
    if accelerator.device.type == "cpu" and accelerator.mixed_precision == "bf16":
        speed_up_depthwise(net)
    average = AveragedModel(net, multi_avg_fn=warmed_up_ema(config.ema_decay), use_buffers=True)
    optimizer = make_optimizer(net, config)
    variation = Variation(**{field.name: getattr(config, field.name) for field in fields(Variation)})
    dataset = TrainingSet(sources, variation, progress=accelerator.is_main_process)
    sampler = EpochSampler(
        dataset.weights,
        config.batch_size,
        config.sizes,
        config.seed,
        accelerator.process_index,
        accelerator.num_processes,
    )
    loader = make_loader(dataset, sampler, config)
    total_steps = config.epochs * len(sampler)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate_at(step, total_steps, config.warmup, config.hold)
    )
    learner = Learner(net, accelerator.prepare_model(net), average, optimizer, scheduler)
    state = State(run / STATE_NAME, net, average, optimizer, scheduler)
    if resume:
        state.read()

    judged = ValidationSet(validation, accelerator.process_index, accelerator.num_processes)
    description = {**_describe(config, sources, validation, accelerator), "earlier": earlier}
    end = config.epochs if stop_after is None else min(config.epochs, state.epoch + stop_after)
    if accelerator.is_main_process:
        (run / "training.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    events = _events(run) if tensorboard and accelerator.is_main_process else None
    try:
        while state.epoch < end:
            started = time.time()
            sampler.epoch = state.epoch
            # The encoder drops paths at random: seeded by epoch, a resumed run drops what an unbroken one would have.
            torch.manual_seed((config.seed * 1000 + state.epoch) * 1000 + accelerator.process_index)
            label = f"epoch {state.epoch + 1}/{config.epochs}"
            if state.epoch:
                label += f", validation IoU {state.last_iou:.3f}"
            bar = tqdm(loader, label, unit="batch", disable=not accelerator.is_main_process, leave=False, mininterval=1)
            loss, seen = train_epoch(accelerator, learner, bar, dataset, model, config)
            took = time.time() - started
            figures = judged.figures(average.module, model, config.validation_size, accelerator.device)
            state.epoch += 1
            state.last_iou = figures["mean"]["iou"]
            if accelerator.is_main_process:
                row = {"epoch": state.epoch, "loss": loss, "photos_per_s": seen / took, **_flat(figures)}
                _append_row(run / "metrics.csv", row)
                print(_line(row, took), flush=True)
                if figures["mean"]["pick"] > state.best:
                    state.best, state.best_figures = figures["mean"]["pick"], figures
                    _keep(average.module, model, description, figures, state.epoch, run)
                state.write()
                report.curves(run)
                if events:
                    _log_events(events, row)
                if state.epoch % SHEET_EVERY == 0 or state.epoch == end:
                    judged.contact_sheet(average.module, model, config.validation_size, accelerator.device, run)
            accelerator.wait_for_everyone()
    except KeyboardInterrupt:
        if accelerator.is_main_process and not (run / unet.WEIGHTS_NAME).exists():
            _keep(average.module, model, description, {}, state.epoch, run)
        print(f"\nStopped after {state.epoch} epochs. The weights in {run} can be used; go on with --resume.")
    finally:
        if events:
            events.close()
    if accelerator.is_main_process and state.epoch:
        report.write_report(run)
    return state.best_figures


@dataclass(frozen=True)
class Learner:
    """What changes with every step: the network, bare and wrapped for several processes, and what moves it."""

    net: nn.Module
    parallel: nn.Module
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler


def train_epoch(
    accelerator: Accelerator,
    learner: Learner,
    batches: tqdm,
    dataset: TrainingSet,
    model: ModelConfig,
    config: TrainingConfig,
) -> tuple[float, int]:
    """One pass over the photos; the mean loss over all processes, and how many photos that was."""
    learner.parallel.train()
    if config.frozen_norm:
        for module in learner.net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
    device = accelerator.device
    mean = torch.tensor(model.mean, device=device).view(1, 3, 1, 1) * 255
    std = torch.tensor(model.std, device=device).view(1, 3, 1, 1) * 255
    total, count = torch.zeros((), device=device), 0
    for images, targets, valid, indices in batches:
        inputs = (images.to(device).float() - mean) / std
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        with accelerator.autocast():
            logits = learner.parallel(inputs)
        loss = losses.compute(config.loss, logits, targets.to(device), valid.to(device))
        if not torch.isfinite(loss):
            names = ", ".join(str(dataset.pairs[i].image) for i in indices[:8].tolist())
            raise TrainingError(
                f"The loss became {loss.item()} on a batch with {names}: look at these photos, or "
                "lower --learning-rate and go on from the last epoch with --resume."
            )
        learner.optimizer.zero_grad(set_to_none=True)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(learner.net.parameters(), MAX_GRADIENT_NORM)
        learner.optimizer.step()
        learner.scheduler.step()
        learner.average.update_parameters(learner.net)
        total += loss.detach()
        count += 1
        batches.set_postfix(loss=f"{total.item() / count:.4f}")
    mean_loss = accelerator.reduce(total / max(count, 1), "mean").item()
    return mean_loss, count * config.batch_size


def make_loader(dataset: TrainingSet, batches: Iterable[list[Draw]], config: TrainingConfig) -> DataLoader:
    """Makes the samples beside the training, in `config.workers` processes."""
    # torch sees to its workers' threads; OpenCV's would take turns with those that train. Said here and not in the
    # workers, where it was seen to hang: a forked one would have to end threads that only its parent has.
    cv2.setNumThreads(1)
    return DataLoader(dataset, batch_sampler=batches, num_workers=config.workers)


def make_optimizer(net: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW with a gentler rate for the encoder, and no weight decay on biases and norms."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in net.named_parameters():
        groups.setdefault((name.startswith("encoder."), parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": config.learning_rate * (config.encoder_rate if in_encoder else 1.0),
                "weight_decay": config.weight_decay if decays else 0.0,
            }
            for (in_encoder, decays), parameters in groups.items()
        ],
        fused=True,
    )


def warmed_up_ema(decay: float) -> Callable[..., None]:
    """An exponential moving average that forgets its random beginning: the decay rises to `decay` step by step."""

    def update(averaged: list[torch.Tensor], current: list[torch.Tensor], steps: torch.Tensor | int) -> None:
        step = int(steps)
        get_ema_multi_avg_fn(min(decay, (1 + step) / (10 + step)))(averaged, current, steps)

    return update


def _keep_all_paths(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, DropPath):
            module.drop_prob = 0.0


def rate_at(step: int, total: int, warmup: float, hold: float = 0.0) -> float:
    """Share of the learning rate at a step: linear warm-up, all of it for a while, a half cosine down to 1 %.

    `warmup` is a share of all steps, `hold` of those after it; with a hold of 1 the rate stays.
    """
    rising = max(1, int(total * warmup))
    if step < rising:
        return (step + 1) / rising
    progress = min(1.0, (step - rising) / max(1, total - rising))
    if progress <= hold:
        return 1.0
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (progress - hold) / (1 - hold)))


def _keep(
    net: nn.Module, model: ModelConfig, description: dict[str, Any], figures: dict[str, Any], epoch: int, run: Path
) -> None:
    """Writes the weights with how they came about beside them."""
    kept = replace(model, training={**description, "best_epoch": epoch}, metrics={"validation": figures})
    try:
        unet.save(net, kept, run)
    except OSError as error:
        raise TrainingError(f"The weights can't be written to {run} ({error}): make room and use --resume.") from error


def _describe(
    config: TrainingConfig, sources: Sequence[Source], validation: dict[str, list[Pair]], accelerator: Accelerator
) -> dict[str, Any]:
    return {
        **asdict(config),
        "sources": {s.name: {"photos": len(s.pairs), "weight": s.weight, "loose": s.loose} for s in sources},
        "validation": {name: len(pairs) for name, pairs in validation.items()},
        "processes": accelerator.num_processes,
        "precision": str(accelerator.mixed_precision),
        "torch": torch.__version__,
        "machine": platform.machine(),
    }


def _events(run: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError("TensorBoard isn't installed: run `pip install tensorboard`.") from error
    return SummaryWriter(str(run / "tensorboard"))


def _log_events(events: Any, row: dict[str, float]) -> None:
    for key, value in row.items():
        events.add_scalar(key, value, row["epoch"])
    events.flush()


def _flat(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{name}/{key}": value for name, row in figures.items() for key, value in row.items()}


def _append_row(path: Path, row: dict[str, float]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if is_new:
            writer.writeheader()
        writer.writerow({key: round(value, 5) if isinstance(value, float) else value for key, value in row.items()})


def _line(row: dict[str, float], seconds: float) -> str:
    sets = " ".join(
        f"{key.split('/')[0]} {value:.3f}/{row[key.replace('/iou', '/boundary_iou')]:.3f}"
        for key, value in row.items()
        if key.endswith("/iou")
    )
    false = " ".join(f"{k} {v:.4f}" for k, v in row.items() if k.endswith("/false_area"))
    head = f"epoch {row['epoch']}: loss {row['loss']:.4f}, {row['photos_per_s']:.1f} photos/s, {seconds:.0f} s"
    return f"{head} | {sets} {false}"
