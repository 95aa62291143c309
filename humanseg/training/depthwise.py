"""Makes depthwise convolutions train fast on a CPU in bfloat16.

oneDNN's forward pass of depthwise convolutions is fast in bfloat16, and so is the gradient of 3x3 weights. The other
parts of its backward pass are slow, so they are computed in other ways. Measured on two cores of a Zen 4, batches of 8:

- gradient of the input, in steps of one: as a forward pass with the kernel turned by half;
- the same, in steps of two: in float32, 9 instead of 71 ms for 96 channels of 192x192 and a 3x3 kernel;
- gradient of larger weights: from 3x3 parts of them, 11 instead of 67 ms (27 in float32) for 288 channels of 48x48 and
  a 5x5 kernel.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PART = 3  # rows and columns of a kernel whose gradient is fast


class QuickDepthwiseConv2d(nn.Conv2d):
    """A `Conv2d` whose backward pass consists of the fast operations."""

    def forward(self, features: Tensor) -> Tensor:
        if not torch.is_autocast_enabled(features.device.type):
            return super().forward(features)
        dtype = torch.get_autocast_dtype(features.device.type)
        with torch.autocast(features.device.type, enabled=False):
            return _QuickBackward.apply(features.to(dtype), self.weight, self)


class _QuickBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, conv: nn.Conv2d) -> Tensor:
        ctx.save_for_backward(features, weight)
        ctx.stride, ctx.padding = conv.stride[0], conv.padding[0]
        return F.conv2d(features, weight.to(features.dtype), None, ctx.stride, ctx.padding, groups=features.shape[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        features, weight = ctx.saved_tensors
        by_features = by_weight = None
        if ctx.needs_input_grad[0]:
            by_features = _by_features(gradient, features, weight, ctx.stride, ctx.padding)
        if ctx.needs_input_grad[1]:
            by_weight = _by_weight(gradient, features, weight, ctx.stride, ctx.padding)
        return by_features, by_weight, None


def _by_features(gradient: Tensor, features: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    if stride == 1 and weight.shape[0] == features.shape[1]:
        turned = weight.to(gradient.dtype).flip(2, 3)
        return F.conv2d(gradient, turned, None, 1, weight.shape[2] - 1 - padding, groups=features.shape[1])
    by_features = _aten_backward(gradient.float(), features.float(), weight, stride, padding, (True, False, False))[0]
    return by_features.to(features.dtype)


def _by_weight(gradient: Tensor, features: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    kernel = weight.shape[2]
    part = weight[:, :, :PART, :PART].to(gradient.dtype)  # only its shape matters
    wanted = (False, True, False)
    if kernel == PART:
        return _aten_backward(gradient, features, part, stride, padding, wanted)[1].float()
    padded = F.pad(features, (padding,) * 4)
    rows, columns = ((length - 1) * stride + PART for length in gradient.shape[2:])
    by_weight = torch.empty_like(weight)
    starts = range(0, kernel - 1, PART - 1)  # neighbouring parts share a row or column
    for top in starts:
        for left in starts:
            seen = padded[:, :, top : top + rows, left : left + columns]
            found = _aten_backward(gradient, seen, part, stride, 0, wanted)[1]
            by_weight[:, :, top : top + PART, left : left + PART] = found
    return by_weight


def _aten_backward(
    gradient: Tensor, features: Tensor, weight: Tensor, stride: int, padding: int, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, ...]:
    form = (stride,) * 2, (padding,) * 2, (1, 1), False, (0, 0), features.shape[1]
    return torch.ops.aten.convolution_backward(gradient, features, weight, None, *form, wanted)


def speed_up_depthwise(net: nn.Module) -> None:
    """Changes the depthwise convolutions of `net` in place; its weights and their names stay the same.

    Only those with a square kernel of odd size from 3 on, the same stride and padding both ways, undilated: others are
    left as they are.
    """
    for module in net.modules():
        if type(module) is not nn.Conv2d or not 1 < module.groups == module.in_channels:
            continue
        if module.bias is not None or module.padding_mode != "zeros" or isinstance(module.padding, str):
            continue
        kernel, other = module.kernel_size
        uniform = kernel == other and len(set(module.stride)) == len(set(module.padding)) == 1
        if uniform and kernel >= PART and kernel % 2 and module.dilation == (1, 1) and module.padding[0] < kernel:
            module.__class__ = QuickDepthwiseConv2d
