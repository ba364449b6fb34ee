"""Record what was made: blob first, then output, record, log entry and state in one transaction, all or nothing."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from governance.adapters import blobs, keys
from governance.errors import PlatformError
from governance.ledger.leaf import build_leaf
from governance.ledger.merkle import EMPTY_ROOT
from governance.models import (
    Checkpoint,
    Cutout,
    Decision,
    Entitlement,
    Output,
    PendingEntry,
    ProvenanceRecord,
    Status,
    WeightsAcquisition,
)
from governance.policy.decision import Decision as Verdict
from governance.policy.facts import Facts
from governance.policy.grants import GrantKind
from governance.provenance.canonical import canonical, canonical_sha256
from governance.provenance.commitment import Opening, new_salt
from governance.provenance.cutout import KIND, CutoutProvenance, InputCommitment, Run
from governance.provenance.envelope import Envelope, sign
from governance.provenance.references import (
    CheckpointRef,
    DecisionRef,
    GrantRef,
    Lineage,
    ModelRef,
    WeightsLicense,
)
from governance.provenance.statement import PAYLOAD_TYPE, Statement, Subject
from governance.rights.facts import decided_facts, made_under_verdict
from governance.services import quotas
from governance.services.duties import open_duties


@dataclass(frozen=True, slots=True)
class Made:
    """What a worker made: the file, its size in pixels, the digest of the weights it loaded, and how it ran."""

    data: bytes
    media_type: str
    width: int
    height: int
    weights_sha256: str
    run: Run
    details: dict[str, object]


def record_output(cutout: Cutout, made: Made) -> Output | None:
    """Commit output and record together for the claimed ``cutout``; None when a later claimant owns it.

    Raises PlatformError ``weights.not_decided`` when other weights were loaded than the decision was made for.
    """
    decision = cutout.decision
    if decision is None:
        raise PlatformError("The cutout has no decision; nothing may be recorded.", code="output.undecided")
    _check_weights(decision, made.weights_sha256)
    sha256 = blobs.put(made.data)
    record_id = uuid.uuid4()
    openings = (
        Opening("picture", new_salt(), bytes.fromhex(cutout.asset.sha256)),
        Opening("file_name", new_salt(), cutout.asset.file_name.encode()),
    )
    statement = Statement(
        Subject(f"urn:uuid:{record_id}", sha256, made.media_type),
        _predicate(record_id, cutout, decision, made, openings),
    )
    key = keys.record_key()
    envelope = sign(statement.to_bytes(), PAYLOAD_TYPE, key)
    leaf = build_leaf(envelope, key.public_key())
    with transaction.atomic():
        mine = Cutout.objects.filter(pk=cutout.pk, attempt=cutout.attempt).move(
            Status.RUNNING, Status.SUCCEEDED, finished_at=timezone.now(), error_code="", error_message=""
        )
        if not mine:
            return None
        quotas.commit(cutout, cutout.attempt)
        output = _store(cutout, made, sha256, record_id, envelope, leaf, openings)
        open_duties(made_under_verdict(decision), at=output.created_at)
        return output


def _check_weights(decision: Decision, loaded_sha256: str) -> None:
    decided = decided_facts(decision).route.weights_sha256
    if loaded_sha256 != decided:
        raise PlatformError(
            f"The worker loaded weights {loaded_sha256}; the decision was made for {decided}.",
            how_to_fix="Run `python manage.py weights verify` and submit again.",
            code="weights.not_decided",
            permanent=True,
        )


def _store(
    cutout: Cutout,
    made: Made,
    sha256: str,
    record_id: uuid.UUID,
    envelope: Envelope,
    leaf: bytes,
    openings: tuple[Opening, ...],
) -> Output:
    output = Output.objects.create(
        cutout=cutout,
        record_id=record_id,
        sha256=sha256,
        media_type=made.media_type,
        size=len(made.data),
        width=made.width,
        height=made.height,
        run=canonical(made.details).decode(),
    )
    record = ProvenanceRecord.objects.create(
        id=record_id,
        output=output,
        client_id=cutout.job.target.project.client_id,
        kind=KIND,
        payload=envelope.payload,
        signature=envelope.signature,
        key_id=envelope.key_id,
        leaf=leaf,
        openings=canonical([_opening_json(opening) for opening in openings]).decode(),
    )
    PendingEntry.objects.create(record=record)
    return output


def _predicate(
    record_id: uuid.UUID, cutout: Cutout, decision: Decision, made: Made, openings: tuple[Opening, ...]
) -> CutoutProvenance:
    job = cutout.job
    verdict = made_under_verdict(decision)
    given = decided_facts(decision)
    return CutoutProvenance(
        record_id=str(record_id),
        job=str(job.opaque_id),
        tenant=str(job.target.project.client.opaque_id),
        issued_at=timezone.now(),
        prev_checkpoint=_latest_checkpoint(),
        model=ModelRef(job.model.slug, job.model.version, made.weights_sha256),
        weights_license=_weights_license(given, made.weights_sha256),
        lineage=Lineage(canonical_sha256(given.as_json()["lineage"]), len(given.lineage.uses)),
        decision=DecisionRef(
            id=str(decision.opaque_id),
            stage=decision.stage,
            outcome=decision.outcome,
            facts_sha256=decision.facts_sha256,
            rule_set_digest=decision.rule_set_digest,
            evaluator_version=decision.evaluator_version,
            grants=_grant_refs(decision, verdict),
            decided_at=decision.decided_at,
            decision_sha256=decision.body_sha256,
        ),
        run=made.run,
        inputs=tuple(InputCommitment(opening.field, opening.commitment()) for opening in openings),
        nonce=secrets.token_bytes(32),
    )


def _latest_checkpoint() -> CheckpointRef:
    """The newest checkpoint anybody could have known: the record is not older than it."""
    newest = Checkpoint.objects.order_by("-size").values_list("size", "root").first()
    size, root = newest or (0, EMPTY_ROOT.hex())
    return CheckpointRef(settings.LOG_ORIGIN, size, root)


def _license_ids(given: Facts) -> tuple[str, ...]:
    """Every licence declared for the weights, as the decision saw them: conflicting ones are all named."""
    declared = {entry.expression for artefact in given.artefacts for entry in artefact.declarations}
    return tuple(sorted(declared)) or ("NOASSERTION",)


def _weights_license(given: Facts, weights_sha256: str) -> WeightsLicense:
    """The licences, and the text that came with the weights if it is of the one licence declared for them.

    A package's own licence file says nothing of the weights inside, and where declarations conflict no text is
    passed off as the answer.
    """
    ids = _license_ids(given)
    acquired = WeightsAcquisition.objects.filter(artifact_id=weights_sha256).order_by("-id")
    texts = acquired.values_list("license_texts", flat=True).first() or []
    of_weights = [text["sha256"] for text in texts if ids == (text["license"],)]
    return WeightsLicense(ids, of_weights[0] if of_weights else None)


def _grant_refs(decision: Decision, verdict: Verdict) -> tuple[GrantRef, ...]:
    """Public licences by id; entitlements by an opaque id, because a contract number would say what was bought.

    The version is the one the decision was given: another may have followed since.
    """
    relied = [report for report in verdict.grants if report.relied_upon]
    bought = [report.grant for report in relied if report.kind != GrantKind.PUBLIC_LICENSE]
    opaque: dict[str, uuid.UUID] = {}
    if bought:
        given = {grant["ref"]: grant["version"] for grant in json.loads(decision.grants_text)}
        rows = Entitlement.objects.filter(ref__in=bought).values_list("ref", "version", "opaque_id")
        opaque = {ref: opaque_id for ref, version, opaque_id in rows if given.get(ref) == version}
    return tuple(
        GrantRef("entitlement", str(opaque[report.grant]))
        if report.grant in opaque
        else GrantRef("license", report.reading or report.grant)
        for report in relied
    )


def _opening_json(opening: Opening) -> dict[str, str]:
    return {
        "field": opening.field,
        "salt": base64.b64encode(opening.salt).decode(),
        "value": base64.b64encode(opening.value).decode(),
    }
