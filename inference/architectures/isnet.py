"""IS-Net as a transformers model: RMBG-1.4 and the general-use weights; the computation itself is in ``isnet_plan``.

Parameter names are those of the published state dictionaries (``stage1.rebnconvin.conv_s1.weight`` …), so weights load
strictly by key. With ``folded_batch_norm`` the batch norms are absent, as in exchange files exported for inference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageSegmentation, PreTrainedConfig, PreTrainedModel
from transformers.utils.generic import ModelOutput

from inference.architectures import isnet_plan, u_blocks
from inference.architectures.fusing import Pair

_SIDES = 6


class IsNetConfig(PreTrainedConfig):
    model_type = "isnet"

    folded_batch_norm: bool = False


@dataclass
class IsNetOutput(ModelOutput):
    """``probabilities``: N×1×H×W in 0…1; ``side_scores``: six N×1×H×W before the sigmoid, or None if not asked for."""

    probabilities: torch.Tensor | None = None
    side_scores: tuple[torch.Tensor, ...] | None = None


class IsNetModel(PreTrainedModel):
    config_class = IsNetConfig
    main_input_name = "pixel_values"

    def __init__(self, config: IsNetConfig) -> None:
        super().__init__(config)
        u_blocks.attach_convolutions(self, isnet_plan.convolutions(), folded_batch_norm=config.folded_batch_norm)
        self.post_init()

    def forward(self, pixel_values: torch.Tensor, side_outputs: bool = False) -> IsNetOutput:
        """pixel_values: N×3×H×W, normalised as the model card says; the network was trained at 1024×1024."""
        operations = u_blocks.TensorOperations(self)
        scores, _ = isnet_plan.run_network(operations, pixel_values, sides=_SIDES if side_outputs else 1)
        return IsNetOutput(probabilities=torch.sigmoid(scores[0]), side_scores=scores if side_outputs else None)

    def fusable(self) -> Iterator[Pair]:
        return u_blocks.fusable(self)


def build(options: Mapping[str, Any]) -> IsNetModel:
    """Return the network a model card's ``[architecture]`` describes."""
    return IsNetModel(IsNetConfig(**options))


AutoConfig.register(IsNetConfig.model_type, IsNetConfig, exist_ok=True)
AutoModelForImageSegmentation.register(IsNetConfig, IsNetModel, exist_ok=True)
