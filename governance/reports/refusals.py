"""Why something does not run or is not released, in short: for rows and panels. The decision page tells all."""

from __future__ import annotations

from dataclasses import dataclass

from governance.models import Decision, Job, Status
from governance.policy.decision import Cure
from governance.policy.decision import Decision as Verdict
from governance.rights.facts import made_under_verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing ran, or not yet, and what would change that."""

    decision_id: int
    target: str
    outcome: str
    summary: str
    reasons: tuple[str, ...]
    cures: tuple[Cure, ...]
    waiver_can_help: bool


def refusal_of(job: Job) -> Refusal | None:
    """The decision that keeps ``job`` from running; None when nothing does."""
    stopped = job.cutouts.filter(status__in=(Status.REFUSED, Status.HELD)).select_related("decision").first()
    if stopped is None or stopped.decision is None:
        return None
    return explain(stopped.decision)


def reasons_of(verdict: Verdict) -> tuple[str, ...]:
    """What decided the outcome, beside what the summary says already."""
    deciding = (finding.message for finding in verdict.concerns if finding.effect is verdict.outcome)
    return tuple(dict.fromkeys(message for message in deciding if message != verdict.summary))


def explain(decision: Decision) -> Refusal:
    """A stored decision as reasons and cures."""
    verdict = made_under_verdict(decision)
    return Refusal(
        decision_id=decision.pk,
        target=decision.target.name,
        outcome=decision.outcome,
        summary=verdict.summary,
        reasons=reasons_of(verdict),
        cures=verdict.cures,
        waiver_can_help=verdict.waiver_can_help,
    )
