"""The training loop, to be read from top to bottom: photos in, `model.safetensors` and `config.json` out.

Launch it with `python train.py`, or with `torchrun --nproc_per_node N train.py` for more than one process.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import nn

from humanseg.data.datasets import Pair
from humanseg.data.training_set import EpochSampler, Source, TrainingSet, Variation
from humanseg.errors import TrainingError
from humanseg.model.config import WEIGHTS_NAME, ModelConfig
from humanseg.training import report
from humanseg.training.config import TrainingConfig, check_batch, check_network
from humanseg.training.depthwise import speed_up_depthwise
from humanseg.training.epoch import Learner, make_loader
from humanseg.training.network import Beginning, begin, begin_again, keep_all_paths
from humanseg.training.optimisation import WeightAverage, make_optimizer, make_scheduler
from humanseg.training.processes import make_accelerator, on_main, with_shared_norms
from humanseg.training.run import check_folder, differences, read_description, write_description
from humanseg.training.session import Session
from humanseg.training.state import STATE_NAME, State
from humanseg.training.validation import ValidationSet


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
    arguments: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Trains, and leaves the best weights (by validation) in `run`.

    Parameters
    ----------
    run : folder for the weights, the resumable state, `config.json`, `metrics.csv`; without `resume` a fresh one
    sources : what to train on
    validation : pairs by data set; the mean over sets of IoU and boundary IoU picks the checkpoint
    resume : go on from the state in `run`, with the network that it has
    start_from : folder of weights to begin with instead of ImageNet's; the network is built as they say
    new_decoder : where `model` says another decoder than theirs, take the encoder alone and train that decoder anew
    stop_after : end this session after that many epochs, without shortening the schedule
    tensorboard : write the figures of every epoch to `run/tensorboard` too
    arguments : kept in `training.json`, for resuming the run

    Returns
    -------
    the validation figures of the best weights, in every process

    Raises
    ------
    TrainingError : nothing to train or validate on, a folder that holds another run, impossible options, a loss
        that isn't finite, a state that can't be written or read
    WeightsError : the weights to begin with can't be had
    """
    _check_photos(sources, validation)
    check_network(model)
    accelerator = make_accelerator()
    check_batch(config, accelerator.num_processes)
    on_main(accelerator, lambda: check_folder(run, resume))
    run.mkdir(parents=True, exist_ok=True)
    before = on_main(accelerator, lambda: read_description(run) if resume else {})
    events = report.Events(run) if tensorboard and accelerator.is_main_process else None

    torch.manual_seed(config.seed)  # the decoder's first weights, the same in every process
    beginning = begin_again(model, before) or begin(model, start_from, new_decoder)
    session = _prepare(run, beginning, config, sources, validation, accelerator, events)
    if resume:
        session.state.read()
    if accelerator.is_main_process:
        _write_down(session, before, arguments)
    last = config.epochs if stop_after is None else min(config.epochs, session.state.epoch + stop_after)
    try:
        while session.state.epoch < last:
            session.train_epoch(is_last=session.state.epoch + 1 == last)
    except KeyboardInterrupt:
        _say_stopped(session)
    finally:
        if events:
            events.close()
    if accelerator.is_main_process and session.state.rows:
        report.write_report(run)
    return session.state.best_figures


def _check_photos(sources: Sequence[Source], validation: dict[str, list[Pair]]) -> None:
    if not sum(len(source.pairs) for source in sources):
        raise TrainingError("There are no photos to train on: name a data set with --data.")
    if not sum(map(len, validation.values())):
        raise TrainingError("There are no photos to validate on: name a larger data set with --data.")


def _prepare(
    run: Path,
    beginning: Beginning,
    config: TrainingConfig,
    sources: Sequence[Source],
    validation: dict[str, list[Pair]],
    accelerator: Accelerator,
    events: report.Events | None,
) -> Session:
    variation = Variation(**{field.name: getattr(config, field.name) for field in fields(Variation)})
    dataset = TrainingSet(sources, variation, progress=accelerator.is_main_process)
    place = accelerator.process_index, accelerator.num_processes
    sampler = EpochSampler(dataset.weights, config.batch_size, config.sizes, config.seed, *place)
    learner = _learner(beginning.net, config, accelerator, total_steps=config.epochs * len(sampler))
    return Session(
        run=run,
        model=beginning.model,
        config=config,
        accelerator=accelerator,
        dataset=dataset,
        sampler=sampler,
        loader=make_loader(dataset, sampler, config),
        learner=learner,
        state=State(run / STATE_NAME, learner.net, learner.average, learner.optimizer, learner.scheduler),
        judged=ValidationSet(validation, *place),
        description={**_describe(config, sources, validation, accelerator), "earlier": beginning.earlier},
        events=events,
    )


def _learner(net: nn.Module, config: TrainingConfig, accelerator: Accelerator, total_steps: int) -> Learner:
    net = with_shared_norms(net.to(accelerator.device, memory_format=torch.channels_last), accelerator)
    if config.plain:
        keep_all_paths(net)
    if accelerator.device.type == "cpu" and accelerator.mixed_precision == "bf16":
        speed_up_depthwise(net)
    average = WeightAverage(net, config.ema_decay)
    optimizer = make_optimizer(net, config)
    scheduler = make_scheduler(optimizer, config, total_steps)
    return Learner(net, accelerator.prepare_model(net), average, optimizer, scheduler)


def _write_down(session: Session, before: dict[str, Any], arguments: dict[str, Any] | None) -> None:
    """Reports how this run differs from the resumed one, and writes its description: from here on it can be resumed."""
    for sentence in differences(before, session.description):
        print(sentence)
    model = session.model
    network = dict(zip(model.ARCHITECTURE, model.architecture, strict=True))
    arguments = before.get("arguments") if arguments is None else arguments
    try:
        write_description(session.run, {**session.description, "network": network, "arguments": arguments})
    except OSError as error:
        raise TrainingError(f"{session.run} can't be written to ({error}): name another folder with --out.") from error
    session.record()


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


def _say_stopped(session: Session) -> None:
    if not session.accelerator.is_main_process:
        return
    if not (session.run / WEIGHTS_NAME).exists():
        session.keep_weights({})
    print(
        f"\nStopped after {session.state.epoch} epochs. The weights in {session.run} can be used; go on with --resume."
    )
