"""Training from packs on one device: views in, steps by the clock, an average of the weights out."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from humanseg.errors import TrainingError
from humanseg.files import replacing
from humanseg.model import unet
from humanseg.model.config import ModelConfig
from humanseg.model.slim import slim as make_slim
from humanseg.training import losses
from humanseg.training.gpu import scores
from humanseg.training.gpu.canvases import Canvases, load
from humanseg.training.gpu.damage import Damage
from humanseg.training.gpu.labels import Predict, label
from humanseg.training.gpu.plan import Plan, chances, described, sources
from humanseg.training.gpu.views import Views
from humanseg.training.optimisation import WeightAverage, make_optimizer, rate_at

LOOK_EVERY = 50  # steps between two looks at the clock and the loss, which wait for the device
SAY_EVERY = 500  # steps
MAX_GRADIENT_NORM = 5.0
RUN_NAME = "run.json"


def fit(
    packs: Sequence[Path],
    plan: Plan,
    start_from: Path,
    out: Path,
    *,
    labeller: Path | None = None,
    decoder: tuple[int, ...] | None = None,
    slim: float | None = None,
    largest_kernel: int | None = None,
    half: bool = False,
) -> dict[str, dict[str, float]]:
    """Trains on whole packs and writes weights, `config.json` and `run.json` to a folder.

    Parameters
    ----------
    start_from, labeller : folders of weights
    decoder, slim, largest_kernel : where given, another network than the one to start from; what fits is taken over
    half : write half precision

    Returns
    -------
    figures by validation set, one pass at the largest size

    Raises
    ------
    DataError, WeightsError : packs or weights can't be read
    TrainingError : nothing to train on, a loss that isn't finite
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net, model = _beginning(start_from, decoder, slim, largest_kernel)
    teacher = None
    if labeller is not None:
        teacher_net, teacher_model = unet.load(labeller)
        teacher = predictor(teacher_net.to(device, memory_format=torch.channels_last), teacher_model)
    canvases = load(packs, device)
    print(f"{len(canvases)} photos on {device}", flush=True)
    net, record = train(net, model, canvases, plan, teacher)
    figures = scores.score(canvases, predictor(net, model), max(plan.sizes))
    print(scores.summary(figures), flush=True)
    own = {key: value for key, value in model.training.items() if key != "earlier"}
    training = {**described(plan), "steps": record["steps"], "samples": record["samples"]}
    training["sources"] = sources(canvases, plan)
    training["earlier"] = [*model.training.get("earlier", []), own]
    unet.save(net.half() if half else net, replace(model, training=training, metrics={}), out)
    with replacing(out / RUN_NAME) as path:
        path.write_text(json.dumps({**record, "figures": figures}, indent=1), encoding="utf-8")
    return figures


def _beginning(
    folder: Path, decoder: tuple[int, ...] | None, slim: float | None, largest_kernel: int | None
) -> tuple[nn.Module, ModelConfig]:
    net, model = unet.load(folder)
    if decoder is not None and decoder != model.decoder_channels:
        model = replace(model, decoder_channels=decoder)
        before, net = net.state_dict(), unet.build(model)
        fitting = net.state_dict()
        taken = {
            name: value for name, value in before.items() if name in fitting and fitting[name].shape == value.shape
        }
        net.load_state_dict({**fitting, **taken})
    if slim is not None or largest_kernel is not None:
        model = replace(model, slim=slim or model.slim, largest_kernel=largest_kernel or model.largest_kernel)
        make_slim(net.encoder, model.slim, model.largest_kernel)
    return net, model


def train(
    net: nn.Module, model: ModelConfig, canvases: Canvases, plan: Plan, teacher: Predict | None = None
) -> tuple[nn.Module, dict[str, Any]]:
    """Trains a network; gives the average of its weights, in eval mode, and what happened.

    Parameters
    ----------
    teacher : what labels unlabelled photos; the average itself if not given

    Raises
    ------
    TrainingError : nothing to train on, a loss that isn't finite
    """
    device = canvases.photos.device
    net = net.to(device, memory_format=torch.channels_last).train()
    average = WeightAverage(net, plan.ema_decay)
    optimizer = make_optimizer(net, plan)
    rates = [group["lr"] for group in optimizer.param_groups]
    damage = Damage(plan.damage, device, plan.seed)
    host = torch.Generator().manual_seed(plan.seed)
    teacher = teacher or predictor(average.module, model)
    pending = list(plan.relabel) if canvases.of("unlabelled") else []
    views, began, steps, samples, progress = None, time.monotonic(), 0, 0, 0.0
    waiting: list[Tensor] = []
    history: list[tuple[int, int, float, float]] = []
    while progress < 1:
        if steps % LOOK_EVERY == 0:
            if waiting:
                history.append((steps, samples, progress, _mean_loss(waiting)))
                if steps % SAY_EVERY == 0:
                    print(f"{progress:4.0%}  step {steps}  {samples} photos  loss {history[-1][-1]:.4f}", flush=True)
            if views is None or (pending and progress >= pending[0]):
                if pending:
                    pending.pop(0)
                    average.module.eval()
                    print(f"labelled {label(canvases, teacher)}", flush=True)
                views = Views(canvases, chances(canvases, plan), plan.variety, plan.seed + steps)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * rate_at(round(progress * 10_000), 10_000, plan.warmup, plan.hold)
        size = plan.sizes[int(torch.randint(len(plan.sizes), (), generator=host))]
        count = max(2, int(plan.batch * (max(plan.sizes) / size) ** 2))
        with torch.no_grad():
            image, target, valid = views.batch(count, size)
            image = normalised(damage(image), model)
        with precision(device):
            logits = net(image)
        loss = losses.compute("boundary_iou", logits, target, valid)
        loss = loss + plan.decisive * losses.undecided(logits.float(), target, valid)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        average.update_parameters(net)
        waiting.append(loss.detach())
        steps += 1
        samples += count
        progress = (time.monotonic() - began) / plan.seconds
    _mean_loss(waiting)
    seconds = time.monotonic() - began
    print(f"{steps} steps, {samples} photos, {samples / seconds:.0f} photos/s, labelling included", flush=True)
    return average.module.eval(), {"plan": asdict(plan), "steps": steps, "samples": samples, "history": history}


def _mean_loss(waiting: list[Tensor]) -> float:
    """The mean of the losses that wait on the device, which are forgotten then."""
    mean = torch.stack(waiting).mean().item() if waiting else 0.0
    waiting.clear()
    if not abs(mean) < float("inf"):
        raise TrainingError("The loss isn't finite any more: start again with a lower --learning-rate.")
    return mean


def precision(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def predictor(net: nn.Module, model: ModelConfig) -> Predict:
    """A function from photos (float32 (N, 3, S, S) in [0, 1]) to probabilities (N, 1, S, S)."""

    @torch.no_grad()
    def predict(image: Tensor) -> Tensor:
        with precision(image.device):
            return net(normalised(image, model)).float().sigmoid()

    return predict


def normalised(image: Tensor, model: ModelConfig) -> Tensor:
    mean, std = (torch.tensor(v, device=image.device).view(1, 3, 1, 1) for v in (model.mean, model.std))
    return ((image - mean) / std).contiguous(memory_format=torch.channels_last)
