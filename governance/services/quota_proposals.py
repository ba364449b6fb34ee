"""A correction of the quota ledger on its way from the one who proposes it to the one who approves it.

The proposal is a signed text that the proposer hands to a colleague; nothing is booked until the colleague, signed in
as such, approves it. It is good once and for a week.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.core import signing
from django.db import connection, transaction

from governance.access import User, require
from governance.errors import RequestError
from governance.models import Quota, QuotaEntry
from governance.services.quotas import adjust, check_correction

GOOD_FOR = timedelta(days=7)
_SALT = "clearcut quota correction"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed, by whom (a user's key), and the mark by which the ledger knows it again."""

    quota: Quota
    at: datetime
    amount: int
    note: str
    proposed_by: int
    mark: str


def propose_correction(actor: User, quota: Quota, at: datetime, amount: int, note: str) -> str:
    """A signed proposal to hand to a colleague. Raises NotAllowed or RequestError."""
    require(actor, "quota.adjust")
    check_correction(amount, note)
    said = {"quota": quota.pk, "at": at.isoformat(), "amount": amount, "note": note.strip()}
    return signing.dumps(said | {"by": actor.pk, "mark": secrets.token_hex(4)}, salt=_SALT, compress=True)


def read_proposal(text: str) -> Proposal:
    """The proposal, if it is ours, unchanged and not too old. Raises RequestError ``quota.proposal``."""
    try:
        said = signing.loads(text, salt=_SALT, max_age=GOOD_FOR)
        quota = Quota.objects.select_related("entitlement").get(pk=said["quota"])
    except (signing.BadSignature, Quota.DoesNotExist) as problem:
        raise RequestError(
            "This proposal is not valid: it was changed on its way, or is older than a week.",
            how_to_fix="Ask for a new one.",
            code="quota.proposal",
        ) from problem
    at = datetime.fromisoformat(said["at"])
    return Proposal(quota, at, said["amount"], said["note"], said["by"], said["mark"])


def approve_correction(actor: User, text: str) -> QuotaEntry:
    """Book what a colleague proposed, once. Raises NotAllowed or RequestError."""
    proposal = read_proposal(text)
    proposer = get_user_model().objects.get(pk=proposal.proposed_by)
    note = f"{proposal.note} (proposal {proposal.mark})"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"proposal {proposal.mark}"])
        if QuotaEntry.objects.filter(quota=proposal.quota, kind=QuotaEntry.Kind.ADJUST, note=note).exists():
            raise RequestError(
                "This proposal was approved already.",
                how_to_fix="Propose another correction if there is more to correct.",
                code="quota.proposal",
            )
        return adjust(proposer, actor, proposal.quota, proposal.at, proposal.amount, note)
