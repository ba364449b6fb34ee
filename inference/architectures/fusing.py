"""Put the effect of batch norms into the convolutions before them, for inference: fewer passes over the maps."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Pair = tuple[nn.Module, str, nn.Module, str]
"""(owner of the convolution, its name there, owner of the batch norm that follows it, its name there)."""


def fuse_batch_norms(pairs: Iterable[Pair]) -> None:
    """Replace each convolution by one that includes its batch norm, and the batch norm by nothing.

    The weights no longer have the published keys afterwards. Raises ValueError for a network in training mode.
    """
    for conv_owner, conv_name, norm_owner, norm_name in list(pairs):
        convolution, norm = getattr(conv_owner, conv_name), getattr(norm_owner, norm_name)
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        if norm.training:
            raise ValueError("A network in training mode still changes its batch norms; call eval() first.")
        setattr(conv_owner, conv_name, fuse_conv_bn_eval(convolution, norm))
        setattr(norm_owner, norm_name, nn.Identity())
