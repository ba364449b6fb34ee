"""The IS-Net computation, written once and without torch, like ``u2net_plan`` and out of the same blocks.

Qin et al., "Highly Accurate Dichotomous Image Segmentation", 2022; names as in the authors' published code. IS-Net is
U²-Net behind a convolution that halves the picture, without the fusion: its first side output is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from inference.architectures.u2net_plan import PLANS, Convolution, Operations, Plan, Value, run_levels

ENTRY = Convolution("conv_in", 3, 64, stride=2, activated=False)


def _behind(entry: Convolution, plan: Plan) -> Plan:
    first = replace(plan.encoder[0], inputs=entry.outputs)
    return replace(plan, encoder=(first, *plan.encoder[1:]))


PLAN = _behind(ENTRY, PLANS["full"])


def convolutions() -> Iterator[Convolution]:
    """Yield all convolutions of the network; side outputs after the first served training only."""
    yield ENTRY
    for block in (*PLAN.encoder, *PLAN.decoder):
        yield from block.convolutions()
    yield from PLAN.sides()


def run_network(
    operations: Operations[Value], picture: Value, *, sides: int = 6
) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """Return the first ``sides`` score maps before the sigmoid and all six maps they are made of, finest first.

    picture: N×3×H×W; each score map: N×1×H×W; the maps n = 1 … 6: N×C×(H/2ⁿ)×(W/2ⁿ).
    """
    levels = run_levels(PLAN, operations, operations.convolve(ENTRY, picture))
    wanted = list(zip(PLAN.sides(), levels, strict=True))[:sides]
    scores = tuple(operations.enlarge(operations.convolve(side, level), picture) for side, level in wanted)
    return scores, levels
