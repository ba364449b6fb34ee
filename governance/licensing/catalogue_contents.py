"""The catalogue once read: every entry, and the look-ups people need."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Protocol, TypeVar

from governance.licensing.catalogue_models import (
    Acquisition,
    Family,
    ModelVersion,
    SupportingFile,
    Weights,
)
from governance.licensing.catalogue_parse import CatalogueError
from governance.licensing.catalogue_shapes import (
    DataSet,
    License,
    LicenseDeclaration,
    LicenseResolution,
    LicenseTextEntry,
    LineageClaim,
    OpenPoint,
    Party,
    Source,
    TrainingUse,
)
from governance.licensing.catalogue_words import ClaimStatus, DeclarationSubject


class _Named(Protocol):
    @property
    def slug(self) -> str: ...


_NamedEntry = TypeVar("_NamedEntry", bound=_Named)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything, as it stood on ``as_of``. Tuples are sorted by slug (weights by digest)."""

    format: int
    as_of: date
    sources: tuple[Source, ...]
    parties: tuple[Party, ...]
    licenses: tuple[License, ...]
    license_texts: tuple[LicenseTextEntry, ...]
    families: tuple[Family, ...]
    models: tuple[ModelVersion, ...]
    weights: tuple[Weights, ...]
    files: tuple[SupportingFile, ...]
    acquisitions: tuple[Acquisition, ...]
    declarations: tuple[LicenseDeclaration, ...]
    resolutions: tuple[LicenseResolution, ...]
    data_sets: tuple[DataSet, ...]
    training_uses: tuple[TrainingUse, ...]
    claims: tuple[LineageClaim, ...]
    open_points: tuple[OpenPoint, ...]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content as JSON with sorted keys: layout does not count, facts do."""
        content = json.dumps(
            asdict(self), default=_json_date, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(content.encode()).hexdigest()

    def source(self, slug: str) -> Source:
        return _one("source", self.sources, slug)

    def party(self, slug: str) -> Party:
        return _one("party", self.parties, slug)

    def license(self, slug: str) -> License:
        return _one("license", self.licenses, slug)

    def text_of(self, license: str) -> LicenseTextEntry | None:
        """The licence text we ship, or None: not every text may be passed on, and not every one could be had."""
        return next((entry for entry in self.license_texts if entry.license == license), None)

    def model(self, slug: str) -> ModelVersion:
        return _one("model", self.models, slug)

    def data_set(self, slug: str) -> DataSet:
        return _one("data_set", self.data_sets, slug)

    def weights_by_digest(self, sha256: str) -> Weights | None:
        """The weights with these bytes, or None: a file we do not know, whatever its name and size."""
        return next((weights for weights in self.weights if weights.sha256 == sha256), None)

    def weights_of(self, model: str) -> tuple[Weights, ...]:
        return tuple(weights for weights in self.weights if weights.model == model)

    def acquisition_of(self, model: str) -> Acquisition | None:
        return next((way for way in self.acquisitions if way.model == model), None)

    def declarations_of(self, model: str) -> tuple[LicenseDeclaration, ...]:
        """What is said of its licence, strongest rank first, then oldest first (undated last)."""
        found = (declaration for declaration in self.declarations if declaration.model == model)
        return tuple(sorted(found, key=lambda said: (said.rank.position, said.stated_on or date.max, said.slug)))

    def resolution_of(
        self, model: str, subject: DeclarationSubject = DeclarationSubject.WEIGHTS
    ) -> LicenseResolution | None:
        return next((taken for taken in self.resolutions if taken.model == model and taken.subject is subject), None)

    def training_of(self, model: str) -> tuple[TrainingUse, ...]:
        return tuple(use for use in self.training_uses if use.model == model)

    def contradictions_of(self, model: str) -> tuple[LineageClaim, ...]:
        """The provider's own contradicted claims that bear on the right to its training data.

        What third parties got wrong about a model, and slips that touch no right, are listed by ``claims_of``
        but do not count against the model.
        """
        family = self.model(model).family
        provider = _one("family", self.families, family).provider
        return tuple(
            claim
            for claim in self.claims_of(model)
            if claim.status is ClaimStatus.CONTRADICTED
            and claim.claimant == provider
            and claim.predicate.bears_on_rights
        )

    def claims_of(self, model: str) -> tuple[LineageClaim, ...]:
        return tuple(claim for claim in self.claims if claim.model == model)


def _one(kind: str, entries: Iterable[_NamedEntry], slug: str) -> _NamedEntry:
    for entry in entries:
        if entry.slug == slug:
            return entry
    raise CatalogueError(
        f"The catalogue has no {kind} {slug!r}.",
        how_to_fix="Use a name the catalogue lists, or add the entry.",
    )


def _json_date(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"got {type(value).__name__}, expected a date")
