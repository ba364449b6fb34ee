"""What the catalogue says, as plain frozen values: sources, parties, licences, data sets, claims.

``catalogue_models`` holds the models and their files. Conventions for both: ``slug`` names an entry and is
unique within its kind; references are slugs (weights go by SHA-256). Absent text is ``""``; an absent date,
size or reference is ``None``. ``sources`` are slugs of :class:`Source` and never empty: nothing stands in the
catalogue without saying where it was read. ``mark`` says how the fact was obtained, ``evidence_level`` how
much weight a statement about training data carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from governance.licensing.catalogue_words import (
    ClaimStatus,
    DeclarationRank,
    DeclarationStatus,
    DeclarationSubject,
    EvidenceLevel,
    LicenseCategory,
    Mark,
    PartyKind,
    Predicate,
    ResolutionStatus,
    SourceKind,
    Standing,
    TermsClass,
    TrainingRole,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A document, repository or thread others can open. ``dated``: its own date, where it has one."""

    slug: str
    kind: SourceKind
    title: str
    url: str  # https, or "" for a computation of ours or a text without a public address
    revision: str  # commit or revision as published, "" where there is none
    dated: date | None
    note: str


@dataclass(frozen=True, slots=True)
class Party:
    """Who provides, claims, re-hosts or stewards."""

    slug: str
    name: str
    kind: PartyKind
    homepage: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class License:
    """The identity of a licence; its bytes and our reading of it live elsewhere."""

    slug: str  # an SPDX id, a ``LicenseRef-…``, or ``NOASSERTION``
    name: str
    category: LicenseCategory
    steward: str | None  # party
    text_url: str
    note: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LicenseTextEntry:
    """A licence text shipped with the catalogue, byte for byte as it was obtained. ``catalogue_texts`` reads it."""

    slug: str
    license: str
    file: str  # under ``texts/``, named after the licence
    sha256: str  # of the bytes
    size: int  # bytes
    language: str
    source: str  # the very file the bytes were taken from
    revision: str  # of that source, as published
    captured_on: date
    permission: str  # why the text itself may be passed on
    note: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LicenseDeclaration:
    """Somebody says, somewhere, at some revision and date, that something is under some licence."""

    slug: str
    model: str
    subject: DeclarationSubject
    license: str
    declared_by: str  # party
    rank: DeclarationRank
    statement: str
    revision: str  # of the model's repository, "" where the statement is not bound to one
    stated_on: date | None
    status: DeclarationStatus
    reason: str  # why the status
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LicenseResolution:
    """The reading we take of a model version's declarations: the conservative one, with its reason."""

    slug: str
    model: str
    subject: DeclarationSubject
    license: str
    status: ResolutionStatus
    reason: str
    rests_on: tuple[str, ...]  # declarations, all accepted; none when unresolved
    conflicts_with: tuple[str, ...]  # declarations that say otherwise
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSet:
    slug: str
    name: str
    steward: str | None  # party
    homepage: str
    terms: TermsClass
    license: str | None  # where a licence is declared for the set
    summary: str  # of the terms
    size_note: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingUse:
    slug: str
    model: str
    data_set: str
    subset: str
    role: TrainingRole
    standing: Standing
    evidence_level: EvidenceLevel
    note: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CounterEvidence:
    text: str
    mark: Mark
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineageClaim:
    slug: str
    model: str
    predicate: Predicate
    value: str
    claimant: str  # party
    stated_on: date | None
    evidence_level: EvidenceLevel
    status: ClaimStatus
    reason: str  # why the status
    mark: Mark
    sources: tuple[str, ...]
    counter: tuple[CounterEvidence, ...]


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """Something looked for and not found. ``model`` is None when it concerns several."""

    slug: str
    model: str | None
    question: str
    mark: Mark
    sources: tuple[str, ...]
