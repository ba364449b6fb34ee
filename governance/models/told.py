"""Which tables the log tells of: each row is named by the event that was entered with it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce

from governance.models.accounts import RoleGrant
from governance.models.alarms import Alarm, AlarmAcknowledgement
from governance.models.catalogue import CatalogueSync, WeightsAcquisition
from governance.models.contracts import Contract, Quota, QuotaEntry
from governance.models.corrections import RecordCorrection
from governance.models.facts import FactChange
from governance.models.inputs import AssetTerm, InputPermission, PermissionVerification
from governance.models.licenses import (
    DeclarationResolution,
    EncodingApproval,
    EncodingRetirement,
    LicenseEncoding,
    LicenseText,
    ResolutionApproval,
)
from governance.models.lineage import ClaimContradiction, ClaimReview
from governance.models.outputs import Delivery, Release
from governance.models.policies import PolicySet, PolicySetApproval, PolicySetWithdrawal
from governance.models.relief import Hold, HoldLift, Waiver, WaiverAnswer, WaiverRevocation
from governance.models.reports import Report
from governance.models.reviews import ReviewOutcome
from governance.models.rights import Decision, Entitlement, EntitlementEnd, EntitlementVerification
from governance.models.signing_keys import SigningKey
from governance.models.source_types import SourceTypeSetting
from governance.models.work import UseDetermination


@dataclass(frozen=True, slots=True)
class Told:
    """A table, the kind of event that tells of its rows, and how a row leads to the client concerned ("": to none).

    Several paths: the first that leads anywhere. ``only``: the rows that are told of, where not all are.
    """

    model: type[models.Model]
    kind: str
    client: tuple[str, ...] = ()
    only: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """As in "entitlement:17"."""
        return str(self.model._meta.model_name)

    def rows(self) -> models.QuerySet[Any]:
        """The rows that are told of."""
        return self.model._default_manager.filter(**self.only).order_by("pk")

    def rows_with_client(self) -> models.QuerySet[Any]:
        """The same, each with the ``told_client`` it concerns, or None."""
        rows = self.rows()
        if not self.client:
            return rows.annotate(told_client=models.Value(None, models.BigIntegerField()))
        first, *others = (F(path) for path in self.client)
        return rows.annotate(told_client=Coalesce(first, *others) if others else first)


_OF_TARGET = ("target__project__client_id",)
_OF_SCOPE = ("client_id", "project__client_id", "target__project__client_id")

TOLD = (
    Told(RoleGrant, "role", ("client_id",)),
    Told(SigningKey, "key-event"),
    Told(LicenseText, "reading"),
    Told(LicenseEncoding, "reading"),
    Told(EncodingApproval, "reading"),
    Told(EncodingRetirement, "reading"),
    Told(CatalogueSync, "reading"),
    Told(DeclarationResolution, "resolution"),
    Told(ResolutionApproval, "resolution"),
    Told(ClaimContradiction, "claim"),
    Told(ClaimReview, "claim"),
    Told(WeightsAcquisition, "acquisition"),
    Told(PolicySet, "policy-set"),
    Told(PolicySetApproval, "policy-set"),
    Told(PolicySetWithdrawal, "policy-set"),
    Told(SourceTypeSetting, "source-type"),
    Told(Contract, "contract"),
    Told(Entitlement, "entitlement"),
    Told(EntitlementVerification, "entitlement"),
    Told(EntitlementEnd, "entitlement"),
    Told(Quota, "quota"),
    # What is reserved and used up is told of by the outputs; only a correction is an act of its own.
    Told(QuotaEntry, "quota", only={"kind": QuotaEntry.Kind.ADJUST}),
    Told(UseDetermination, "determination", _OF_TARGET),
    Told(FactChange, "determination", ("project__client_id", "target__project__client_id")),
    Told(InputPermission, "permission", ("asset__client_id",)),
    Told(PermissionVerification, "permission", ("permission__asset__client_id",)),
    Told(AssetTerm, "permission", ("asset__client_id",)),
    Told(Hold, "hold"),
    Told(HoldLift, "hold"),
    Told(Waiver, "waiver", _OF_SCOPE),
    Told(WaiverAnswer, "waiver", tuple(f"waiver__{path}" for path in _OF_SCOPE)),
    Told(WaiverRevocation, "waiver", tuple(f"waiver__{path}" for path in _OF_SCOPE)),
    Told(Decision, "decision", _OF_TARGET),
    Told(ReviewOutcome, "review", ("case__job__target__project__client_id",)),
    Told(Release, "release", _OF_TARGET),
    Told(Delivery, "delivery", ("release__target__project__client_id",)),
    Told(Report, "report", ("client_id",)),
    Told(RecordCorrection, "correction", ("record__client_id",)),
    Told(Alarm, "alarm"),
    Told(AlarmAcknowledgement, "alarm"),
)
