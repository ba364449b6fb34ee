from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from inference.architectures.deform_conv import deform_conv2d


def make_case(
    kernel: int, *, batch: int = 2, channels: int = 3, height: int = 5, width: int = 7, seed: int = 3
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Values, offsets that also lead far outside, modulation, weight and bias."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    return (
        normal(batch, channels, height, width),
        normal(batch, 2 * kernel**2, height, width) * 3,
        torch.sigmoid(normal(batch, kernel**2, height, width)) * 2,
        normal(4, channels, kernel, kernel),
        normal(4),
    )


def sample(plane: torch.Tensor, down: float, right: float) -> float:
    """One bilinear sample of height×width, zero outside, by the definition."""
    top, left = math.floor(down), math.floor(right)
    total = 0.0
    for row in (top, top + 1):
        for column in (left, left + 1):
            if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
                total += (1 - abs(down - row)) * (1 - abs(right - column)) * plane[row, column].item()
    return total


def convolve_plainly(
    values: torch.Tensor, offsets: torch.Tensor, modulation: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
) -> torch.Tensor:
    """Modulated deformable convolution, size-keeping, as five nested loops."""
    batch, channels, height, width = values.shape
    kernel = weight.shape[2]
    result = bias.view(1, -1, 1, 1).repeat(batch, 1, height, width).double()
    for picture in range(batch):
        for row in range(height):
            for column in range(width):
                for tap in range(kernel**2):
                    shift = offsets[picture, 2 * tap : 2 * tap + 2, row, column]
                    down = row - kernel // 2 + tap // kernel + shift[0].item()
                    right = column - kernel // 2 + tap % kernel + shift[1].item()
                    strength = modulation[picture, tap, row, column].item()
                    for channel in range(channels):
                        value = sample(values[picture, channel], down, right) * strength
                        result[picture, :, row, column] += value * weight[:, channel, tap // kernel, tap % kernel]
    return result


@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_it_computes_what_the_definition_says(kernel: int) -> None:
    values, offsets, modulation, weight, bias = make_case(kernel, batch=2 if kernel < 7 else 1)

    result = deform_conv2d(values, offsets, modulation, weight, bias, kernel // 2)

    expected = convolve_plainly(values, offsets, modulation, weight, bias)
    assert result.shape == expected.shape
    assert (result - expected).abs().max() < 1e-4


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3), st.integers(1, 6), st.integers(3, 12), st.integers(3, 12), st.sampled_from([1, 3]))
def test_without_offsets_it_is_an_ordinary_convolution(
    batch: int, channels: int, height: int, width: int, kernel: int
) -> None:
    values, offsets, modulation, weight, bias = make_case(
        kernel, batch=batch, channels=channels, height=height, width=width
    )

    result = deform_conv2d(values, 0 * offsets, 0 * modulation + 1, weight, bias, kernel // 2)

    expected = functional.conv2d(values, weight, bias, padding=kernel // 2)
    assert (result - expected).abs().max() < 1e-4


def test_it_shrinks_the_map_without_padding() -> None:
    values, _, _, weight, _ = make_case(3)

    result = deform_conv2d(values, torch.zeros(2, 18, 3, 5), torch.ones(2, 9, 3, 5), weight, None, 0)

    assert (result - functional.conv2d(values, weight)).abs().max() < 1e-4


def test_it_is_the_same_however_many_places_are_done_at_once() -> None:
    values, offsets, modulation, weight, bias = make_case(7, batch=2, channels=64, height=40, width=44)

    whole = deform_conv2d(values, offsets, modulation, weight, bias, 3)

    ones = [
        deform_conv2d(values[i : i + 1], offsets[i : i + 1], modulation[i : i + 1], weight, bias, 3) for i in (0, 1)
    ]
    assert (whole - torch.cat(ones)).abs().max() < 1e-3


def test_it_ignores_what_lies_outside() -> None:
    values, offsets, modulation, weight, _ = make_case(3)

    result = deform_conv2d(values, offsets + 1e9, modulation, weight, None, 1)

    assert result.abs().max() == 0


@pytest.mark.parametrize(("wrong", "message"), [("offsets", "Offsets are"), ("modulation", "Modulation is")])
def test_refuses_guides_of_another_size(wrong: str, message: str) -> None:
    values, offsets, modulation, weight, bias = make_case(3)
    guides = {"offsets": offsets, "modulation": modulation}
    guides[wrong] = guides[wrong][..., :-1]

    with pytest.raises(ValueError, match=message):
        deform_conv2d(values, guides["offsets"], guides["modulation"], weight, bias, 1)
