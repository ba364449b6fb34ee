"""What crosses the border of this package: frozen values, no arrays, no tensors, no Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
Resample = Literal["bilinear", "bilinear-points", "bicubic", "lanczos"]
"""All but "bilinear-points" take the mean of what they make smaller; that one reads four samples around each point."""


@dataclass(frozen=True, slots=True)
class InputProfile:
    """How pixels become the network's input: resize, scale to 0…1, then (value − mean) / std per channel.

    ``scale``: "type-maximum" divides by 255; "picture-maximum" by the brightest sample of the resized picture.
    """

    width: int
    height: int
    resample: Resample
    scale: Literal["type-maximum", "picture-maximum"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class OutputProfile:
    """How the network's probabilities become a mask, under a name that is recorded with every cutout.

    ``foreground_floor``: probability that counts as foreground. If no point reaches it there is none, if every
    point does there is nothing to remove; neither is stretched, in no profile.

    ``stretch``: what becomes 0 and 1. "to-highest": ``black_point`` and the picture's highest probability;
    "lowest-to-highest": its lowest and its highest; "none": the probabilities are the mask.

    ``steps``: in which order, which shows in the last bit. "exact": stretched, enlarged and rounded once, to the
    picture's own bits. "8-bit-then-enlarged": stretched, cut off to 8 bits, these enlarged. "enlarged-then-8-bit":
    enlarged, stretched between the values that gives, cut off to 8 bits.
    """

    profile: str
    foreground_floor: float
    black_point: float
    resample: Resample
    stretch: Literal["to-highest", "lowest-to-highest", "none"] = "to-highest"
    steps: Literal["exact", "8-bit-then-enlarged", "enlarged-then-8-bit"] = "exact"


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to use a network: how a picture goes in and how the answer becomes a mask."""

    input: InputProfile
    output: OutputProfile


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """What running the network takes, and which of its published outputs is the answer.

    ``stored``: the number formats its weights files come in; they are widened to float32 before anything else.
    ``precisions``: those it may compute in, best first where the device does them natively; "mixed" is bfloat16 but
    for ``float32_layers``. ``memory_mib``: for one picture at the card's size in float32, weights included, on top of a
    process that has loaded torch. ``gpu_batch``: pictures at a time that pay on a GPU. ``verified_by``: how it is known
    that the architecture as described is the one the weights were made for.
    """

    answer: str
    memory_mib: int
    stored: tuple[str, ...]
    precisions: tuple[str, ...]
    verified_by: str
    float32_layers: tuple[str, ...] = ()
    gpu_batch: int = 1


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
    others: Mapping[str, Profile] = field(default_factory=dict)
    """Further ways to use it, by the name they are asked for by: "vendor", "rembg"."""


@dataclass(frozen=True, slots=True)
class CutoutRequest:
    """One picture to cut out with exactly these weights."""

    model: str
    weights_sha256: str
    picture: bytes
    limits: Limits = field(default=DEFAULT_LIMITS)
    edge_colour: EdgeColour = "multilevel-foreground-1"
    """How to free soft edges of the old background; "none" leaves all colours as photographed."""
    profile: str = "clearcut"
    """Our own way from picture to mask, or one of the card's others, to compare with what those programs make."""


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
    """Runs a card's network. Implementations are loaded on first use, because they bring torch.

    All may be called from several threads at once.
    """

    def lanes(self, card: ModelCard) -> int:
        """Return how many calls of ``predict_batch`` are worth making at once, each told so."""

    def batch_size(self, card: ModelCard) -> int:
        """Return how many pictures are worth predicting in one call."""

    def predict(
        self, card: ModelCard, store: Path, weights_sha256: str, pixels: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], EngineReport]:
        """Return probabilities (height×width, 0…1) for pixels (3×height×width, normalised), and what ran."""

    def predict_batch(
        self,
        card: ModelCard,
        store: Path,
        weights_sha256: str,
        pixels: Sequence[NDArray[np.float32]],
        lanes: int = 1,
    ) -> tuple[list[NDArray[np.float32]], EngineReport]:
        """Return the same for each of several pictures of one size, as if predicted one by one.

        ``lanes``: how many such calls share the device, this one included.
        """


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
