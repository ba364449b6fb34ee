"""Clear an output for a target, and hand it over. Both ask the evaluator and the record, never a cached yes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from governance.access import User, require
from governance.adapters import blobs, keys
from governance.errors import GovernanceError, PlatformError, RequestError
from governance.models import Decision, Delivery, DeploymentTarget, Output, Release
from governance.policy.difference import changed_inputs
from governance.policy.words import Stage
from governance.provenance.envelope import Envelope, verify
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from governance.rights.facts import OutputPast, decided_facts, made_under_verdict, output_facts
from governance.rights.inputs import input_facts
from governance.rights.verdicts import Question, Verdict, judge
from governance.services.decisions import store_decision
from governance.services.duties import open_release_duties
from governance.services.waivers import judge_and_count


@dataclass(frozen=True, slots=True)
class Handover:
    """A file as it leaves: checked against its record on the way out."""

    data: bytes
    media_type: str
    sha256: str


def release_output(actor: User, output: Output, target: DeploymentTarget) -> tuple[Decision, Release | None]:
    """Evaluate for the actual target; the decision is stored either way, the release only when it is allowed.

    Releasing twice returns the release made before. Raises NotAllowed or RequestError.
    """
    require(actor, "output.release", target.project.client_id)
    if target.project.client_id != output.cutout.job.target.project.client_id:
        raise RequestError(
            "The target belongs to another client than the output.",
            how_to_fix="Choose a target of the same client.",
            code="release.other_client",
        )
    if target.archived_at is not None:
        raise RequestError(f"Target {target.name!r} is archived.", code="release.target_archived")
    done = Release.objects.filter(output=output, target=target).select_related("decision").first()
    if done is not None:
        return done.decision, done
    with transaction.atomic():
        verdict = judge_and_count(output.cutout, lambda: judge_release(output, target))
        decision = store_decision(
            verdict,
            target,
            actor=actor,
            job=output.cutout.job,
            cutout=output.cutout,
            previous=output.cutout.decision,
        )
        if not decision.allows:
            return decision, None
        release, _ = Release.objects.get_or_create(
            output=output, target=target, defaults={"decision": decision, "released_by_id": actor.pk}
        )
        open_release_duties(verdict.decision, release)
        return decision, release


def judge_release(output: Output, target: DeploymentTarget) -> Verdict:
    """The verdict on using this output for ``target`` now, its file and record checked."""
    return _judge(Stage.RELEASE, output, target, record_verified=record_holds(output))


def judge_again(release: Release, standing: Decision, stage: Stage, *, record_verified: bool | None = None) -> Verdict:
    """The verdict on a release now, compared with the decision that stood. None: file and record are checked here."""
    verified = record_holds(release.output) if record_verified is None else record_verified
    return _judge(stage, release.output, release.target, record_verified=verified, standing=standing)


def _judge(
    stage: Stage,
    output: Output,
    target: DeploymentTarget,
    *,
    record_verified: bool,
    standing: Decision | None = None,
) -> Verdict:
    made_under = output.cutout.decision
    if made_under is None:
        raise PlatformError("The output has no decision behind it.", code="output.undecided", permanent=True)
    now = timezone.now()
    assets = (output.cutout.asset,)
    past = OutputPast(
        record_verified=record_verified,
        cleared_at=standing.decided_at if standing else None,
        changed_inputs=changed_inputs(decided_facts(made_under).inputs, input_facts(assets, now)),
    )
    facts = output_facts(output, made_under, past)
    question = Question(stage, target, output.cutout.job.model, assets=assets, output=facts, taken=output.cutout)
    return judge(question, now, previous=made_under_verdict(standing or made_under))


def record_holds(output: Output) -> bool:
    """Whether the stored file is the recorded one and the record's signature is ours."""
    try:
        blobs.get(output.sha256)
        check_record(output)
    except GovernanceError:
        return False
    return True


def check_record(output: Output) -> None:
    """Raise unless the output's record is signed by a trusted key and speaks of these bytes."""
    record = output.provenance
    envelope = Envelope(PAYLOAD_TYPE, bytes(record.payload), record.key_id, bytes(record.signature))
    trusted = [entry.public_key for entry in keys.trust().record_keys if entry.key_id == record.key_id]
    if not trusted:
        raise PlatformError(
            f"The record is signed by key {record.key_id}, which is not in the trust file.",
            how_to_fix="Check the trust file; if it is right, the record was replaced.",
            code="record.unknown_key",
            permanent=True,
        )
    verify(envelope, trusted[0])
    subject = Statement.from_bytes(envelope.payload).subject
    if subject.sha256 != output.sha256:
        raise PlatformError(
            f"The record speaks of SHA-256 {subject.sha256}; the output says {output.sha256}.",
            how_to_fix="Do not deliver it: the rows were altered.",
            code="record.other_output",
            permanent=True,
        )


def deliver(actor: User, release: Release) -> Handover:
    """Hand the released file over and say so in the log of deliveries.

    A swapped file fails closed. A right that ended since the release stops the delivery: RequestError
    ``delivery.not_allowed``, with the decision on record.
    """
    output = release.output
    require(actor, "output.download", release.target.project.client_id)
    check_record(output)
    data = blobs.get(output.sha256)
    _check_still_allowed(actor, release)
    Delivery.objects.create(release=release, sha256=output.sha256, delivered_to_id=actor.pk)
    return Handover(data, output.media_type, output.sha256)


def _check_still_allowed(actor: User, release: Release) -> None:
    """Judge again. What is not as it was at the release is stored, whether it stops the delivery or not."""
    output, target = release.output, release.target
    with transaction.atomic():
        verdict = judge_and_count(
            output.cutout, lambda: judge_again(release, release.decision, Stage.REDELIVER, record_verified=True)
        )
    allowed = verdict.decision.outcome.allows
    if allowed and not verdict.decision.changes:
        return
    decision = store_decision(
        verdict, target, actor=actor, job=output.cutout.job, cutout=output.cutout, previous=release.decision
    )
    if allowed:
        return
    raise RequestError(
        f"The output may no longer be handed over for {target}: {verdict.decision.summary}",
        how_to_fix=f"See decision {decision.pk} for what would allow it.",
        code="delivery.not_allowed",
    )
