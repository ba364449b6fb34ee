"""The gate before a run: judged again, what it uses up reserved, and the verdict kept if it is another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from governance.errors import PlatformError
from governance.models import Cutout, Decision
from governance.policy.decision import Decision as Made
from governance.policy.facts import Facts
from governance.policy.grants import GrantKind
from governance.policy.words import Stage
from governance.rights.facts import decided_facts, made_under_verdict
from governance.rights.verdicts import Question, Verdict, judge
from governance.services.decisions import status_after, store_decision
from governance.services.quotas import ROUNDS, QuotaExhausted, judge_and_reserve, relied_grants
from governance.services.reviews import open_case
from governance.services.waivers import count_use


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The decision a run would rely on, and what becomes of a cutout that may not run."""

    decision: Decision
    otherwise: str


def decide(cutout: Cutout) -> Dispatched:
    """Judge a queued cutout, inside the transaction that takes it.

    1. Ask the evaluator; reserve the quota it relies on; a lost race is judged anew.
    2. Count the use of every waiver it relies on; one that is used up meanwhile is judged anew, nothing reserved.
    3. Keep the decision before only where the new one rests on the same in everything, else store the new one: what
       runs, and the weights it loads, are those that were judged now.

    Raises PlatformError ``cutout.undecided``, or QuotaExhausted when others were faster time and again.
    """
    before = cutout.decision
    if before is None:
        raise PlatformError(f"Cutout {cutout.pk} has no decision.", code="cutout.undecided", permanent=True)
    previous = made_under_verdict(before)
    question = Question(Stage.DISPATCH, cutout.job.target, cutout.job.model, (cutout.asset,), taken=cutout)

    def ask(at: datetime) -> Verdict:
        return judge(question, at, previous=previous)

    verdict = _reserved(cutout, ask)
    otherwise = status_after(verdict)
    if _same_facts(decided_facts(before), verdict.facts) and _same_grounds(previous, before, verdict):
        return Dispatched(before, otherwise)
    decision = store_decision(verdict, cutout.job.target, actor=None, job=cutout.job, cutout=cutout, previous=before)
    open_case(decision, cutout.job)
    return Dispatched(decision, otherwise)


def _reserved(cutout: Cutout, ask: Callable[[datetime], Verdict]) -> Verdict:
    for _ in range(ROUNDS):
        with transaction.atomic():
            verdict = judge_and_reserve(cutout, ask)
            applied = [use.ref for use in verdict.decision.waivers if use.applied]
            if not verdict.decision.outcome.allows or count_use(applied, cutout):
                return verdict
            transaction.set_rollback(True)
    raise QuotaExhausted(
        f"Others used up a waiver {ROUNDS} times before picture {cutout.pk} could.",
        how_to_fix="Nothing is lost; the picture still waits and is tried again.",
    )


def _same_facts(before: Facts, now: Facts) -> bool:
    """Whether the facts are those decided on: the picture one of those judged then, all else equal."""
    then = replace(
        before,
        stage=now.stage,
        inputs=now.inputs,
        requested_outputs=now.requested_outputs,
        route=replace(before.route, alternatives=now.route.alternatives),
    )
    return then == now and all(picture in before.inputs for picture in now.inputs)


def _same_grounds(previous: Made, before: Decision, verdict: Verdict) -> bool:
    """Whether it was judged by the same rules, and the same readings, versions of rights and waivers carry it."""
    made = verdict.decision
    return not made.changes and _grounds(made) == _grounds(previous) and _versions_stand(before, verdict)


def _grounds(made: Made) -> tuple[object, ...]:
    return (
        made.outcome,
        made.use_class,
        made.actions,
        made.relied_upon,
        made.duties,
        [(report.grant, report.artefact, report.reading) for report in made.grants if report.relied_upon],
        [use.ref for use in made.waivers if use.applied],
        made.rule_set_digest,
        made.evaluator_version,
    )


def _versions_stand(before: Decision, verdict: Verdict) -> bool:
    """Whether each purchased right relied upon is still of the version decided on. No query where none is."""
    bought = {
        grant.ref: grant.version for grant in relied_grants(verdict) if grant.kind is not GrantKind.PUBLIC_LICENSE
    }
    if not bought:
        return True
    given = {grant["ref"]: grant["version"] for grant in json.loads(before.grants_text)}
    return all(given.get(ref) == version for ref, version in bought.items())
