"""A mark that changes whenever something was recorded that a verdict may rest on."""

from __future__ import annotations

from django.db import connection
from psycopg import sql

from governance import models

# All append-only (or written with an append-only row beside them), so the newest number says whether anything came.
_RESTED_ON = (
    models.AgentAcknowledgement,
    models.AssetTerm,
    models.CatalogueSync,
    models.ClaimContradiction,
    models.ClaimReview,
    models.DutyAct,
    models.EncodingApproval,
    models.EncodingRetirement,
    models.Entitlement,
    models.EntitlementEnd,
    models.EntitlementVerification,
    models.FactChange,
    models.Hold,
    models.HoldLift,
    models.InputPermission,
    models.PermissionVerification,
    models.PolicySetApproval,
    models.PolicySetWithdrawal,
    models.QuotaEntry,
    models.ResolutionApproval,
    models.RightsReading,
    models.UseDetermination,
    models.WaiverAnswer,
    models.WaiverRevocation,
    models.WeightsAcquisition,
)


def mark() -> tuple[int, ...]:
    """The newest number of each table (one query). What changes with the clock alone does not show in it."""
    tables = (sql.Identifier(each._meta.db_table) for each in _RESTED_ON)
    newest = [sql.SQL("(SELECT coalesce(max(id), 0) FROM {})").format(table) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(newest)))
        row = cursor.fetchone()
    return tuple(row or ())
