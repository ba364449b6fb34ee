"""BiRefNet as one would write it down from its paper, in float32: what the speed of our own is compared with.

The modules, their weights and their results (up to rounding) are ours; only the ways of computing differ. Batch norms
are separate, maps are in torch's default order, attention is softmax(q·kᵀ + bias + mask)·v on windows made by padding,
rolling and permuting, branches are concatenated before the convolution that joins them, and a deformable convolution
samples with ``grid_sample``, tap by tap, before one matrix product. It is not slowed down on purpose: torch's own
kernels, threads and inference mode are used.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from inference.architectures.birefnet import BiRefNetModel
from inference.architectures.birefnet_blocks import DeformablePyramid, ModulatedDeformableConv
from inference.architectures.birefnet_decoder import Decoder, resized
from inference.architectures.swin import WindowAttention

_APART = -100.0  # as published


class PlainWindowAttention(WindowAttention):
    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """value and result: N×H×W×C."""
        batch, height, width, channels = value.shape
        size, shift = self.window, self.shift
        padded = functional.pad(value, (0, 0, 0, -width % size, 0, -height % size))
        if shift:
            padded = padded.roll((-shift, -shift), dims=(1, 2))
        high, wide = padded.shape[1] // size, padded.shape[2] // size
        windows = padded.view(batch, high, size, wide, size, channels).transpose(2, 3)
        attended = self._attend_plainly(windows.reshape(-1, size**2, channels), high, wide)
        joined = attended.view(batch, high, wide, size, size, channels).transpose(2, 3)
        joined = joined.reshape(batch, high * size, wide * size, channels)
        if shift:
            joined = joined.roll((shift, shift), dims=(1, 2))
        return joined[:, :height, :width]

    def _attend_plainly(self, rows: torch.Tensor, high: int, wide: int) -> torch.Tensor:
        """rows and result: N·windows×window²×C."""
        count, places, channels = rows.shape
        depth = channels // self.heads
        query, key, value = self.qkv(rows).view(count, places, 3, self.heads, depth).permute(2, 0, 3, 1, 4)
        scores = (query * depth**-0.5) @ key.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index.flatten()]  # type: ignore[operator]
        scores = scores + bias.view(places, places, self.heads).permute(2, 0, 1)
        if self.shift:
            mask = _mask(high, wide, self.window, self.shift).to(scores)
            scores = scores.view(-1, high * wide, self.heads, places, places) + mask[:, None]
            scores = scores.view(count, self.heads, places, places)
        answer = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(count, places, channels)
        result: torch.Tensor = self.proj(answer)
        return result


class PlainDeformableConv(ModulatedDeformableConv):
    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """value: N×inputs×H×W; result: N×outputs×H×W."""
        batch, _, height, width = value.shape
        weight = self.regular_conv.weight
        side = weight.shape[2]
        offsets = self.offset_conv(value).view(batch, side**2, 2, height, width)
        modulation = 2 * torch.sigmoid(self.modulator_conv(value))
        down = torch.arange(height).to(value).view(1, -1, 1) - self.padding
        right = torch.arange(width).to(value).view(1, 1, -1) - self.padding
        taps = []
        for tap in range(side**2):
            vertical = down + tap // side + offsets[:, tap, 0]  # N×H×W
            horizontal = right + tap % side + offsets[:, tap, 1]
            grid = torch.stack([_scaled(horizontal, width), _scaled(vertical, height)], dim=-1)
            sampled = functional.grid_sample(value, grid, align_corners=True)
            taps.append(sampled * modulation[:, tap : tap + 1])
        columns = torch.cat(taps, dim=1).view(batch, -1, height * width)  # N×taps·inputs×HW
        matrix = weight.permute(0, 2, 3, 1).reshape(weight.shape[0], -1)
        return (matrix @ columns).view(batch, -1, height, width)


class PlainPyramid(DeformablePyramid):
    def forward(self, value: torch.Tensor) -> torch.Tensor:
        branches = [branch(value) for branch in (self.aspp1, *self.aspp_deforms)]
        average = resized(self.global_avg_pool(value), value)
        return functional.relu(self.bn1(self.conv1(torch.cat([*branches, average], dim=1))))


class PlainDecoder(Decoder):
    def _finish(self, value: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([resized(value, picture), self._run("ipt_blk1", picture)], dim=1)
        return self._run("conv_out1", joined)


_PLAIN: dict[type[nn.Module], type[nn.Module]] = {
    WindowAttention: PlainWindowAttention,
    ModulatedDeformableConv: PlainDeformableConv,
    DeformablePyramid: PlainPyramid,
    Decoder: PlainDecoder,
}


def make_plain(model: BiRefNetModel) -> BiRefNetModel:
    """Make a network whose batch norms are not fused compute plainly; returns it."""
    for module in model.modules():
        module.__class__ = _PLAIN.get(type(module), type(module))
    return model


def _scaled(place: torch.Tensor, size: int) -> torch.Tensor:
    return 2 * place / max(size - 1, 1) - 1


def _mask(high: int, wide: int, window: int, shift: int) -> torch.Tensor:
    """Return windows×window²×window²: 0 between neighbours in the picture, else what keeps them apart."""
    regions = torch.zeros(high * window, wide * window)
    edges = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
    for row, rows in enumerate(edges):
        for column, columns in enumerate(edges):
            regions[rows, columns] = 3 * row + column
    of_windows = regions.view(high, window, wide, window).transpose(1, 2).reshape(high * wide, window**2)
    return (of_windows[:, :, None] != of_windows[:, None, :]) * _APART
