"""The one place that evaluates. Gates, preview, sweep, simulation, reports and the command line all call it.

Pure and deterministic: the same facts, grants, rules, waivers, holds and time give the same decision, in
whatever order they are passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from governance.errors import RequestError
from governance.licensing.time_zones import time_zone
from governance.policy.case import open_case
from governance.policy.cures import merged
from governance.policy.decision import Decision, Duty, Finding, Outcome, Tri, WaiverUse
from governance.policy.difference import difference
from governance.policy.digests import records_sha256
from governance.policy.facts import Facts
from governance.policy.grants import Grant
from governance.policy.lineage import lineage_grade
from governance.policy.relief import Hold, Waiver
from governance.policy.rule import Observation, Rule, Weighing, effect_of
from governance.policy.ruleset import EVALUATOR_VERSION, RuleSet
from governance.policy.settings import check_policy
from governance.policy.summary import summary
from governance.policy.waiving import apply_waivers, without_waiver_advice
from governance.policy.weighing import weigh
from governance.policy.words import Severity, Stage

__all__ = ["EVALUATOR_VERSION", "EvaluationRefused", "evaluate", "with_changes"]


class EvaluationRefused(RequestError):
    """The facts are not a case that can be judged."""

    code = "policy.facts"


def evaluate(
    facts: Facts,
    grants: Sequence[Grant],
    rules: RuleSet,
    waivers: Sequence[Waiver],
    holds: Sequence[Hold],
    at: datetime,
    previous: Decision | None = None,
) -> Decision:
    """The decision on these facts at ``at`` (timezone-aware). ``previous`` only fills ``changes``.

    Raises SettingRefused for a policy that sets what is not its own, RequestError ``time_zone.unknown`` for an
    entitlement that counts in no known zone. Raises EvaluationRefused for a time without a zone, grants that share a
    reference, an output before there can be one, and facts without a
    single artefact: with nothing to judge, nothing may pass.
    """
    _check_input(facts, grants, at)
    check_policy(facts.policy, rules)
    at = at.astimezone(UTC)
    case = open_case(facts, holds, at)
    ordered = tuple(sorted(grants, key=lambda grant: grant.ref))
    weighing = Weighing(case, ordered, tuple(weigh(artefact, ordered, case) for artefact in facts.artefacts))
    found = _findings(rules, weighing)
    relieved, uses = apply_waivers(found, waivers, rules, facts, at)
    decision = _decide(weighing, tuple(sorted(relieved, key=_gravity)), rules, uses)
    return decision if previous is None else with_changes(decision, previous)


def _decide(weighing: Weighing, findings: tuple[Finding, ...], rules: RuleSet, uses: tuple[WaiverUse, ...]) -> Decision:
    facts, case = weighing.case.facts, weighing.case
    outcome = _outcome(weighing, findings)
    can_help = _waiver_can_help(findings, rules)
    cures = [cure for entry in findings if not entry.effect.allows for cure in entry.cures]
    return Decision(
        outcome=outcome,
        stage=facts.stage,
        at=case.at,
        actions=tuple(request.action for request in case.requests),
        use_class=case.use.use_class,
        lineage_grade=lineage_grade(facts.lineage),
        findings=findings,
        grants=tuple(entry.report for verdict in weighing.verdicts for entry in verdict.weighed),
        relied_upon=tuple(dict.fromkeys(report.grant for report in weighing.relied)) if outcome.allows else (),
        duties=_duties(weighing, findings) if outcome is not Outcome.DENY else (),
        cures=merged(without_waiver_advice(cures, can_help)) if not outcome.allows else (),
        waivers=uses,
        holds=tuple(entry.subject for entry in findings if entry.code == "HOLD-001"),
        summary=summary(outcome, findings, weighing),
        rule_set_digest=rules.digest,
        evaluator_version=EVALUATOR_VERSION,
        facts_sha256=facts.digest(),
        grants_sha256=records_sha256(weighing.grants),
        waiver_can_help=can_help,
    )


def _gravity(finding: Finding) -> tuple[int, int, bool, str, str]:
    # Worst first; among equals the general "no grant permits it" comes after the reasons.
    general = finding.code == "LIC-010"
    return (-finding.effect.rank, finding.raw.rank, general, finding.code, finding.subject)


def with_changes(decision: Decision, previous: Decision) -> Decision:
    """The same decision, naming what is different from an earlier one."""
    return replace(decision, changes=difference(previous, decision))


def _check_input(facts: Facts, grants: Sequence[Grant], at: datetime) -> None:
    if at.tzinfo is None:
        raise EvaluationRefused("Found a time without a zone; expected UTC.", how_to_fix="Pass an aware datetime.")
    refs = [grant.ref for grant in grants]
    if len(set(refs)) != len(refs):
        raise EvaluationRefused(
            "Found two grants with one reference; expected unique references.",
            how_to_fix="Pass one version of each entitlement.",
        )
    if not facts.artefacts:
        raise EvaluationRefused(
            "Found no artefact to judge; expected at least the weights.",
            how_to_fix="Gather the weights, or the hosted model, as an artefact.",
        )
    if facts.output is not None and facts.stage in (Stage.SUBMIT, Stage.DISPATCH):
        raise EvaluationRefused(
            f"Found output {facts.output.ref} at stage {facts.stage.value}; expected none before there is one.",
            how_to_fix="Judge an existing output at release, re-delivery, sweep or preview.",
        )
    for grant in grants:
        if grant.standing is not None:
            time_zone(grant.standing.zone)


def _findings(rules: RuleSet, weighing: Weighing) -> list[Finding]:
    facts = weighing.case.facts
    gate = facts.gate
    settings = {entry.code: entry.severity for entry in facts.policy.overrides}
    return [
        _finding(rule, observation, settings.get(rule.code, rule.severity))
        for rule in rules.rules
        if not rule.stages or gate in rule.stages
        for observation in rule.check(weighing)
    ]


def _finding(rule: Rule, seen: Observation, usual: Severity) -> Finding:
    severity = seen.severity or usual
    duties = seen.duties
    troubled = seen.result is not Tri.SATISFIED
    return Finding(
        code=rule.code,
        title=rule.title,
        layer=rule.layer,
        raw=seen.result,
        effective=seen.result,
        effect=effect_of(seen.result, severity, duties),
        subject=seen.subject,
        got=seen.got,
        required=seen.required,
        clause=seen.clause or (rule.legal_reference if troubled else ""),
        message=seen.message,
        how_to_fix=(seen.how_to_fix or rule.how_to_fix) if troubled else "",
        cures=seen.cures,
        duties=duties,
    )


def _duties(weighing: Weighing, findings: Sequence[Finding]) -> tuple[Duty, ...]:
    from_grants = [duty for verdict in weighing.verdicts if verdict.relied for duty in verdict.relied.duties]
    from_rules = [duty for entry in findings for duty in entry.duties]
    return tuple(dict.fromkeys((*from_grants, *from_rules)))


def _outcome(weighing: Weighing, findings: Sequence[Finding]) -> Outcome:
    """The worst effect of any finding, and never better than what the grants say, whatever rules were
    passed."""
    effects = [entry.effect for entry in findings]
    for verdict in weighing.verdicts:
        if verdict.result is Tri.UNSATISFIED:
            effects.append(Outcome.DENY)
        elif verdict.result is Tri.UNKNOWN or verdict.relied is None:
            effects.append(Outcome.REVIEW)
        elif verdict.relied.duties:
            effects.append(Outcome.DUTIES)
    return max(effects, key=lambda effect: effect.rank, default=Outcome.DENY)


def _waiver_can_help(findings: Sequence[Finding], rules: RuleSet) -> bool:
    obstacles = [entry for entry in findings if not entry.effect.allows]
    return bool(obstacles) and all(rules.rule(entry.code).waivable for entry in obstacles)
