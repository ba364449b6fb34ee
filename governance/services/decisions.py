"""Store what the evaluator said. A decision is written once and never recomputed in place."""

from __future__ import annotations

from governance.access import User
from governance.models import Cutout, Decision, DeploymentTarget, Job, Status
from governance.provenance.canonical import canonical, sha256_hex
from governance.rights.verdicts import Verdict

# What a verdict makes of work that has not run yet.
STATUS_OF = {"permit": Status.QUEUED, "duties": Status.QUEUED, "review": Status.HELD, "deny": Status.REFUSED}


def store_decision(
    verdict: Verdict,
    target: DeploymentTarget,
    *,
    actor: User | None,
    job: Job | None = None,
    cutout: Cutout | None = None,
    previous: Decision | None = None,
) -> Decision:
    """Insert the decision with the canonical bytes of its facts, grants and findings, and their digests."""
    made = verdict.decision
    body = canonical(made.as_json())
    return Decision.objects.create(
        stage=made.stage.value,
        outcome=made.outcome.value,
        target=target,
        model=verdict.model,
        job=job,
        cutout=cutout,
        facts=canonical(verdict.facts.as_json()).decode(),
        facts_sha256=made.facts_sha256,
        grants=canonical([grant.as_json() for grant in sorted(verdict.grants, key=lambda grant: grant.ref)]).decode(),
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
