"""What came of weighing the grants: each with its report, and the verdict for each artefact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus
from governance.policy.conditions import any_of
from governance.policy.decision import Duty, GrantReport, Tri
from governance.policy.facts_artefact import ArtefactFacts, LicenseDeclaration
from governance.policy.grants import Grant, GrantKind

GRANTING = (
    DeclarationRank.LICENSE_FILE,
    DeclarationRank.MODEL_CARD,
    DeclarationRank.LINKED_AGREEMENT,
    DeclarationRank.VENDOR_DOCUMENTATION,
    DeclarationRank.AUTHOR_STATEMENT,
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One grant with its report and the duties that come with relying on it; none for one that does not permit."""

    grant: Grant
    report: GrantReport
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class ArtefactVerdict:
    """What all grants together say for one artefact. ``public`` is the public licences' own answer; ``stopped``: the
    purchased rights that stop at a rule, by its code."""

    artefact: ArtefactFacts
    result: Tri
    public: Tri
    weighed: tuple[Weighed, ...]
    relied: Weighed | None
    stopped: Mapping[str, Sequence[Weighed]]

    def entitlements(self) -> tuple[Weighed, ...]:
        """The purchased rights among the grants considered."""
        return tuple([entry for entry in self.weighed if entry.grant.kind is not GrantKind.PUBLIC_LICENSE])

    def licenses(self) -> tuple[Weighed, ...]:
        """The public licences that count: neither outranked nor set aside."""
        return tuple(
            entry
            for entry in self.weighed
            if entry.grant.kind is GrantKind.PUBLIC_LICENSE and not entry.report.outranked
        )


def declaration_result(index: int, artefact: ArtefactFacts, weighed: Iterable[Weighed]) -> Tri:
    """What one declaration's licence says: the best of its alternatives; a licence nobody has read permits
    nothing."""
    return any_of(entry.report.result for entry in weighed if entry.grant.declaration == index)


def is_granting(declaration: LicenseDeclaration) -> bool:
    """Accepted, and weighty enough to rely on: a remark or a re-hoster's label is neither."""
    return declaration.status is DeclarationStatus.ACCEPTED and declaration.rank in GRANTING


def bought(entry: Weighed) -> bool:
    """Whether the right was bought, not published for everyone."""
    return entry.grant.kind is not GrantKind.PUBLIC_LICENSE
