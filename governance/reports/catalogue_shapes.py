"""What a page says of a catalogued model: frozen shapes, filled by ``reports.catalogue``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read. ``url`` is empty unless it is a web address."""

    title: str
    url: str
    revision: str
    dated: str


@dataclass(frozen=True, slots=True)
class State:
    """A state in words and the tone of its chip."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class LicenseReading:
    """The licence our reading settles on for a subject, and how settled that is."""

    subject: str
    license: str
    license_id: str
    state: State
    reason: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class DeclarationLine:
    subject: str
    license: str
    license_id: str
    declared_by: str
    rank: str
    statement: str
    revision: str
    stated_on: date | None
    state: State
    reason: str
    mark: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TrainingLine:
    dataset: str
    homepage: str
    subset: str
    role: str
    standing: str
    terms: State
    evidence: str
    summary: str
    note: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ClaimLine:
    predicate: str
    value: str
    claimant: str
    stated_on: date | None
    evidence: str
    state: State
    reason: str
    counter: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class WeightsLine:
    """A weights file by digest. ``acquired_at`` is None when it is not in our store."""

    sha256: str
    file_name: str
    format: str
    precision: str
    size: int | None
    note: str
    derived_from: str
    acquired_at: datetime | None
    acquired_from: str
    occurrences: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class HostingLine:
    mode: str
    provider: str
    endpoint: str
    summary: str


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One row of the list."""

    slug: str
    title: str
    provider: str
    weights_present: bool
    obtain_command: str
    obtain_note: str
    runnable_here: bool
    license: LicenseReading | None
    declared: int
    contradicted: int


@dataclass(frozen=True, slots=True)
class ModelDetail:
    line: ModelLine
    version: str
    family: str
    architecture: str
    homepage: str
    released_on: date | None
    intended_use: str
    lineage_completeness: str
    lineage_note: str
    limitations: tuple[str, ...]
    hosting: tuple[HostingLine, ...]
    readings: tuple[LicenseReading, ...]
    declarations: tuple[DeclarationLine, ...]
    training: tuple[TrainingLine, ...]
    claims: tuple[ClaimLine, ...]
    weights: tuple[WeightsLine, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ModelList:
    """All models and the edition of the catalogue they come from; no date before the first."""

    models: tuple[ModelLine, ...]
    digest: str
    as_of: date | None
