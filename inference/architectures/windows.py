"""Cut a map into the windows attention works in, shifted or not, with one gather of rows each way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import torch


@dataclass(frozen=True, slots=True)
class WindowKind:
    """Windows ``start`` … ``stop``. ``apart``: window²×window², which of their places are not to see each other."""

    start: int
    stop: int
    apart: torch.Tensor | None


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """Where the rows of a map (N·H·W, in any number of channels) are in its windows, and back.

    ``gather``: windows·window² rows of the map; ``outside``: those that are not in the map (they gather row 0), or
    None if the windows fit; ``scatter``: for each row of the map, its row among the windows.
    """

    gather: torch.Tensor
    scatter: torch.Tensor
    outside: torch.Tensor | None
    kinds: tuple[WindowKind, ...]


@lru_cache(maxsize=64)
def window_layout(batch: int, height: int, width: int, window: int, shift: int, device: torch.device) -> WindowLayout:
    """Lay windows over maps of height × width, continued below and to the right until the windows fit.

    With a shift the map is first moved up and left, what leaves it coming in again on the other side. The windows of
    the last row and column then hold parts that are not neighbours, so windows are sorted by kind: one rule for all
    windows of a kind is enough.
    """
    with torch.inference_mode(False):  # the layout may later be used in training too
        high, wide = -(-height // window), -(-width // window)
        down = ((torch.arange(high * window) + shift) % (high * window)).view(high, 1, window, 1)
        right = ((torch.arange(wide * window) + shift) % (wide * window)).view(1, wide, 1, window)
        inside = ((down < height) & (right < width)).expand(high, wide, window, window)
        places = torch.where(inside, down * width + right, -1)  # high×wide×window×window
        start = 0
        gathers, kinds = [], []
        for rows, columns, apart in _kinds(high, wide, window, shift):
            chosen = places[rows, columns].reshape(1, -1)
            offsets = torch.arange(batch).view(-1, 1) * (height * width)
            gathers.append(torch.where(chosen < 0, -1, chosen + offsets).flatten())
            stop = start + gathers[-1].numel() // window**2
            kinds.append(WindowKind(start, stop, None if apart is None else apart.to(device)))
            start = stop
        gather = torch.cat(gathers)
        valid = (gather >= 0).nonzero().flatten()
        scatter = torch.empty(batch * height * width, dtype=torch.long)
        scatter[gather[valid]] = valid
        outside = (gather < 0).nonzero().flatten()
        return WindowLayout(
            gather=gather.clamp(min=0).to(device),
            scatter=scatter.to(device),
            outside=outside.to(device) if len(outside) else None,
            kinds=tuple(kinds),
        )


def _kinds(high: int, wide: int, window: int, shift: int) -> list[tuple[slice, slice, torch.Tensor | None]]:
    """Return each kind of window: which rows and columns of windows, and which of its places are apart."""
    if not shift:
        return [(slice(0, high), slice(0, wide), None)]
    wrapped = torch.arange(window) >= window - shift  # came in from the other side
    found: list[tuple[slice, slice, torch.Tensor | None]] = []
    for last_row, last_column in product((False, True), repeat=2):
        rows = slice(high - 1, high) if last_row else slice(0, high - 1)
        columns = slice(wide - 1, wide) if last_column else slice(0, wide - 1)
        if rows.start < rows.stop and columns.start < columns.stop:
            region = 2 * (wrapped & last_row)[:, None] + (wrapped & last_column)[None, :]  # window×window
            apart = region.flatten()[:, None] != region.flatten()[None, :]
            found.append((rows, columns, apart if last_row or last_column else None))
    return found
