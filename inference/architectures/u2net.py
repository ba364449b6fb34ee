"""U²-Net and U²-Netp as transformers models; the computation itself is in ``u2net_plan``.

Parameter names are those of the authors' published state dictionaries (``stage1.rebnconvin.conv_s1.weight`` …), so
weights load strictly by key. With ``folded_batch_norm`` the batch norms are absent, their effect being part of the
convolutions already, as in exchange files exported for inference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.utils.generic import ModelOutput

from inference.architectures.u2net_plan import PLANS, Convolution, run_network


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


class U2NetConvolution(nn.Module):
    """Convolution, batch norm (unless folded), ReLU; named as published."""

    def __init__(self, convolution: Convolution, *, folded_batch_norm: bool) -> None:
        super().__init__()
        self.conv_s1 = _bare_convolution(convolution)
        self.bn_s1 = nn.Identity() if folded_batch_norm else nn.BatchNorm2d(convolution.outputs)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.bn_s1(self.conv_s1(value)))


class U2NetModel(PreTrainedModel):
    config_class = U2NetConfig
    main_input_name = "pixel_values"

    def __init__(self, config: U2NetConfig) -> None:
        super().__init__(config)
        self.plan = PLANS[config.variant]
        for convolution in self.plan.convolutions():
            module: nn.Module
            if convolution.activated:
                module = U2NetConvolution(convolution, folded_batch_norm=config.folded_batch_norm)
            else:
                module = _bare_convolution(convolution)
            self._attach(convolution.name, module)
        self.post_init()

    def forward(self, pixel_values: torch.Tensor) -> U2NetOutput:
        """pixel_values: N×3×H×W, float32, normalised as the model card says; the networks were trained at 320×320."""
        fused, *sides = run_network(self.plan, _TensorOperations(self), pixel_values)
        return U2NetOutput(probabilities=torch.sigmoid(fused), side_scores=tuple(sides))

    def _attach(self, name: str, module: nn.Module) -> None:
        *stage, leaf = name.split(".")
        parent: nn.Module = self
        for part in stage:
            if not hasattr(parent, part):
                parent.add_module(part, nn.Module())
            parent = parent.get_submodule(part)
        parent.add_module(leaf, module)


def build(options: Mapping[str, Any]) -> U2NetModel:
    """Return the network a model card's ``[architecture]`` describes."""
    return U2NetModel(U2NetConfig(**options))


class _TensorOperations:
    """``u2net_plan.Operations`` on tensors, with the modules of one model."""

    def __init__(self, model: U2NetModel) -> None:
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
        return first + second


def _bare_convolution(convolution: Convolution) -> nn.Conv2d:
    return nn.Conv2d(
        convolution.inputs,
        convolution.outputs,
        convolution.kernel,
        padding=convolution.padding,
        dilation=convolution.dilation,
    )
