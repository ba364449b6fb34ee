"""HOLD: an emergency stop overrides everything. One person places it, two must lift it."""

from __future__ import annotations

from collections.abc import Iterable

from governance.policy.case import Case
from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.phrases import day, word
from governance.policy.relief import Hold, HoldScope
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.words import Severity


def nothing_held(weighing: Weighing) -> Iterable[Observation]:
    """HOLD-001. Any hold on anything this work touches. A hold on a grant only takes that grant away."""
    for hold in weighing.case.holds:
        if touches(hold, weighing.case):
            yield _held(hold, Severity.BLOCK)
        elif hold.scope is HoldScope.GRANT and _considered(hold, weighing):
            yield _held(hold, Severity.WARN)


def touches(hold: Hold, case: Case) -> bool:
    """Whether the hold stops this work by itself."""
    facts = case.facts
    digests = {facts.route.weights_sha256, facts.route.loaded_sha256}
    digests |= {artefact.sha256 for artefact in facts.artefacts}
    held: dict[HoldScope, set[str | None]] = {
        HoldScope.MODEL: {facts.route.model},
        HoldScope.WEIGHTS: digests,
        HoldScope.TARGET: {facts.target.target_ref},
        HoldScope.PROJECT: {facts.target.project_ref},
        HoldScope.CLIENT: {facts.target.client_ref},
        HoldScope.ASSET: {picture.ref for picture in facts.inputs},
        HoldScope.OUTPUT: {facts.output.ref} if facts.output else set(),
    }
    return hold.scope is HoldScope.EVERYTHING or hold.scope_ref in held.get(hold.scope, set())


def _considered(hold: Hold, weighing: Weighing) -> bool:
    return any(hold.scope_ref == entry.grant.ref for verdict in weighing.verdicts for entry in verdict.weighed)


def _held(hold: Hold, severity: Severity) -> Observation:
    what = f"{word(hold.scope.value)} {hold.scope_ref}".rstrip()
    return Observation(
        result=Tri.UNSATISFIED,
        subject=hold.ref,
        got=f"Hold {hold.ref} on {what}, placed on {day(hold.placed_at)}: {hold.reason}",
        required="No hold in force.",
        message=f"Work with {what} is stopped by hold {hold.ref}: {hold.reason}",
        severity=severity,
        cures=(Cure(CureKind.OPERATE, f"Have hold {hold.ref} lifted by two people", "Once its reason is dealt with."),),
    )


RULES = (
    Rule(
        "HOLD-001", "No hold is in force", Layer.ORG_POLICY, Severity.BLOCK,
        "Two people have to lift it, once its reason is dealt with.", nothing_held,
        legal_reference="Organisation policy: emergency stops",
    ),
)  # fmt: skip
