"""Rows → what the input pictures say of their own use, and what their owners told us."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, Model, OuterRef, prefetch_related_objects

from governance.models import Asset, AssetTerm, InputPermission, RightsReading, RightsSignal
from governance.policy import facts as policy


def input_facts(assets: Sequence[Asset], at: datetime) -> tuple[policy.InputFacts, ...]:
    """The pictures by opaque reference, with everything that bears on their use.

    One query tells the silent pictures, which are nearly all, from those there is more to read of.
    """
    rows = list(assets)
    known = Asset.objects.filter(pk__in=[asset.pk for asset in rows]).annotate(
        read=_exists(RightsReading, "asset"),
        spoken=_exists(RightsSignal, "reading__asset")
        | _exists(InputPermission, "asset")
        | _exists(AssetTerm, "asset"),
    )
    found = {pk: (read, spoken) for pk, read, spoken in known.values_list("pk", "read", "spoken")}
    speaking = [asset for asset in rows if found[asset.pk][1]]
    prefetch_related_objects(speaking, "rights_reading__signals", "permissions__verification", "terms")
    return tuple(
        _picture(asset, at) if found[asset.pk][1] else policy.InputFacts(f"AST-{asset.pk}", read=found[asset.pk][0])
        for asset in rows
    )


def _exists(rows: type[Model], path: str) -> Exists:
    return Exists(rows._default_manager.filter(**{path: OuterRef("pk")}))


def _picture(asset: Asset, at: datetime) -> policy.InputFacts:
    reading: RightsReading | None = getattr(asset, "rights_reading", None)
    terms = sorted((term for term in asset.terms.all() if term.recorded_at <= at), key=lambda term: term.pk)
    return policy.InputFacts(
        ref=f"AST-{asset.pk}",
        signals=tuple(
            policy.RightsSignal(signal.source, signal.property, signal.value, signal.constraint_info)
            for signal in (reading.signals.all() if reading else ())
        ),
        licensed_until=terms[-1].licensed_until if terms else None,
        permissions=tuple(
            policy.InputPermission(
                ref=f"PRM-{row.pk}",
                property=row.property,
                granted_by=row.granted_by,
                evidence_count=len(row.evidence_sha256s),
                verified=hasattr(row, "verification") and row.verification.verified_at <= at,
                valid_until=row.valid_until,
            )
            for row in asset.permissions.all()
            if row.recorded_at <= at
        ),
        read=reading is not None,
    )
