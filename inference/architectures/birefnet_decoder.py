"""BiRefNet's decoder: from the encoder's maps and the picture itself to logits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from inference.architectures.birefnet_blocks import DecoderBlock, LateralBlock, PictureBlock
from inference.architectures.birefnet_patches import stack_patches
from inference.architectures.fusing import Pair

_COLOURS = 3
# As much of a border as its outermost pixels depend on, and one more.
_EDGE = 4
# Of the maps at levels 4 … 1, in picture samples.
_STRIDES = {4: 32, 3: 16, 2: 8, 1: 4}


@dataclass(frozen=True, slots=True)
class DecoderPlan:
    """``widths``: channels of the encoder's maps, deepest first; the other widths are those inside the blocks."""

    widths: tuple[int, int, int, int]
    inner: int
    branch: int
    gradient: int
    patch_order: str


def resized(value: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return value at the height and width of ``like``: bilinear, corners on corners, as everywhere in BiRefNet."""
    if value.shape[2:] == like.shape[2:]:
        return value
    return functional.interpolate(value, size=like.shape[2:], mode="bilinear", align_corners=True)


class Decoder(nn.Module):
    """Four levels up, then the full size. Names as published; ``gdt_convs_pred_*`` served training only."""

    def __init__(self, plan: DecoderPlan) -> None:
        super().__init__()
        self.plan = plan
        deepest, deep, middle, shallow = plan.widths
        seen = (deepest // 8, deepest // 8, deep // 8, middle // 8, shallow // 8)  # levels 5 … 1
        grids = (*_STRIDES.values(), 1)
        for number, stride, width in zip((5, 4, 3, 2, 1), grids, seen, strict=True):
            self.add_module(f"ipt_blk{number}", PictureBlock(_COLOURS * stride**2, width, plan.inner))
        made = (deep, middle, shallow, shallow // 2)
        for level, entering, seeing, leaving in zip(_STRIDES, plan.widths, seen, made, strict=False):
            block = DecoderBlock(entering + seeing, leaving, plan.inner, plan.branch)
            self.add_module(f"decoder_block{level}", block)
            if level > 1:
                self._add_level(level, leaving)
        self.conv_out1 = nn.Sequential(nn.Conv2d(made[-1] + seen[-1], 1, 1))

    def _add_level(self, level: int, width: int) -> None:
        gradient = self.plan.gradient
        self.add_module(f"lateral_block{level}", LateralBlock(width))
        self.add_module(f"conv_ms_spvn_{level}", nn.Conv2d(width, 1, 1))
        steps = (nn.Conv2d(width, gradient, 3, padding=1), nn.BatchNorm2d(gradient), nn.ReLU())
        self.add_module(f"gdt_convs_{level}", nn.Sequential(*steps))
        self.add_module(f"gdt_convs_pred_{level}", nn.Sequential(nn.Conv2d(gradient, 1, 1)))
        self.add_module(f"gdt_convs_attn_{level}", nn.Sequential(nn.Conv2d(gradient, 1, 1)))

    def forward(
        self, picture: torch.Tensor, maps: Sequence[torch.Tensor], *, sides: bool
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the logits at the picture's size and, if wanted, those of levels 4, 3 and 2.

        picture: N×3×H×W; maps, for levels 4 … 1: N×widths×H/stride×W/stride for the strides 32, 16, 8 and 4.
        """
        side_logits = []
        value = maps[0]
        for level, features in zip(_STRIDES, maps, strict=True):
            if level < 4:
                value = resized(value, features) + self._run(f"lateral_block{level + 1}", features)
            patches = stack_patches(picture, value.shape[2], value.shape[3], self.plan.patch_order)
            value = torch.cat([value, self._run(f"ipt_blk{level + 1}", patches)], dim=1)
            value = self._run(f"decoder_block{level}", value)
            if level > 1:
                if sides:
                    side_logits.append(self._run(f"conv_ms_spvn_{level}", value))
                gradients = self._run(f"gdt_convs_{level}", value)  # N×gradient×H/stride×W/stride
                value = value * torch.sigmoid(self._run(f"gdt_convs_attn_{level}", gradients))
        return self._finish(value, picture), side_logits

    def _finish(self, value: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        """Return N×1×H×W logits from the last map (N×C×H/4×W/4) and the picture.

        The published network enlarges the map, joins it with ``ipt_blk1`` of the picture and weighs the channels with
        a 1×1 convolution. All of these are linear, so the channels are weighed first: one is enlarged instead of 192,
        and what the picture adds is one number per pixel (``_seen``) instead of 48.
        """
        last: nn.Conv2d = self.conv_out1[0]  # type: ignore[assignment]
        block: PictureBlock = self.get_submodule("ipt_blk1")  # type: ignore[assignment]
        of_map, of_picture = last.weight.split([value.shape[1], block.conv_out.out_channels], dim=1)
        weight = torch.einsum("oc,cikl->oikl", of_picture.flatten(1), block.conv_out.weight)
        bias = torch.mv(of_picture.flatten(1), block.conv_out.bias)  # type: ignore[arg-type]
        return resized(functional.conv2d(value, of_map, last.bias), picture) + _seen(picture, block.conv1, weight, bias)

    def _run(self, name: str, value: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.get_submodule(name)(value)
        return result

    def fusable(self) -> Iterator[Pair]:
        for level in _STRIDES:
            block: DecoderBlock = self.get_submodule(f"decoder_block{level}")  # type: ignore[assignment]
            yield from block.fusable()
            if level > 1:
                steps = self.get_submodule(f"gdt_convs_{level}")
                yield steps, "0", steps, "1"


def _seen(picture: torch.Tensor, first: nn.Conv2d, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Convolve a picture twice, with nothing between: by ``first`` (3×3) and by ``weight`` (1×C×3×3). Result: N×1×H×W.

    Together they are one 5×5 convolution, except for the outermost pixels: there the second one sees zeros where the
    first would have made something of what lies just outside. Those are computed in two steps.
    """

    def in_steps(part: torch.Tensor) -> torch.Tensor:
        return functional.conv2d(first(part), weight, bias, padding=1)

    if min(picture.shape[2:]) < _EDGE:
        return in_steps(picture)
    inner = first.weight.float().transpose(0, 1)  # colours×C×3×3
    both = functional.conv2d(inner, weight.float().flip(2, 3), padding=2).transpose(0, 1)  # 1×colours×5×5
    offset = bias + (weight.sum(dim=(2, 3)) @ first.bias if first.bias is not None else 0)
    result = functional.conv2d(picture, both.to(picture.dtype), offset, padding=2)
    result[:, :, :1] = in_steps(picture[:, :, :_EDGE])[:, :, :1]
    result[:, :, -1:] = in_steps(picture[:, :, -_EDGE:])[:, :, -1:]
    result[..., :1] = in_steps(picture[..., :_EDGE])[..., :1]
    result[..., -1:] = in_steps(picture[..., -_EDGE:])[..., -1:]
    return result
