"""Applies waivers: only to the organisation's own rules, only in scope, only in time, only if two people
stand behind it.

A waived rule is evaluated all the same. A waiver that names the work but does not apply is shown with the
reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from governance.policy.decision import Cure, CureKind, Finding, Layer, Outcome, Tri, WaiverUse
from governance.policy.facts import Facts
from governance.policy.phrases import ago, day
from governance.policy.relief import Waiver
from governance.policy.ruleset import RuleSet


def apply_waivers(
    findings: Sequence[Finding], waivers: Sequence[Waiver], rules: RuleSet, facts: Facts, at: datetime
) -> tuple[tuple[Finding, ...], tuple[WaiverUse, ...]]:
    """The findings after waivers, and what became of every waiver that names one of them for this work."""
    uses: list[WaiverUse] = []
    relieved = []
    ordered = sorted(waivers, key=lambda waiver: waiver.ref)
    for finding in findings:
        naming = [waiver for waiver in ordered if waiver.rule_code == finding.code and _matches(waiver, facts)]
        troubled = finding.raw is not Tri.SATISFIED
        relieved.append(_relieve(finding, naming, rules, at, uses) if troubled else finding)
    return tuple(relieved), tuple(dict.fromkeys(uses))


def _relieve(
    finding: Finding, naming: Sequence[Waiver], rules: RuleSet, at: datetime, uses: list[WaiverUse]
) -> Finding:
    notes: list[str] = []
    applied: Waiver | None = None
    for waiver in naming:
        refusal = _refusal(waiver, finding, rules, at)
        if refusal:
            notes.append(refusal)
            uses.append(WaiverUse(waiver.ref, waiver.rule_code, False, refusal))
        elif applied is None:
            applied = waiver
            until = f"Waiver {waiver.ref} applies until {day(waiver.ends_at)}: {waiver.reason}"
            uses.append(WaiverUse(waiver.ref, waiver.rule_code, True, until))
    if applied is not None:
        return _waived(finding, applied)
    if not notes:
        return finding
    return replace(finding, message=f"{finding.message} {' '.join(notes)}")


def _waived(finding: Finding, waiver: Waiver) -> Finding:
    return replace(
        finding,
        effective=Tri.SATISFIED,
        effect=Outcome.DUTIES if finding.duties else Outcome.PERMIT,
        waiver=waiver.ref,
        message=f"{finding.message} Waived by {waiver.ref} until {day(waiver.ends_at)}.",
        cures=tuple(cure for cure in finding.cures if cure.kind is not CureKind.REQUEST_WAIVER),
    )


def _refusal(waiver: Waiver, finding: Finding, rules: RuleSet, at: datetime) -> str:
    ref = f"Waiver {waiver.ref}"
    if finding.layer is not Layer.ORG_POLICY or not rules.rule(finding.code).waivable:
        owner = "a third party's right is not ours to waive"
        own = "this rule cannot be waived"
        return f"{ref} cannot help: {own if finding.layer is Layer.ORG_POLICY else owner}."
    if waiver.rejected:
        return f"{ref} was rejected."
    if waiver.approved_by is None:
        return f"{ref} is not approved."
    if waiver.approved_by == waiver.requested_by:
        return f"{ref} does not count: the same person asked for it and approved it."
    if waiver.revoked_at is not None and waiver.revoked_at <= at:
        return f"{ref} was revoked {ago(waiver.revoked_at, at)}."
    if at < waiver.starts_at:
        return f"{ref} starts on {day(waiver.starts_at)}."
    if waiver.ends_at <= at:
        return f"{ref} expired {ago(waiver.ends_at, at)}."
    if waiver.max_uses is not None and waiver.uses >= waiver.max_uses:
        return f"{ref} is used up ({waiver.uses} of {waiver.max_uses})."
    return ""


def _matches(waiver: Waiver, facts: Facts) -> bool:
    target = facts.target
    places = (
        (waiver.target_ref, target.target_ref),
        (waiver.project_ref, target.project_ref),
        (waiver.client_ref, target.client_ref),
    )
    if all(wanted is None for wanted, _ in places):
        return False
    things = ((waiver.model, facts.route.model), (waiver.weights_sha256, facts.route.weights_sha256))
    return all(wanted is None or wanted == found for wanted, found in (*places, *things))


def without_waiver_advice(cures: Sequence[Cure], can_help: bool) -> tuple[Cure, ...]:
    """Asking for a waiver is advice only where every obstacle is ours to waive."""
    return tuple(cure for cure in cures if can_help or cure.kind is not CureKind.REQUEST_WAIVER)
