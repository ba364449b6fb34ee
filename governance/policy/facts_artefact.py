"""Facts about one licensed thing a run rests on, and what is declared of its licence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus, DerivationKind, ResolutionStatus
from governance.policy.words import ArtefactRole


@dataclass(frozen=True, slots=True)
class LicenseDeclaration:
    """One place that says under which licence the artefact stands. ``expression`` is SPDX (or NOASSERTION).

    ``status`` as in the catalogue: ``accepted`` declarations can grant, ``open`` ones can only take away, the
    others are listed and have no effect.
    """

    expression: str
    rank: DeclarationRank
    source: str
    status: DeclarationStatus = DeclarationStatus.ACCEPTED
    dated: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DerivedFrom:
    """What an artefact was made from: ``parent`` is the ``ref`` of another artefact of these facts.

    A parent whose licence nobody has gathered is named by its title alone, and leaves the question open.
    """

    parent: str
    kind: DerivationKind
    title: str = ""


@dataclass(frozen=True, slots=True)
class ArtefactFacts:
    """One licensed thing the run rests on. ``sha256`` may be None for code taken by revision.

    ``resolution``: whether somebody has settled which declaration holds; None when there was nothing to
    settle.
    """

    ref: str
    role: ArtefactRole
    title: str
    sha256: str | None = None
    declarations: tuple[LicenseDeclaration, ...] = ()
    resolution: ResolutionStatus | None = None
    derived_from: tuple[DerivedFrom, ...] = ()
