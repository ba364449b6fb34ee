"""What crosses the border of this package: frozen values, no arrays, no tensors, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from inference.pictures import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Foreground = Literal["found", "none", "full"]
ColourHandling = Literal["kept", "converted_with_profile", "converted_without_profile"]
EdgeColour = Literal["none", "multilevel-foreground-1"]


@dataclass(frozen=True, slots=True)
class InputProfile:
    """How pixels become the network's input: resize, scale to 0…1, then (value − mean) / std per channel.

    ``scale``: "type-maximum" divides by 255; "picture-maximum" by the brightest sample of the resized picture.
    """

    width: int
    height: int
    resample: Literal["bilinear", "bicubic", "lanczos"]
    scale: Literal["type-maximum", "picture-maximum"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class OutputProfile:
    """How the network's probabilities become a mask, under a name that is recorded with every cutout.

    ``foreground_floor``: probability that counts as foreground. If no point reaches it there is none, if every
    point does there is nothing to remove. ``black_point`` and the picture's highest probability become 0 and 1.
    """

    profile: str
    foreground_floor: float
    black_point: float
    resample: Literal["bilinear", "bicubic", "lanczos"]


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """What running the network takes, and which of its published outputs is the answer.

    ``stored``: the number formats its weights files come in; they are widened to float32 before anything else.
    ``precisions``: those it may compute in. ``memory_mib``: for one picture at the card's size in float32, weights
    included, on top of a process that has loaded torch. ``verified_by``: how it is known that the architecture as
    described is the one the weights were made for.
    """

    answer: str
    memory_mib: int
    stored: tuple[str, ...]
    precisions: tuple[str, ...]
    verified_by: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model as the engine needs to know it; licences and sources are the catalogue's business."""

    slug: str
    title: str
    version: str
    family: str
    engine: str
    runnable: bool
    not_runnable_because: str
    architecture: Mapping[str, str | int | bool]
    network: NetworkProfile
    input: InputProfile
    output: OutputProfile | None


@dataclass(frozen=True, slots=True)
class CutoutRequest:
    """One picture to cut out with exactly these weights."""

    model: str
    weights_sha256: str
    picture: bytes
    limits: Limits = field(default=DEFAULT_LIMITS)
    edge_colour: EdgeColour = "multilevel-foreground-1"
    """How to free soft edges of the old background; "none" leaves all colours as photographed."""


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What really ran, as the engine found it."""

    engine: str
    weights_sha256: str
    """Of the bytes that were parsed, not of the ones asked for."""
    device: str
    precision: str
    torch_version: str
    threads: int


class Engine(Protocol):
    """Runs a card's network. Implementations are loaded on first use, because they bring torch."""

    def predict(
        self, card: ModelCard, store: Path, weights_sha256: str, pixels: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], EngineReport]:
        """Return probabilities (height×width, 0…1) for pixels (3×height×width, normalised), and what ran."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall-clock milliseconds. ``infer_ms`` includes loading the weights when they were not loaded yet."""

    decode_ms: int
    infer_ms: int
    encode_ms: int


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The record of one run. Integers, strings and nested objects of them only: it will be hashed."""

    model: str
    model_version: str
    weights_sha256: str
    profile: str
    precision: str
    device: str
    engine: str
    code_revision: str
    torch_version: str
    threads: int
    input_width: int
    input_height: int
    foreground: Foreground
    coverage_permille: int
    """Mean opacity of the cutout in thousandths."""
    colour: ColourHandling
    bits: Literal[8, 16]
    timings: Timings
    edge_colour: EdgeColour = "none"
    """What was done to soft edges; "none" also where there were none."""

    def as_json(self) -> dict[str, str | int | dict[str, int]]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CutoutResult:
    """The finished file: PNG with transparency, width × height as seen (orientation applied)."""

    png: bytes
    media_type: str
    width: int
    height: int
    run: RunInfo
