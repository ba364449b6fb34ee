"""Record what was made: blob first, then output, record, log entry and state in one transaction, all or nothing."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from governance.adapters import blobs
from governance.adapters.content_credentials import Credentials, embed
from governance.errors import PlatformError
from governance.models import Cutout, Decision, Output, SourceTypeSetting, Status
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, canonical
from governance.provenance.commitment import Opening, new_salt
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.statement import Statement, Subject
from governance.rights.facts import decided_facts, made_under_verdict
from governance.rights.source_types import digital_source_type_for
from governance.services import quotas
from governance.services.duties import open_duties
from governance.services.entries import store_entry
from governance.services.output_statements import Made, provenance_of

__all__ = ["Made", "record_output"]


def record_output(cutout: Cutout, made: Made) -> Output | None:
    """Commit output and record together for the claimed ``cutout``; None when a later claimant owns it.

    Raises PlatformError ``weights.not_decided`` when other weights were loaded than the decision was made for.
    """
    decision = cutout.decision
    if decision is None:
        raise PlatformError("The cutout has no decision; nothing may be recorded.", code="output.undecided")
    _check_weights(decision, made.weights_sha256)
    openings = (
        Opening("picture", new_salt(), bytes.fromhex(cutout.asset.sha256)),
        Opening("file_name", new_salt(), cutout.asset.file_name.encode()),
    )
    stated = provenance_of(uuid.uuid4(), cutout, decision, made, openings)
    # The file says who made it before it is hashed: what the record speaks of is what is delivered.
    made = replace(made, data=_with_credentials(cutout, made, stated))
    sha256 = blobs.put(made.data)
    statement = Statement(Subject(f"urn:uuid:{stated.record_id}", sha256, made.media_type), stated)
    with transaction.atomic():
        mine = Cutout.objects.filter(pk=cutout.pk, attempt=cutout.attempt).move(
            Status.RUNNING, Status.SUCCEEDED, finished_at=timezone.now(), error_code="", error_message=""
        )
        if not mine:
            return None
        quotas.commit(cutout, cutout.attempt)
        output = _store(cutout, made, sha256, statement)
        store_entry(
            statement,
            [_opening_json(opening) for opening in openings],
            client_id=cutout.job.target.project.client_id,
            output=output,
        )
        open_duties(made_under_verdict(decision), at=output.created_at)
        return output


def _with_credentials(cutout: Cutout, made: Made, stated: CutoutProvenance) -> bytes:
    asset, model = cutout.asset, cutout.job.model
    said = Credentials(
        record_id=stated.record_id,
        decision_sha256=stated.decision.decision_sha256,
        model_title=model.title,
        model_version=model.version,
        weights_sha256=made.weights_sha256,
        weights_licenses=stated.weights_license.spdx_ids,
        engine=made.run.engine,
        digital_source_type=digital_source_type_for(SourceTypeSetting.Act.CUTOUT),
        issued_at=stated.issued_at,
    )
    return embed(made.data, made.media_type, blobs.get(asset.sha256), asset.media_type, said)


def _check_weights(decision: Decision, loaded_sha256: str) -> None:
    decided = decided_facts(decision).route.weights_sha256
    if loaded_sha256 != decided:
        raise PlatformError(
            f"The worker loaded weights {loaded_sha256}; the decision was made for {decided}.",
            how_to_fix="Run `python manage.py weights verify` and submit again.",
            code="weights.not_decided",
            permanent=True,
        )


def _store(cutout: Cutout, made: Made, sha256: str, statement: Statement) -> Output:
    return Output.objects.create(
        cutout=cutout,
        record_id=uuid.UUID(statement.predicate.record_id),
        sha256=sha256,
        media_type=made.media_type,
        size=len(made.data),
        width=made.width,
        height=made.height,
        run=canonical(made.details).decode(),
    )


def _opening_json(opening: Opening) -> JSON:
    return {
        "field": opening.field,
        "salt": base64_strict.encode(opening.salt),
        "value": base64_strict.encode(opening.value),
    }
