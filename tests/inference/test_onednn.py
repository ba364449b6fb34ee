"""The operators that do two things at once do the same as the two, where they are to be had at all."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from inference.architectures.onednn import PackedLinear, convolve_relu, pack_linears


def test_it_convolves_as_the_module_does() -> None:
    torch.manual_seed(5)
    convolution = nn.Conv2d(3, 8, 3, padding=2, dilation=2)
    picture = torch.randn(2, 3, 20, 17)
    with torch.inference_mode():
        expected = functional.relu(convolution(picture))

        found = convolve_relu(convolution, picture)

    assert found is None or (found - expected).abs().max() < 1e-5


def test_it_leaves_training_to_the_module() -> None:
    assert convolve_relu(nn.Conv2d(3, 8, 3), torch.randn(1, 3, 9, 9)) is None


def test_packed_layers_compute_the_same() -> None:
    torch.manual_seed(5)
    plain = nn.Sequential(nn.Linear(48, 96), nn.Linear(96, 48)).to(torch.bfloat16).requires_grad_(False)
    packed = nn.Sequential(*plain)
    pack_linears(packed)
    value = torch.randn(1, 50, 48).to(torch.bfloat16)
    with torch.inference_mode():
        expected = plain[1](functional.gelu(plain[0](value)))

        first = packed[0]
        found = packed[1](first.with_gelu(value) if isinstance(first, PackedLinear) else functional.gelu(first(value)))

    assert (found - expected).abs().max() < 0.05


def test_it_packs_nothing_that_computes_in_float32() -> None:
    model = nn.Sequential(nn.Linear(4, 4))

    pack_linears(model)

    assert type(model[0]) is nn.Linear
