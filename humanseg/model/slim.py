"""Cheaper encoders: inverted residuals (Sandler et al. 2018, MobileNetV2) with fewer inner channels and small kernels.

At a webcam's small size most of an encoder's time goes into its inner channels. What is left of trained weights is a
better beginning than random numbers: the channels that carry most into the output are kept, and kernels' middles.
"""

from __future__ import annotations

from torch import Tensor, nn

MULTIPLE = 8  # of channels, which processors compute in eights


def slim(encoder: nn.Module, share: float, largest_kernel: int) -> None:
    """Makes the inverted residuals of a timm EfficientNet slimmer, in place; weights stay as far as they fit.

    Parameters
    ----------
    share : of each block's inner channels, above 0 and at most 1; rounded to a multiple of 8
    largest_kernel : side in pixels; depthwise kernels that are larger are cut to it

    Raises
    ------
    ValueError : the encoder has no inverted residuals
    """
    blocks = [block for block in encoder.modules() if hasattr(block, "conv_pwl") and hasattr(block, "conv_pw")]
    if not blocks:
        raise ValueError("the encoder has no inverted residuals")
    for block in blocks:
        _slim_block(block, share, largest_kernel)


def _slim_block(block: nn.Module, share: float, largest_kernel: int) -> None:
    inner = block.conv_pw.out_channels
    width = min(inner, max(MULTIPLE, round(inner * share / MULTIPLE) * MULTIPLE))
    # How much of a channel reaches the output, whatever its scale before the normalisation.
    carried = block.conv_pwl.weight.detach().abs().sum((0, 2, 3)) * block.bn2.weight.detach().abs()
    kept = carried.topk(width).indices.sort().values
    cut = max(0, (block.conv_dw.kernel_size[0] - largest_kernel) // 2)
    depthwise = block.conv_dw.weight.detach()[kept]
    if cut:
        depthwise = depthwise[:, :, cut:-cut, cut:-cut]
    block.conv_pw = _convolution(block.conv_pw, block.conv_pw.weight.detach()[kept])
    block.conv_dw = _convolution(block.conv_dw, depthwise, padding=block.conv_dw.padding[0] - cut)
    block.conv_pwl = _convolution(block.conv_pwl, block.conv_pwl.weight.detach()[:, kept])
    for norm in (block.bn1, block.bn2):
        _keep(norm, kept)


def _convolution(old: nn.Conv2d, weight: Tensor, padding: int | None = None) -> nn.Conv2d:
    """A convolution with these weights and the old one's steps."""
    depthwise = old.groups > 1
    groups = len(weight) if depthwise else 1
    new = nn.Conv2d(
        weight.shape[1] * groups,
        len(weight),
        weight.shape[2:],
        old.stride,
        old.padding if padding is None else padding,
        groups=groups,
        bias=False,
    )
    new.weight = nn.Parameter(weight.clone().contiguous())
    return new


def _keep(norm: nn.Module, kept: Tensor) -> None:
    """Leaves a batch norm only these channels."""
    norm.num_features = len(kept)
    for name in ("weight", "bias"):
        setattr(norm, name, nn.Parameter(getattr(norm, name).detach()[kept].clone()))
    for name in ("running_mean", "running_var"):
        setattr(norm, name, getattr(norm, name)[kept].clone())
