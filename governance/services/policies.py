"""Revisions of the organisation's own policy: drafted by one person, approved by another, taken back by an act."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from governance.access import User, require
from governance.errors import RequestError
from governance.models import PolicySet, PolicySetApproval, PolicySetWithdrawal
from governance.policy.facts import OrganisationPolicy
from governance.policy.ruleset import STANDARD
from governance.policy.settings import check_policy
from governance.provenance.canonical import sha256_hex
from governance.rights.organisation import SHIPPED, policy_body
from governance.services.entries import record_event
from governance.services.reasons import check_reason
from governance.services.words import check_words

_NUMBERING_LOCK = 0x504F4C49


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """What a revision is to say. ``policy.revision`` is given by the service; ``mode``: enforce or log_only."""

    effective_from: datetime
    note: str
    policy: OrganisationPolicy = field(default=SHIPPED)
    mode: str = PolicySet.Mode.ENFORCE


def draft_policy(actor: User, draft: PolicyDraft) -> PolicySet:
    """Record a revision. It binds nobody until another person approves it.

    Raises NotAllowed, or RequestError ``policy.no_note``, ``policy.setting`` or ``policy_mode.unknown``.
    """
    require(actor, "policy.draft")
    check_words("policy_mode", [draft.mode], PolicySet.Mode.values)
    if not draft.note.strip():
        raise RequestError(
            "A policy revision needs a note on what changes and why; got none.",
            how_to_fix="Write a sentence for whoever approves it, and for the report.",
            code="policy.no_note",
        )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERING_LOCK])
        newest = PolicySet.objects.order_by("-revision").values_list("revision", flat=True).first()
        policy = replace(draft.policy, revision=(newest or SHIPPED.revision) + 1, approved=True)
        check_policy(policy, STANDARD)
        body = policy_body(policy)
        row = PolicySet.objects.create(
            revision=policy.revision,
            body=body.decode(),
            digest=sha256_hex(body),
            mode=draft.mode,
            effective_from=draft.effective_from,
            note=draft.note.strip(),
            drafted_by_id=actor.pk,
        )
        record_event("policy-set", "drafted", row, details=_details(row))
    return row


def approve_policy(actor: User, policy_set: PolicySet) -> PolicySetApproval:
    """Stand behind another person's revision. From its effective date every gate asks under it."""
    require(actor, "policy.approve")
    if policy_set.drafted_by_id == actor.pk:
        raise RequestError(
            f"{policy_set} was drafted by you; another person has to approve it.",
            how_to_fix="Ask a colleague with the legal role.",
            code="policy.same_person",
        )
    if PolicySetWithdrawal.objects.filter(policy_set=policy_set).exists():
        raise RequestError(f"{policy_set} was withdrawn.", how_to_fix="Draft it anew.", code="policy.withdrawn")
    try:
        with transaction.atomic():
            approval = PolicySetApproval.objects.create(policy_set=policy_set, approved_by_id=actor.pk)
            record_event("policy-set", "approved", policy_set, approval, details=_details(policy_set))
    except IntegrityError as problem:
        raise RequestError(f"{policy_set} is approved already.", code="policy.approved") from problem
    return approval


def withdraw_policy(actor: User, policy_set: PolicySet, reason: str) -> PolicySetWithdrawal:
    """Take a revision back: the one before is in force again, or a trial is over. Decisions made under it stay."""
    require(actor, "policy.withdraw")
    said = check_reason("policy.no_reason", "A withdrawal", reason)
    try:
        with transaction.atomic():
            taken_back = PolicySetWithdrawal.objects.create(
                policy_set=policy_set, reason=said, withdrawn_by_id=actor.pk
            )
            record_event("policy-set", "withdrawn", policy_set, taken_back, details=_details(policy_set))
    except IntegrityError as problem:
        raise RequestError(f"{policy_set} was withdrawn already.", code="policy.withdrawn") from problem
    return taken_back


def _details(row: PolicySet) -> dict[str, str | int | None]:
    return {"revision": row.revision, "mode": row.mode, "digest": row.digest}
