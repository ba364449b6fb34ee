"""Rows → Grants: public licences of the weights and every entitlement on record, for the evaluator to judge."""

from __future__ import annotations

from governance.licensing.catalogue_words import HostingMode
from governance.models import Entitlement, EntitlementEnd
from governance.policy.facts import ArtefactFacts
from governance.policy.grants import Grant, GrantKind, ModelScope, Scope, Standing, Survival
from governance.policy.public import public_grants
from governance.policy.words import TargetKind
from governance.rights.readings import encoding, encodings


def grants_for(artefact: ArtefactFacts) -> tuple[Grant, ...]:
    """All grants the evaluator may consider for these weights. It decides which apply; nothing is filtered here,
    so that a right which narrowly misses shows up in the explanation."""
    ends = {end.ref: end for end in EntitlementEnd.objects.all()}
    entitlements = Entitlement.objects.latest_versions().select_related("model", "verification").order_by("ref")
    return public_grants(artefact, encodings()) + tuple(
        entitlement_grant(row, ends.get(row.ref)) for row in entitlements
    )


def entitlement_grant(row: Entitlement, end: EntitlementEnd | None) -> Grant:
    """One entitlement version as the evaluator sees it. Empty lists of kinds, channels and clients set no limit."""
    return Grant(
        ref=row.ref,
        kind=GrantKind(row.grant_kind),
        title=row.title,
        version=row.version,
        readings=(encoding(row.template),),
        source=row.contract_reference,
        scope=Scope(
            models=(ModelScope(row.model_id, (row.model.version,), tuple(row.weights_sha256s), row.model.title),),
            hosting_modes=tuple(HostingMode(mode) for mode in row.hosting_modes),
            providers=tuple(row.providers) or None,
            target_kinds=tuple(TargetKind(kind) for kind in row.target_kinds) or None,
            channels=tuple(row.channels) or None,
            territories=tuple(row.territories),
            clients=tuple(f"CLI-{client}" for client in row.clients) or None,
        ),
        standing=Standing(
            verified=hasattr(row, "verification"),
            evidence_count=len(row.evidence_sha256s),
            starts_at=row.valid_from,
            ends_at=row.valid_until,
            ended_at=end.ended_at if end else None,
            ended_reason=end.reason if end else "",
        ),
        survival=Survival(row.output_survival),
    )
