"""Swin Transformer as a backbone: four maps of falling size from one picture.

Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", 2021; parameter names as in the
authors' published detection code (``layers.0.blocks.0.attn.qkv.weight`` …, a norm for each stage). Maps are kept
N×H×W×C throughout, which is the same memory as channels-last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from inference.architectures.onednn import PackedLinear
from inference.architectures.windows import WindowLayout, window_layout

PATCH = 4
_MLP_RATIO = 4
# Added to the attention between parts of a window that are not neighbours in the picture; finite, as published.
_APART = -100.0


@dataclass(frozen=True, slots=True)
class SwinPlan:
    """``width``: channels of the first stage, doubling with each; ``heads`` and ``depths`` for each stage."""

    width: int
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    window: int

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.width * 2**stage for stage in range(len(self.depths)))


class WindowAttention(nn.Module):
    """Attention within windows of a map, shifted or not, with a learnt bias for each relative position."""

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.register_buffer("relative_position_index", relative_positions(window))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """value and result: N×H×W×C. A map that does not fill its windows is continued with zeros.

        The projections skip those: of a zero, ``qkv`` makes its bias, and what ``proj`` makes of it is cut off.
        """
        batch, height, width, channels = value.shape
        layout = window_layout(batch, height, width, self.window, self.shift, value.device)
        qkv = self.qkv(value).view(-1, 3 * channels)  # NHW×3C
        rows = qkv.index_select(0, layout.gather)  # windows·window²×3C
        if layout.outside is not None:
            rows.index_copy_(0, layout.outside, self.qkv.bias.expand(len(layout.outside), -1))
        attended = self._attend(rows.view(-1, self.window**2, 3, self.heads, channels // self.heads), layout)
        joined = attended.reshape(-1, channels).index_select(0, layout.scatter)  # NHW×C
        result: torch.Tensor = self.proj(joined.view(batch, height, width, channels))
        return result

    def _attend(self, parts: torch.Tensor, layout: WindowLayout) -> torch.Tensor:
        """parts: windows×window²×3×heads×depth; result: windows×window²×heads×depth."""
        positions = self.relative_position_bias_table[self.relative_position_index.flatten()]
        bias = positions.view(self.window**2, self.window**2, self.heads).permute(2, 0, 1).contiguous()
        answers = []
        for kind in layout.kinds:
            query, key, value = parts[kind.start : kind.stop].permute(2, 0, 3, 1, 4)  # each W×heads×window²×depth
            mask = bias if kind.apart is None else bias + _APART * kind.apart.to(bias.dtype)
            answer = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask.unsqueeze(0))
            answers.append(answer.transpose(1, 2))
        return answers[0] if len(answers) == 1 else torch.cat(answers)


class SwinMlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, _MLP_RATIO * width)
        self.fc2 = nn.Linear(_MLP_RATIO * width, width)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        packed = isinstance(self.fc1, PackedLinear)
        result: torch.Tensor = self.fc2(
            self.fc1.with_gelu(value) if packed else functional.gelu(self.fc1(value))  # type: ignore[operator]
        )
        return result


class SwinBlock(nn.Module):
    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = WindowAttention(width, heads, window, shift)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = SwinMlp(width)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        value = value + self.attn(self.norm1(value))
        result: torch.Tensor = value + self.mlp(self.norm2(value))
        return result


class SwinPatchMerging(nn.Module):
    """Halve a map and double its channels: N×H×W×C to N×⌈H/2⌉×⌈W/2⌉×2C."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)
        self.norm = nn.LayerNorm(4 * width)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        value = functional.pad(value, (0, 0, 0, value.shape[2] % 2, 0, value.shape[1] % 2))
        corners = [value[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        result: torch.Tensor = self.reduction(self.norm(torch.cat(corners, dim=-1)))
        return result


class SwinStage(nn.Module):
    def __init__(self, width: int, depth: int, heads: int, window: int, *, last: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            SwinBlock(width, heads, window, block % 2 * (window // 2)) for block in range(depth)
        )
        self.downsample = None if last else SwinPatchMerging(width)


class SwinPatchEmbedding(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, stride=PATCH)
        self.norm = nn.LayerNorm(width)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """picture: N×3×H×W, continued with zeros to whole patches; result: N×⌈H/4⌉×⌈W/4⌉×C."""
        picture = functional.pad(picture, (0, -picture.shape[3] % PATCH, 0, -picture.shape[2] % PATCH))
        result: torch.Tensor = self.norm(self.proj(picture).permute(0, 2, 3, 1))
        return result


class SwinBackbone(nn.Module):
    def __init__(self, plan: SwinPlan) -> None:
        super().__init__()
        self.patch_embed = SwinPatchEmbedding(plan.width)
        stages = list(zip(plan.widths, plan.depths, plan.heads, strict=True))
        self.layers = nn.ModuleList(
            SwinStage(width, depth, heads, plan.window, last=number == len(stages) - 1)
            for number, (width, depth, heads) in enumerate(stages)
        )
        for number, width in enumerate(plan.widths):
            self.add_module(f"norm{number}", nn.LayerNorm(width))

    def forward(self, picture: torch.Tensor) -> Sequence[torch.Tensor]:
        """picture: N×3×H×W; result: for stage s = 0 … 3 N×(width·2ˢ)×⌈H/2ˢ⁺²⌉×⌈W/2ˢ⁺²⌉, normalised."""
        value = self.patch_embed(picture)  # N×H×W×C from here on
        maps = []
        for number, stage in enumerate(self.layers):
            for block in stage.blocks:
                value = block(value)
            maps.append(self.get_submodule(f"norm{number}")(value).permute(0, 3, 1, 2))
            if stage.downsample is not None:
                value = stage.downsample(value)
        return maps


def relative_positions(window: int) -> torch.Tensor:
    """Return window²×window²: which row of the bias table belongs to each pair of places."""
    places = torch.cartesian_prod(torch.arange(window), torch.arange(window))  # window²×2
    apart = places[:, None, :] - places[None, :, :] + window - 1
    return apart[..., 0] * (2 * window - 1) + apart[..., 1]
