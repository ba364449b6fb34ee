"""Models, their weights and the files beside them, as plain frozen values.

Conventions as in ``catalogue_shapes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from governance.licensing.catalogue_words import (
    Access,
    AcquisitionKind,
    Completeness,
    DerivationKind,
    FileRole,
    HostingMode,
    Mark,
    Precision,
    WeightsFormat,
)


@dataclass(frozen=True, slots=True)
class Family:
    slug: str
    title: str
    provider: str  # party
    task: str
    homepage: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hosting:
    """One way a model version can be reached. Possible is not permitted: rights are decided elsewhere."""

    mode: HostingMode
    provider: str | None  # party; None when whoever has the weights can do it
    endpoint: str
    summary: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limitation:
    text: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    slug: str
    family: str
    version: str
    title: str
    architecture: str
    released_on: date | None  # stated by the provider
    first_seen_on: date | None  # oldest public trace found
    homepage: str
    intended_use: str
    lineage_completeness: Completeness
    lineage_note: str
    runnable_here: bool  # its kind of network can run here once weights are imported; see the engine registry
    obtain_command: str  # the command that brings the weights, "" where there is none
    obtain_note: str
    mark: Mark
    sources: tuple[str, ...]
    hosting: tuple[Hosting, ...]
    limitations: tuple[Limitation, ...]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place where the very same bytes (same digest) are or were offered."""

    place: str
    filename: str
    url: str
    revision: str
    access: Access
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    kind: DerivationKind
    parent: str  # SHA-256 of the parent weights
    note: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """A weights file, known by its digest and by nothing else (names and sizes lie)."""

    sha256: str
    model: str
    filename: str
    format: WeightsFormat
    precision: Precision
    size: int | None  # bytes
    md5: str  # as others pin it; never used for identification
    note: str
    mark: Mark
    sources: tuple[str, ...]
    occurrences: tuple[Occurrence, ...]
    derived_from: Derivation | None


@dataclass(frozen=True, slots=True)
class SupportingFile:
    """A file beside the weights whose digest matters: remote code, configuration, licence text."""

    slug: str
    model: str
    sha256: str
    filename: str
    role: FileRole
    size: int | None
    revision: str
    note: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CarriedText:
    """A licence text or declaration that comes along with an acquired package."""

    path: str
    sha256: str
    license: str
    note: str


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How an installation comes by weights. Package fields are "" unless ``kind`` is a package."""

    slug: str
    model: str
    kind: AcquisitionKind
    command: str
    package: str
    package_version: str
    package_sha256: str
    member: str
    yields: str | None  # SHA-256 of the weights taken out
    converted_to: str | None  # SHA-256 of the weights we make of them
    note: str
    mark: Mark
    sources: tuple[str, ...]
    texts: tuple[CarriedText, ...]
