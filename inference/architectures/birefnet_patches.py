"""Cut the picture into patches that are stacked on the channels beside a feature map.

Two orders of those channels are in use. They have the same shape, so weights trained with one load under the other
without an error and compute nonsense; which one a checkpoint was trained with has to be known.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch

PatchOrder = Literal["patch-columns", "colour-planes"]
"""How the channels of the stacked patches follow each other.

"patch-columns": patch after patch, down each column of patches, the colours within each: RMBG-2.0, and BiRefNet's
published code before 5 November 2024. "colour-planes": colour after colour, in each the patches row by row: BiRefNet's
published code since then.
"""

PATCH_ORDERS: tuple[str, ...] = get_args(PatchOrder)


def stack_patches(picture: torch.Tensor, height: int, width: int, order: str) -> torch.Tensor:
    """Cut a picture (N×C×H×W) into patches of height × width; result: N×(C·H/height·W/width)×height×width."""
    batch, colours, full_height, full_width = picture.shape
    high, wide = full_height // height, full_width // width
    patches = picture.reshape(batch, colours, high, height, wide, width)
    axes = (0, 4, 2, 1, 3, 5) if order == "patch-columns" else (0, 1, 2, 4, 3, 5)
    return patches.permute(axes).reshape(batch, colours * high * wide, height, width)
