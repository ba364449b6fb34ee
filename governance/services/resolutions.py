"""Which of several declared licences holds: one person records it with its paper, another approves it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from governance.access import User, require
from governance.errors import RequestError
from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus, DeclarationSubject
from governance.licensing.expression import NOASSERTION
from governance.models import DeclarationResolution, License, LicenseDeclaration, ModelVersion, ResolutionApproval
from governance.policy.phrases import word
from governance.policy.weighed import GRANTING
from governance.services.entries import record_event
from governance.services.papers import check_papers, keep_papers
from governance.services.reasons import check_reason
from governance.services.words import check_words


def record_resolution(
    actor: User, model: ModelVersion, license: License, reason: str, evidence: Sequence[bytes], subject: str = "weights"
) -> DeclarationResolution:
    """Say which of the declared licences holds. It changes nothing until another person approves it.

    Raises NotAllowed, or RequestError ``resolution.license`` for a licence nobody declared, ``resolution.outranked``
    for one that only those declare who cannot grant it, ``resolution.reason`` or ``resolution.no_evidence``.
    """
    require(actor, "resolution.record")
    check_words("subject", [subject], [each.value for each in DeclarationSubject])
    reason = check_reason("resolution.reason", "A resolution", reason)
    _check_license(list(model.declarations.filter(subject=subject)), license)
    check_papers("resolution", evidence)
    with transaction.atomic():
        row = DeclarationResolution.objects.create(
            model=model,
            subject=subject,
            license=license,
            reason=reason,
            evidence_sha256s=keep_papers(evidence),
            recorded_by_id=actor.pk,
        )
        record_event("resolution", "recorded", row, details=_details(row))
    return row


def approve_resolution(actor: User, resolution: DeclarationResolution) -> ResolutionApproval:
    """Agree with another person's resolution. Every gate goes by it from now on."""
    require(actor, "resolution.approve")
    if resolution.recorded_by_id == actor.pk:
        raise RequestError(
            "This resolution was recorded by you; another person has to approve it.",
            how_to_fix="Ask a colleague with the legal role.",
            code="resolution.same_person",
        )
    newest = DeclarationResolution.objects.filter(model=resolution.model_id, subject=resolution.subject).latest()
    if newest.pk != resolution.pk:
        raise RequestError(
            "A later resolution has been recorded since.", how_to_fix="Read that one.", code="resolution.superseded"
        )
    try:
        with transaction.atomic():
            approval = ResolutionApproval.objects.create(resolution=resolution, approved_by_id=actor.pk)
            record_event("resolution", "approved", resolution, approval, details=_details(resolution))
    except IntegrityError as problem:
        raise RequestError("This resolution is approved already.", code="resolution.approved") from problem
    return approval


def _details(row: DeclarationResolution) -> dict[str, str | int | None]:
    return {"model": row.model_id, "subject": row.subject, "license": row.license_id}


def _check_license(declared: Sequence[LicenseDeclaration], license: License) -> None:
    named = [row for row in declared if row.license_id == license.slug]
    if not named or license.slug == NOASSERTION:
        known = sorted({row.license_id for row in declared} - {NOASSERTION})
        raise RequestError(
            f"Nobody declares {license.slug} here; declared are {', '.join(known) or 'no licences'}.",
            how_to_fix="Choose a declared licence. A new declaration comes with the catalogue, with its source.",
            code="resolution.license",
        )
    outranking = [row for row in declared if row.license_id != license.slug and _accepted(row) and _grants(row)]
    if outranking and not any(_grants(row) for row in named):
        raise RequestError(
            f"{license.slug} is declared only where nobody can grant it ({_ranks(named)}); it cannot set aside"
            f" {outranking[0].license_id} ({_ranks(outranking)}).",
            how_to_fix="Have whoever holds the right declare it, and the catalogue take that declaration in.",
            code="resolution.outranked",
        )


def _accepted(row: LicenseDeclaration) -> bool:
    return row.status == DeclarationStatus.ACCEPTED.value


def _grants(row: LicenseDeclaration) -> bool:
    return DeclarationRank(row.rank) in GRANTING


def _ranks(rows: Sequence[LicenseDeclaration]) -> str:
    return ", ".join(sorted({word(row.rank) for row in rows}))
