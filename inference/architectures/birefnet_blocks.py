"""The building blocks of BiRefNet's decoder, with the parameter names of the published checkpoints."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional

from inference.architectures.deform_conv import deform_conv2d
from inference.architectures.fusing import Pair

_KERNELS = (1, 3, 7)


class ModulatedDeformableConv(nn.Module):
    """A deformable convolution that makes its own offsets and modulation (0 … 2) from its input."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.padding = kernel // 2
        self.offset_conv = nn.Conv2d(inputs, 2 * kernel**2, kernel, padding=self.padding)
        self.modulator_conv = nn.Conv2d(inputs, kernel**2, kernel, padding=self.padding)
        self.regular_conv = nn.Conv2d(inputs, outputs, kernel, padding=self.padding, bias=False)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """value: N×inputs×H×W; result: N×outputs×H×W."""
        offset, modulator = self.offset_conv, self.modulator_conv
        # Both read the same windows: one convolution instead of two.
        weight = torch.cat([offset.weight, modulator.weight])
        bias = torch.cat([each.bias for each in (offset, modulator) if each.bias is not None])
        guides = functional.conv2d(value, weight, bias, padding=self.padding)
        offsets, modulation = guides.split([offset.out_channels, modulator.out_channels], dim=1)
        return deform_conv2d(
            value,
            offsets,
            2 * torch.sigmoid(modulation),
            self.regular_conv.weight,
            self.regular_conv.bias,
            self.padding,
        )


class DeformableBranch(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.atrous_conv = ModulatedDeformableConv(inputs, outputs, kernel)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.bn(self.atrous_conv(value)), inplace=True)


class DeformablePyramid(nn.Module):
    """ASPPDeformable: the same map seen through four deformable kernels and as its average, joined again.

    The published network concatenates the five branches before a 1×1 convolution. Here each branch is multiplied by
    its part of that convolution as soon as it is there, which is the same sum without holding all branches.
    """

    def __init__(self, width: int, branch_width: int) -> None:
        super().__init__()
        self.aspp1 = DeformableBranch(width, branch_width, 1)
        self.aspp_deforms = nn.ModuleList(DeformableBranch(width, branch_width, kernel) for kernel in _KERNELS)
        self.global_avg_pool = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, branch_width, 1, bias=False),
            nn.BatchNorm2d(branch_width),
            nn.ReLU(),
        )
        self.conv1 = nn.Conv2d((2 + len(_KERNELS)) * branch_width, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """value and result: N×width×H×W."""
        *parts, average_part = self.conv1.weight.chunk(2 + len(_KERNELS), dim=1)
        average = self.global_avg_pool(value)  # N×branch_width×1×1, the same everywhere
        total = functional.conv2d(average, average_part, self.conv1.bias)
        for branch, part in zip((self.aspp1, *self.aspp_deforms), parts, strict=True):
            total = total + functional.conv2d(branch(value), part)
        return functional.relu(self.bn1(total), inplace=True)

    def fusable(self) -> Iterator[Pair]:
        for branch in (self.aspp1, *self.aspp_deforms):
            yield branch.atrous_conv, "regular_conv", branch, "bn"
        yield self.global_avg_pool, "1", self.global_avg_pool, "2"
        yield self, "conv1", self, "bn1"


class DecoderBlock(nn.Module):
    """Narrow, look around, widen; nothing is cut off at zero at the end."""

    def __init__(self, inputs: int, outputs: int, inner: int, branch_width: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(inputs, inner, 3, padding=1)
        self.bn_in = nn.BatchNorm2d(inner)
        self.dec_att = DeformablePyramid(inner, branch_width)
        self.conv_out = nn.Conv2d(inner, outputs, 3, padding=1)
        self.bn_out = nn.BatchNorm2d(outputs)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """value: N×inputs×H×W; result: N×outputs×H×W."""
        value = functional.relu(self.bn_in(self.conv_in(value)), inplace=True)
        result: torch.Tensor = self.bn_out(self.conv_out(self.dec_att(value)))
        return result

    def fusable(self) -> Iterator[Pair]:
        yield self, "conv_in", self, "bn_in"
        yield self, "conv_out", self, "bn_out"
        yield from self.dec_att.fusable()


class PictureBlock(nn.Module):
    """Two convolutions on stacked patches of the picture, nothing between them."""

    def __init__(self, inputs: int, outputs: int, inner: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inner, 3, padding=1)
        self.conv_out = nn.Conv2d(inner, outputs, 3, padding=1)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.conv_out(self.conv1(value))
        return result


class LateralBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 1)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.conv(value)
        return result
