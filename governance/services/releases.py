"""Clear an output for a target, and hand it over. Both ask the evaluator and the record, never a cached yes."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from governance.access import User, require
from governance.adapters import blobs
from governance.errors import RequestError
from governance.models import Decision, Delivery, DeploymentTarget, Output, Release
from governance.policy.words import Stage
from governance.rights.releasing import judge_output
from governance.rights.verdicts import Verdict
from governance.services.alarms import alarmed
from governance.services.decisions import store_decision
from governance.services.duties import open_release_duties
from governance.services.entries import record_event
from governance.services.stored import open_recorded, record_holds
from governance.services.waivers import judge_and_count


class Handover:
    """A file as it leaves: checked against its record before its first byte, and again before its last.

    Iterating gives its pieces; a file that changed under way ends in BlobDamaged and an alarm, short of its last
    piece. To be closed unless it is read.
    """

    def __init__(self, output: Output, file: blobs.CheckedFile) -> None:
        self.sha256, self.size = file.sha256, file.size
        self.media_type = output.media_type
        self._about = f"output:{output.pk}"
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        try:
            with alarmed("file", self._about, *blobs.NOT_AS_STORED):
                yield from self._file.pieces()
        finally:
            self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def data(self) -> bytes:
        """All of it at once, for those who keep it."""
        return b"".join(self)


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
    # Before the transaction: an alarm must outlive it, and reading a large file must not hold its locks.
    verified = record_holds(output)
    with transaction.atomic():
        verdict = judge_and_count(
            output.cutout, lambda: judge_output(Stage.RELEASE, output, target, record_verified=verified)
        )
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
        release, new = Release.objects.get_or_create(
            output=output, target=target, defaults={"decision": decision, "released_by_id": actor.pk}
        )
        if new:
            _enter("release", "released", release, release, decision=str(decision.opaque_id))
        open_release_duties(verdict.decision, release)
        return decision, release


def _enter(kind: str, act: str, row: Release | Delivery, release: Release, **details: str) -> None:
    output, client_id = release.output, release.target.project.client_id
    said = {"record": str(output.record_id), "sha256": output.sha256, **details}
    record_event(kind, act, row, client_id=client_id, details=said)


def judge_release(output: Output, target: DeploymentTarget) -> Verdict:
    """The verdict on using this output for ``target`` now, its file and record checked."""
    return judge_output(Stage.RELEASE, output, target, record_verified=record_holds(output))


def judge_again(release: Release, standing: Decision, stage: Stage, *, record_verified: bool | None = None) -> Verdict:
    """The verdict on a release now, compared with the decision that stood. None: file and record are checked here."""
    verified = record_holds(release.output) if record_verified is None else record_verified
    return judge_output(stage, release.output, release.target, record_verified=verified, standing=standing)


def deliver(actor: User, release: Release) -> Handover:
    """Hand the released file over and say so in the log.

    The record and the whole file are checked before: a swapped file fails closed, with an alarm and no delivery. A
    right that ended since the release stops it too: RequestError ``delivery.not_allowed``, the decision on record.
    """
    output = release.output
    require(actor, "output.download", release.target.project.client_id)
    file = open_recorded(output)
    try:
        _check_still_allowed(actor, release)
        with transaction.atomic():
            delivery = Delivery.objects.create(release=release, sha256=output.sha256, delivered_to_id=actor.pk)
            _enter("delivery", "delivered", delivery, release)
    except BaseException:
        file.close()
        raise
    return Handover(output, file)


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
    with transaction.atomic():
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
