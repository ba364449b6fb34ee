"""What oneDNN computes in one pass on x86 processors and torch's own functions do in two or three.

The operators are the ones torch's compiler uses; called directly they need no compiler. Where they are not there, or do
not apply (training, GPUs, bfloat16 on processors that cannot multiply it), the modules compute as usual.
"""

from __future__ import annotations

import platform
from typing import Any

import torch
from torch import nn

_X86 = platform.machine().lower() in {"x86_64", "amd64"} and torch.backends.mkldnn.is_available()
# What torch assumes when it packs weights without knowing the number of rows they will meet.
_ROWS = 4096


def _operator(name: str) -> Any:
    return getattr(torch.ops.mkldnn, name, None) if _X86 else None


_CONVOLVE = _operator("_convolution_pointwise")
_LINEAR, _PACK = _operator("_linear_pointwise"), _operator("_reorder_linear_weight")
_HAS_BFLOAT16 = _X86 and bool(getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)())


def convolve_relu(convolution: nn.Conv2d, value: torch.Tensor) -> torch.Tensor | None:
    """Return relu(convolution(value)), N×C×H×W, or None if it cannot be had at once."""
    if _CONVOLVE is None or not _applies(value):
        return None
    result: torch.Tensor = _CONVOLVE(
        value,
        convolution.weight,
        convolution.bias,
        list(convolution.padding),
        list(convolution.stride),
        list(convolution.dilation),
        convolution.groups,
        "relu",
        [],
        "",
    )
    return result


class PackedLinear(nn.Module):
    """A linear layer whose weight lies as the matrix product reads it, instead of being laid out for each call."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.bias = linear.bias
        self._packed = _PACK(linear.weight.detach(), _ROWS)  # opaque to everything but the operator

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return self._compute(value, "none")

    def with_gelu(self, value: torch.Tensor) -> torch.Tensor:
        """Return gelu(linear(value)), its tail by the error function."""
        return self._compute(value, "gelu")

    def _compute(self, value: torch.Tensor, then: str) -> torch.Tensor:
        result: torch.Tensor = _LINEAR(value, self._packed, self.bias, then, [], "none" if then == "gelu" else "")
        return result


def pack_linears(model: nn.Module) -> None:
    """Pack the linear layers of a model that computes in bfloat16 on this processor; leaves all others as they are.

    It cannot be moved, saved or trained afterwards.
    """
    if _PACK is None or _LINEAR is None or not _HAS_BFLOAT16:
        return
    with torch.no_grad():
        for owner in list(model.modules()):
            for name, layer in list(owner.named_children()):
                if (
                    isinstance(layer, nn.Linear)
                    and layer.weight.dtype == torch.bfloat16
                    and layer.weight.device.type == "cpu"
                ):
                    setattr(owner, name, PackedLinear(layer))


def _applies(value: torch.Tensor) -> bool:
    if value.device.type != "cpu" or torch.is_grad_enabled():
        return False
    return value.dtype == torch.float32 or (value.dtype == torch.bfloat16 and _HAS_BFLOAT16)
