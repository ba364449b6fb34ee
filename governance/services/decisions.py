"""Store what the evaluator said. A decision is written once and never recomputed in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from governance.access import User
from governance.models import Cutout, Decision, DeploymentTarget, GrantSet, Job, Status, TrialVerdict
from governance.policy.decision import Outcome
from governance.provenance.canonical import canonical, sha256_hex
from governance.rights.verdicts import Verdict
from governance.services.entries import record_event

_STATUS = {
    Outcome.PERMIT: Status.QUEUED,
    Outcome.DUTIES: Status.QUEUED,
    Outcome.REVIEW: Status.HELD,
    Outcome.DENY: Status.REFUSED,
}


def status_after(verdict: Verdict) -> str:
    """What a verdict makes of work that has not run yet. A hold is lifted one day: what it alone stops waits."""
    return Status.HELD if verdict.stopped_by_holds_alone else _STATUS[verdict.decision.outcome]


def store_decision(
    verdict: Verdict,
    target: DeploymentTarget,
    *,
    actor: User | None,
    job: Job | None = None,
    cutout: Cutout | None = None,
    previous: Decision | None = None,
) -> Decision:
    """Insert the decision with the canonical bytes of everything it was given and found, and their digests.

    In the caller's transaction: the decision and its entry in the log come together.
    """
    made = verdict.decision
    body = canonical(made.as_json())
    decision = Decision.objects.create(
        stage=made.stage.value,
        outcome=made.outcome.value,
        target=target,
        model=verdict.model,
        job=job,
        cutout=cutout,
        facts=canonical(verdict.facts.as_json()).decode(),
        facts_sha256=made.facts_sha256,
        grant_set=_grant_set(verdict),
        waivers=_canonical_list(verdict.waivers),
        holds=_canonical_list(verdict.holds),
        encodings=_encodings(verdict),
        policy_revision=verdict.policy.policy.revision,
        policy_digest=verdict.policy.digest,
        body=body.decode(),
        body_sha256=sha256_hex(body),
        relied_upon=", ".join(made.relied_upon),
        rule_set_digest=made.rule_set_digest,
        evaluator_version=made.evaluator_version,
        decided_at=made.at,
        actor_id=actor.pk if actor is not None else None,
        previous=previous,
        changes="\n".join(change.message for change in made.changes),
    )
    _store_trials(decision, verdict)
    _enter_in_log(decision, target.project.client_id)
    return decision


def _enter_in_log(decision: Decision, client_id: int) -> None:
    said = {"decision": str(decision.opaque_id), "outcome": decision.outcome, "body_sha256": decision.body_sha256}
    record_event("decision", decision.stage, decision, client_id=client_id, details=said)


def _grant_set(verdict: Verdict) -> GrantSet:
    body = _canonical_list(verdict.grants)
    row = GrantSet(sha256=sha256_hex(body.encode()), body=body)
    # Two decisions may come with the same grants at once; either may keep them.
    GrantSet.objects.bulk_create([row], ignore_conflicts=True)
    return row


class _Referable(Protocol):
    @property
    def ref(self) -> str: ...

    def as_json(self) -> dict[str, Any]: ...


def _canonical_list(things: Sequence[_Referable]) -> str:
    return canonical([thing.as_json() for thing in sorted(things, key=lambda thing: thing.ref)]).decode()


def _encodings(verdict: Verdict) -> str:
    read = {
        f"{reading.license_id} revision {reading.revision}" for grant in verdict.grants for reading in grant.readings
    }
    return ", ".join(sorted(read))


def _store_trials(decision: Decision, verdict: Verdict) -> None:
    TrialVerdict.objects.bulk_create(
        TrialVerdict(
            decision=decision,
            policy_set_id=trial.policy.pk,
            outcome=trial.decision.outcome.value,
            summary=trial.decision.summary,
        )
        for trial in verdict.trials
    )
