"""Several processes that train one network: joined, kept in step, and given the same results."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, broadcast_object_list
from timm.layers import convert_sync_batchnorm
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from humanseg.errors import HumanSegError, TrainingError
from humanseg.training.validation import has_bf16

# Variables that a launcher (torchrun, accelerate launch) sets for each process.
_LAUNCHED = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")

Result = TypeVar("Result")


def make_accelerator() -> Accelerator:
    """Joins the other processes, if a launcher started several; on GPUs where there are some, else on CPUs.

    Raises
    ------
    TrainingError : WORLD_SIZE is more than the processes that take part, or than the GPUs of this machine
    """
    told, wanted = "WORLD_SIZE" in os.environ, _number("WORLD_SIZE")
    missing = [name for name in _LAUNCHED if name not in os.environ]
    if wanted > 1 and missing:
        raise TrainingError(
            f"WORLD_SIZE is {wanted}, but {missing[0]} isn't set, so this is no process of several: start them with "
            "`torchrun --nproc_per_node N train.py ...`, or unset WORLD_SIZE to train with one."
        )
    gpus = torch.cuda.device_count()
    if gpus and _number("LOCAL_WORLD_SIZE") > gpus:
        raise TrainingError(
            f"{_number('LOCAL_WORLD_SIZE')} processes can't share {gpus} GPUs: start at most one for each, or set "
            "CUDA_VISIBLE_DEVICES= to train on CPUs."
        )
    accelerator = Accelerator(
        # By default accelerate lets each process without a GPU train on its own.
        cpu="LOCAL_RANK" in os.environ and not gpus,
        mixed_precision="bf16" if has_bf16() else "no",
        # smp's encoders carry a last convolution that a U-Net has no use for.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    # MPI's launchers say it in variables of their own.
    if told and accelerator.num_processes != wanted:
        raise TrainingError(
            f"WORLD_SIZE is {wanted}, but {accelerator.num_processes} processes take part: start all of them with the "
            "same launcher."
        )
    return accelerator


def _number(variable: str) -> int:
    text = os.environ.get(variable, "1")
    if not text.isdecimal() or not int(text):
        raise TrainingError(f"{variable} is {text!r}: give a whole number from 1, or unset it.")
    return int(text)


def on_main(accelerator: Accelerator, work: Callable[[], Result]) -> Result:
    """Does something in the first process alone and gives what came out to all of them.

    Raises
    ------
    TrainingError : in every process, where `work` raises a HumanSegError
    """
    outcome: list = [None, None]
    if accelerator.is_main_process:
        try:
            outcome[0] = work()
        except HumanSegError as error:
            outcome[1] = str(error)
    broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise TrainingError(outcome[1])
    return outcome[0]


def with_shared_norms(net: nn.Module, accelerator: Accelerator) -> nn.Module:
    """Batch norms that normalise over the batch of all processes, on GPUs; torch has none for CPUs."""
    if accelerator.num_processes == 1 or accelerator.device.type != "cuda":
        return net
    return convert_sync_batchnorm(net)


@torch.no_grad()
def share_statistics(accelerator: Accelerator, *nets: nn.Module) -> None:
    """Gives each batch norm the mean of all processes' running statistics, so that all validate the same network.

    As `distribute_bn` does in pytorch-image-models.
    """
    if accelerator.num_processes == 1:
        return
    norms = [module for net in nets for module in net.modules() if isinstance(module, _BatchNorm)]
    statistics = [tensor for norm in norms for tensor in (norm.running_mean, norm.running_var) if tensor is not None]
    if statistics:
        mean = accelerator.reduce(torch.cat(statistics), "mean")
        for own, shared in zip(statistics, mean.split([tensor.numel() for tensor in statistics]), strict=True):
            own.copy_(shared)
