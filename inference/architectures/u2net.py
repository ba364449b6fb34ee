"""U²-Net and U²-Netp as transformers models; the computation itself is in ``u2net_plan``.

Parameter names are those of the authors' published state dictionaries (``stage1.rebnconvin.conv_s1.weight`` …), so
weights load strictly by key. With ``folded_batch_norm`` the batch norms are absent, their effect being part of the
convolutions already, as in exchange files exported for inference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageSegmentation, PreTrainedConfig, PreTrainedModel
from transformers.utils.generic import ModelOutput

from inference.architectures import u_blocks
from inference.architectures.fusing import Pair
from inference.architectures.u2net_plan import PLANS, run_network


class U2NetConfig(PreTrainedConfig):
    """``variant``: "full" (U²-Net, 44 million parameters) or "small" (U²-Netp, 1.1 million)."""

    model_type = "u2net"

    variant: str = "small"
    folded_batch_norm: bool = True


@dataclass
class U2NetOutput(ModelOutput):
    """``probabilities``: N×1×H×W in 0…1, fused; ``side_scores``: six N×1×H×W before the sigmoid, finest first."""

    probabilities: torch.Tensor | None = None
    side_scores: tuple[torch.Tensor, ...] | None = None


class U2NetModel(PreTrainedModel):
    config_class = U2NetConfig
    main_input_name = "pixel_values"

    def __init__(self, config: U2NetConfig) -> None:
        super().__init__(config)
        self.plan = PLANS[config.variant]
        u_blocks.attach_convolutions(self, self.plan.convolutions(), folded_batch_norm=config.folded_batch_norm)
        self.post_init()

    def forward(self, pixel_values: torch.Tensor) -> U2NetOutput:
        """pixel_values: N×3×H×W, float32, normalised as the model card says; the networks were trained at 320×320."""
        fused, *sides = run_network(self.plan, u_blocks.TensorOperations(self), pixel_values)
        return U2NetOutput(probabilities=torch.sigmoid(fused), side_scores=tuple(sides))

    def fusable(self) -> Iterator[Pair]:
        return u_blocks.fusable(self)


def build(options: Mapping[str, Any]) -> U2NetModel:
    """Return the network a model card's ``[architecture]`` describes."""
    return U2NetModel(U2NetConfig(**options))


AutoConfig.register(U2NetConfig.model_type, U2NetConfig, exist_ok=True)
AutoModelForImageSegmentation.register(U2NetConfig, U2NetModel, exist_ok=True)
