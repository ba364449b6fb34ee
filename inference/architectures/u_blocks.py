"""What networks of U-blocks (``u2net_plan``, ``isnet_plan``) need of torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import nn
from torch.nn import functional

from inference.architectures.fusing import Pair
from inference.architectures.onednn import convolve_relu
from inference.architectures.u2net_plan import Convolution


class ActivatedConvolution(nn.Module):
    """Convolution, batch norm (unless folded), ReLU; named as published."""

    def __init__(self, convolution: Convolution, *, folded_batch_norm: bool) -> None:
        super().__init__()
        self.conv_s1 = _bare_convolution(convolution)
        self.bn_s1 = nn.Identity() if folded_batch_norm else nn.BatchNorm2d(convolution.outputs)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        value = value.to(self.conv_s1.weight.dtype)  # layers of one network may compute in different precisions
        activated = convolve_relu(self.conv_s1, value) if isinstance(self.bn_s1, nn.Identity) else None
        return functional.relu(self.bn_s1(self.conv_s1(value))) if activated is None else activated


class TensorOperations:
    """``u2net_plan.Operations`` on tensors, with the modules of one model."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model

    def convolve(self, convolution: Convolution, value: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self._model.get_submodule(convolution.name)(value)
        return result

    def halve(self, value: torch.Tensor) -> torch.Tensor:
        return functional.max_pool2d(value, kernel_size=2, stride=2, ceil_mode=True)

    def enlarge(self, value: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        return functional.interpolate(value, size=like.shape[2:], mode="bilinear", align_corners=False)

    def join(self, *values: torch.Tensor) -> torch.Tensor:
        return torch.cat(values, dim=1)

    def add(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return (first + second).to(second.dtype)


def attach_convolutions(model: nn.Module, convolutions: Iterable[Convolution], *, folded_batch_norm: bool) -> None:
    """Give a model the modules of its plan, under their published names."""
    for convolution in convolutions:
        *stage, leaf = convolution.name.split(".")
        parent = model
        for part in stage:
            if not hasattr(parent, part):
                parent.add_module(part, nn.Module())
            parent = parent.get_submodule(part)
        if convolution.activated:
            parent.add_module(leaf, ActivatedConvolution(convolution, folded_batch_norm=folded_batch_norm))
        else:
            parent.add_module(leaf, _bare_convolution(convolution))


def fusable(model: nn.Module) -> Iterator[Pair]:
    """Yield the convolutions of a model that are followed by a batch norm."""
    for module in model.modules():
        if isinstance(module, ActivatedConvolution):
            yield module, "conv_s1", module, "bn_s1"


def _bare_convolution(convolution: Convolution) -> nn.Conv2d:
    return nn.Conv2d(
        convolution.inputs,
        convolution.outputs,
        convolution.kernel,
        stride=convolution.stride,
        padding=convolution.padding,
        dilation=convolution.dilation,
    )
