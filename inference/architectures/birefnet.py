"""BiRefNet as a transformers model: RMBG-2.0 and the BiRefNet checkpoints.

Zheng et al., "Bilateral Reference for High-Resolution Dichotomous Image Segmentation", 2024. Parameter names are those
of the published checkpoints, so they load strictly by key, buffers included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModelForImageSegmentation, PreTrainedConfig, PreTrainedModel
from transformers.utils.generic import ModelOutput

from inference.architectures.birefnet_blocks import DecoderBlock
from inference.architectures.birefnet_decoder import Decoder, DecoderPlan, resized
from inference.architectures.birefnet_patches import PATCH_ORDERS
from inference.architectures.fusing import Pair
from inference.architectures.swin import SwinBackbone, SwinPlan, WindowAttention, relative_positions

# Heights and widths have to be multiples of this, or the patches of the picture do not fit its maps.
SIZE_STEP = 32

BACKBONES = {
    "swin-large": SwinPlan(width=192, depths=(2, 2, 18, 2), heads=(6, 12, 24, 48), window=12),
    "swin-tiny": SwinPlan(width=96, depths=(2, 2, 6, 2), heads=(3, 6, 12, 24), window=7),
}


class BiRefNetConfig(PreTrainedConfig):
    """The defaults are RMBG-2.0's. ``patch_order``: see ``birefnet_patches``; never guess it for a checkpoint."""

    model_type = "birefnet"

    patch_order: str = "patch-columns"
    embed_width: int = 192
    depths: list[int] | tuple[int, ...] = (2, 2, 18, 2)
    heads: list[int] | tuple[int, ...] = (6, 12, 24, 48)
    window: int = 12
    inner_width: int = 64
    branch_width: int = 256
    gradient_width: int = 16

    def __post_init__(self, **kwargs: Any) -> None:
        if self.patch_order not in PATCH_ORDERS:
            raise ValueError(f"There is no patch order {self.patch_order!r}; use one of: {', '.join(PATCH_ORDERS)}.")
        super().__post_init__(**kwargs)

    def backbone(self) -> SwinPlan:
        return SwinPlan(self.embed_width, tuple(self.depths), tuple(self.heads), self.window)


@dataclass
class BiRefNetOutput(ModelOutput):
    """``probabilities``: N×1×H×W, float32, 0 … 1; ``logits``: the same before the sigmoid.

    ``side_logits``: N×1×H/s×W/s for s = 32, 16, 8, or None if they were not asked for.
    """

    probabilities: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    side_logits: tuple[torch.Tensor, ...] | None = None


class BiRefNetModel(PreTrainedModel):
    config_class = BiRefNetConfig
    main_input_name = "pixel_values"

    def __init__(self, config: BiRefNetConfig) -> None:
        super().__init__(config)
        plan = config.backbone()
        # Each map is there twice: of the picture and of the picture at half its size.
        first, second, third, last = (2 * width for width in plan.widths)
        self.bb = SwinBackbone(plan)
        joined = first + second + third + last
        self.squeeze_module = nn.Sequential(DecoderBlock(joined, last, config.inner_width, config.branch_width))
        self.decoder = Decoder(
            DecoderPlan(
                widths=(last, third, second, first),
                inner=config.inner_width,
                branch=config.branch_width,
                gradient=config.gradient_width,
                patch_order=config.patch_order,
            )
        )
        self.post_init()

    def forward(self, pixel_values: torch.Tensor, side_outputs: bool = False) -> BiRefNetOutput:
        """pixel_values: N×3×H×W, normalised as the model card says; H and W multiples of 32.

        Raises ValueError for other sizes.
        """
        height, width = pixel_values.shape[2:]
        if height % SIZE_STEP or width % SIZE_STEP:
            raise ValueError(
                f"BiRefNet cannot take {width}×{height}: resize the picture to multiples of {SIZE_STEP}, such as 1024."
            )
        logits, sides = self.decoder(pixel_values, self._encode(pixel_values), sides=side_outputs)
        return BiRefNetOutput(
            probabilities=torch.sigmoid(logits.float()),
            logits=logits,
            side_logits=tuple(sides) if side_outputs else None,
        )

    def _encode(self, picture: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps, deepest first: N×C×H/s×W/s for s = 32, 16, 8, 4."""
        half = (picture.shape[2] // 2, picture.shape[3] // 2)
        small = functional.interpolate(picture, size=half, mode="bilinear", align_corners=True)
        pairs = zip(self.bb(picture), self.bb(small), strict=True)
        *shallower, deepest = [torch.cat([full, resized(half_size, full)], dim=1) for full, half_size in pairs]
        context = torch.cat([*(resized(each, deepest) for each in shallower), deepest], dim=1)
        return [self.squeeze_module(context), *reversed(shallower)]

    def fusable(self) -> Iterator[Pair]:
        squeeze: DecoderBlock = self.squeeze_module[0]  # type: ignore[assignment]
        yield from squeeze.fusable()
        yield from self.decoder.fusable()

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, WindowAttention):
            nn.init.trunc_normal_(module.relative_position_bias_table, std=0.02)
            module.relative_position_index.copy_(relative_positions(module.window))


def build(options: Mapping[str, Any]) -> BiRefNetModel:
    """Return the network a model card's ``[architecture]`` describes."""
    plan = BACKBONES[options["backbone"]]
    return BiRefNetModel(
        BiRefNetConfig(
            patch_order=options["patch_order"],
            embed_width=plan.width,
            depths=plan.depths,
            heads=plan.heads,
            window=plan.window,
        )
    )


AutoConfig.register(BiRefNetConfig.model_type, BiRefNetConfig, exist_ok=True)
AutoModelForImageSegmentation.register(BiRefNetConfig, BiRefNetModel, exist_ok=True)
