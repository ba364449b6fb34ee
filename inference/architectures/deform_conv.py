"""Modulated deformable convolution (Dai et al. 2017, Zhu et al. 2018) in plain torch.

Each tap of the kernel reads the map at its own place plus a learnt offset, bilinearly and with zeros outside, and is
multiplied by a learnt modulation. Reading is one gather of rows: with channels last, a bilinear sample is a weighted
sum of four rows, which is what an embedding bag computes. The rest is a matrix product.
"""

from __future__ import annotations

import torch
from torch.nn import functional

# Elements gathered at a time: bounds the memory for large kernels without slowing the matrix products down.
_CHUNK_ELEMENTS = {"cpu": 2**24, "cuda": 2**27}


def deform_conv2d(
    values: torch.Tensor,
    offsets: torch.Tensor,
    modulation: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    padding: int,
) -> torch.Tensor:
    """Convolve with stride 1 and no dilation; channels stay last in memory.

    values: N×C×H×W; offsets: N×2K×H'×W', for each of the K taps (row by row) down then right, in pixels; modulation:
    N×K×H'×W'; weight: O×C×k×k with k·k = K; H' = H + 2·padding − k + 1. Result: N×O×H'×W'.
    """
    batch, channels, height, width = values.shape
    outputs, _, rows, columns = weight.shape
    taps = rows * columns
    out_height, out_width = height + 2 * padding - rows + 1, width + 2 * padding - columns + 1
    if offsets.shape != (batch, 2 * taps, out_height, out_width):
        raise ValueError(f"Offsets are {tuple(offsets.shape)}, not {(batch, 2 * taps, out_height, out_width)}.")
    if modulation.shape != (batch, taps, out_height, out_width):
        raise ValueError(f"Modulation is {tuple(modulation.shape)}, not {(batch, taps, out_height, out_width)}.")
    table = values.permute(0, 2, 3, 1).reshape(batch * height * width, channels)
    shifts = offsets.permute(0, 2, 3, 1).reshape(-1, taps, 2)  # NH'W'×K×2
    strengths = modulation.permute(0, 2, 3, 1).reshape(-1, taps)  # NH'W'×K
    matrix = weight.permute(2, 3, 1, 0).reshape(taps * channels, outputs)
    chunk = max(1, _CHUNK_ELEMENTS.get(values.device.type, 2**22) // (taps * channels))
    parts = []
    for start in range(0, len(shifts), chunk):
        stop = min(start + chunk, len(shifts))
        place = _places(start, stop, (out_height, out_width), (rows, columns), padding, values.device)
        index, share = _corners(place[0], place[1] + shifts[start:stop].float(), height, width)
        share = share.to(values.dtype) * strengths[start:stop, :, None]
        sampled = functional.embedding_bag(
            index.view(-1, 4), table, per_sample_weights=share.view(-1, 4), mode="sum"
        )  # PK×C
        product = sampled.view(-1, taps * channels)
        parts.append(product @ matrix if bias is None else torch.addmm(bias, product, matrix))
    return torch.cat(parts).view(batch, out_height, out_width, outputs).permute(0, 3, 1, 2)


def _places(
    start: int, stop: int, size: tuple[int, int], kernel: tuple[int, int], padding: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return for the outputs ``start`` … ``stop`` the picture each belongs to (P) and where its taps are (P×K×2)."""
    height, width = size
    flat = torch.arange(start, stop, device=device)
    down = flat // width % height
    origin = torch.stack([down, flat % width], dim=-1) - padding  # P×2
    taps = torch.cartesian_prod(torch.arange(kernel[0], device=device), torch.arange(kernel[1], device=device))
    return flat // (width * height), (origin[:, None, :] + taps.view(1, -1, 2)).float()


def _corners(picture: torch.Tensor, place: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows of the table around each place and their bilinear shares, both P×K×4.

    A corner outside the picture gets no share. picture: P; place: P×K×2, down then right.
    """
    size = place.new_tensor([height, width])
    place = torch.minimum(place.clamp(min=-1), size)  # one pixel outside already counts nothing
    nearest = place.floor()
    beyond = place - nearest  # P×K×2, 0 … 1
    corner = torch.stack([nearest, nearest + 1], dim=-1)  # P×K×2 axes×2
    share = torch.stack([1 - beyond, beyond], dim=-1) * ((corner >= 0) & (corner < size[:, None]))
    row, column = torch.minimum(corner.clamp(min=0), size[:, None] - 1).long().unbind(-2)  # each P×K×2
    row = row + (picture * height)[:, None, None]
    index = row[..., :, None] * width + column[..., None, :]  # P×K×2×2
    return index.flatten(-2), (share[..., 0, :, None] * share[..., 1, None, :]).flatten(-2)
