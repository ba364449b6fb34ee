"""What a record states of one output, from the rows that led to it."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass

from django.utils import timezone

from governance.models import Cutout, Decision, Entitlement, WeightsAcquisition
from governance.policy.decision import Decision as Verdict
from governance.policy.facts import Facts
from governance.policy.grants import GrantKind
from governance.provenance.canonical import canonical_sha256
from governance.provenance.commitment import Opening
from governance.provenance.cutout import CutoutProvenance, InputCommitment, Run
from governance.provenance.references import (
    DecisionRef,
    GrantRef,
    Lineage,
    ModelRef,
    WeightsLicense,
)
from governance.rights.facts import decided_facts, made_under_verdict
from governance.services.entries import latest_checkpoint


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


def provenance_of(
    record_id: uuid.UUID, cutout: Cutout, decision: Decision, made: Made, openings: tuple[Opening, ...]
) -> CutoutProvenance:
    """The predicate for what was just made. Public: opaque ids, digests and salted commitments only."""
    job = cutout.job
    verdict = made_under_verdict(decision)
    given = decided_facts(decision)
    return CutoutProvenance(
        record_id=str(record_id),
        job=str(job.opaque_id),
        tenant=str(job.target.project.client.opaque_id),
        issued_at=timezone.now(),
        prev_checkpoint=latest_checkpoint(),
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
