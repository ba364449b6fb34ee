"""The U²-Net computation, written once and without torch.

Qin et al., "U²-Net: Going deeper with nested U-structure for salient object detection", 2020; stage tables and
parameter names as in the authors' published code. ``run_network`` is a program over ``Operations``: the torch model
runs it on tensors, the converter runs it against the graph of an exchange file. Both therefore speak of the same
network, and a graph that differs anywhere is found out instead of being loaded into the wrong places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution, size-keeping unless its stride is more; ``activated``: followed by (batch norm and) ReLU."""

    name: str
    inputs: int
    outputs: int
    kernel: int = 3
    dilation: int = 1
    activated: bool = True
    stride: int = 1

    @property
    def padding(self) -> int:
        return self.dilation * (self.kernel // 2)

    @property
    def key(self) -> str:
        """Where the published state dictionaries keep this convolution's ``weight`` and ``bias``."""
        return f"{self.name}.conv_s1" if self.activated else self.name


@dataclass(frozen=True, slots=True)
class Block:
    """A residual U-block, "RSU-``height``"; a ``dilated`` one ("RSU-4F") keeps its size and widens its view instead."""

    name: str
    height: int
    inputs: int
    middle: int
    outputs: int
    dilated: bool = False

    def convolution(self, level: str) -> Convolution:
        """Return the convolution ``rebnconv<level>``: ``in``, ``1`` … ``height``, ``<n>d`` on the way up."""
        name = f"{self.name}.rebnconv{level}"
        if level == "in":
            return Convolution(name, self.inputs, self.outputs)
        upwards = level.endswith("d")
        number = int(level.removesuffix("d"))
        inputs = 2 * self.middle if upwards else (self.outputs if number == 1 else self.middle)
        outputs = self.outputs if level == "1d" else self.middle
        return Convolution(name, inputs, outputs, dilation=self._dilation(number))

    def _dilation(self, number: int) -> int:
        if self.dilated:
            return int(2 ** (number - 1))
        return 2 if number == self.height else 1

    def convolutions(self) -> Iterator[Convolution]:
        yield self.convolution("in")
        for number in range(1, self.height + 1):
            yield self.convolution(str(number))
        for number in range(self.height - 1, 0, -1):
            yield self.convolution(f"{number}d")


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole network: six blocks down, five up, a score map from each level, one fusing 1×1 convolution."""

    encoder: tuple[Block, ...]
    decoder: tuple[Block, ...]

    def sides(self) -> tuple[Convolution, ...]:
        """Return ``side1`` (finest) to ``side6`` (the encoder's last block)."""
        finest_first = (*reversed(self.decoder), self.encoder[-1])
        return tuple(
            Convolution(f"side{level}", block.outputs, 1, activated=False)
            for level, block in enumerate(finest_first, start=1)
        )

    def fusion(self) -> Convolution:
        return Convolution("outconv", len(self.sides()), 1, kernel=1, activated=False)

    def convolutions(self) -> Iterator[Convolution]:
        for block in (*self.encoder, *self.decoder):
            yield from block.convolutions()
        yield from self.sides()
        yield self.fusion()


def _plan(channels: dict[str, tuple[int, int, int]]) -> Plan:
    heights = {"1": 7, "2": 6, "3": 5, "4": 4, "5": 4, "6": 4}
    blocks = {
        name: Block(f"stage{name}", heights[name[0]], *sizes, dilated=name[0] in "56")
        for name, sizes in channels.items()
    }
    return Plan(
        encoder=tuple(blocks[name] for name in ("1", "2", "3", "4", "5", "6")),
        decoder=tuple(blocks[name] for name in ("5d", "4d", "3d", "2d", "1d")),
    )


# Channels of each stage: (into the block, inside it, out of it).
PLANS = {
    "full": _plan(
        {
            "1": (3, 32, 64),
            "2": (64, 32, 128),
            "3": (128, 64, 256),
            "4": (256, 128, 512),
            "5": (512, 256, 512),
            "6": (512, 256, 512),
            "5d": (1024, 256, 512),
            "4d": (1024, 128, 256),
            "3d": (512, 64, 128),
            "2d": (256, 32, 64),
            "1d": (128, 16, 64),
        }
    ),
    "small": _plan(
        {"1": (3, 16, 64)}
        | dict.fromkeys(("2", "3", "4", "5", "6"), (64, 16, 64))
        | dict.fromkeys(("5d", "4d", "3d", "2d", "1d"), (128, 16, 64))
    ),
}


class Operations(Protocol[Value]):
    """What the network needs done; a value is a tensor, or a name in a graph."""

    def convolve(self, convolution: Convolution, value: Value) -> Value: ...

    def halve(self, value: Value) -> Value:
        """2×2 maximum pooling, stride 2, rounding the size up."""

    def enlarge(self, value: Value, like: Value) -> Value:
        """Bilinear, half-pixel centres, to the height and width of ``like``."""

    def join(self, *values: Value) -> Value:
        """Concatenate the channels."""

    def add(self, first: Value, second: Value) -> Value: ...


def run_network(plan: Plan, operations: Operations[Value], picture: Value) -> tuple[Value, ...]:
    """Return seven score maps before the sigmoid: the fused one (d0), then the sides finest first (d1 … d6).

    picture: N×3×H×W; every score map: N×1×H×W.
    """
    scores: list[Value] = []
    for side, level in zip(plan.sides(), run_levels(plan, operations, picture), strict=True):
        score = operations.convolve(side, level)
        # The finest score map has the picture's own size and sets it for the others.
        scores.append(operations.enlarge(score, scores[0]) if scores else score)
    return (operations.convolve(plan.fusion(), operations.join(*scores)), *scores)


def run_levels(plan: Plan, operations: Operations[Value], value: Value) -> tuple[Value, ...]:
    """Run the blocks down and up; return what the score maps are made of, finest first (the plan's ``sides``).

    value: N×C×H×W; the level n = 0 … 5 returned: N×C×(H/2ⁿ)×(W/2ⁿ).
    """
    levels = []
    for number, block in enumerate(plan.encoder):
        if number > 0:
            value = operations.halve(value)
        value = run_block(block, operations, value)
        levels.append(value)  # N×C×(H/2ⁿ)×(W/2ⁿ) for n = 0 … 5

    rising = [levels.pop()]
    for block in plan.decoder:
        skip = levels.pop()
        value = operations.join(operations.enlarge(rising[-1], skip), skip)
        rising.append(run_block(block, operations, value))

    return tuple(reversed(rising))


def run_block(block: Block, operations: Operations[Value], value: Value) -> Value:
    """Run one residual U-block. value: N×inputs×H×W; result: N×outputs×H×W."""

    def convolve(level: str, value: Value) -> Value:
        return operations.convolve(block.convolution(level), value)

    residual = convolve("in", value)  # N×outputs×H×W
    skips = []
    value = residual
    for number in range(1, block.height):
        if number > 1 and not block.dilated:
            value = operations.halve(value)
        value = convolve(str(number), value)  # N×middle×(H/2ⁿ⁻¹)×(W/2ⁿ⁻¹), undiminished if dilated
        skips.append(value)
    value = convolve(str(block.height), value)

    for number in range(block.height - 1, 0, -1):
        skip = skips[number - 1]
        if number < block.height - 1 and not block.dilated:
            value = operations.enlarge(value, skip)
        value = convolve(f"{number}d", operations.join(value, skip))
    return operations.add(value, residual)
