"""Contracts as recorded: the paper behind purchased rights. An amendment is a new version with its own papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from governance.access import User, require
from governance.errors import RequestError
from governance.models import Contract
from governance.services.entries import record_event
from governance.services.numbering import next_ref, next_version
from governance.services.papers import check_papers, check_text, keep_papers

LONGEST_NOTICE = 3650


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What the paper says of itself. ``notice_days`` and ``auto_renews`` None: it does not say.

    ``affiliates``: companies of the licensee's group that may use the rights as well.
    """

    title: str
    licensor: str
    licensee: str
    reference: str
    signed_on: date
    affiliates: tuple[str, ...] = ()
    governing_law: str = ""
    notice_days: int | None = None
    auto_renews: bool | None = None


def enter_contract(actor: User, terms: ContractTerms, evidence: tuple[bytes, ...], ref: str = "") -> Contract:
    """Record a new contract, or with ``ref`` its next version. It gives no right: entitlements under it do.

    Raises NotAllowed or RequestError naming the field that does not fit.
    """
    require(actor, "contract.enter")
    _check(terms)
    check_papers("contract", evidence)
    with transaction.atomic():
        if ref:
            _check_amendment(ref, terms.signed_on)
        ref = ref or next_ref("CTR", Contract)
        contract = Contract.objects.create(
            ref=ref,
            version=next_version(Contract, ref),
            title=terms.title.strip(),
            licensor=terms.licensor.strip(),
            licensee=terms.licensee.strip(),
            affiliates=list(dict.fromkeys(name.strip() for name in terms.affiliates)),
            reference=terms.reference.strip(),
            signed_on=terms.signed_on,
            governing_law=terms.governing_law.strip(),
            notice_days=terms.notice_days,
            auto_renews=terms.auto_renews,
            evidence_sha256s=keep_papers(evidence),
            entered_by_id=actor.pk,
        )
        record_event("contract", "entered", contract, details={"version": contract.version})
    return contract


def newest_contract(ref: str) -> Contract:
    """The contract as it stands, last amendment included. Raises RequestError ``contract.unknown``."""
    found = Contract.objects.filter(ref=ref).order_by("-version").first()
    if found is None:
        raise RequestError(
            f"There is no contract {ref}.", how_to_fix="Enter the contract first.", code="contract.unknown"
        )
    return found


def _check(terms: ContractTerms) -> None:
    check_text("contract", "title", terms.title, 160)
    check_text("contract", "licensor", terms.licensor, 120)
    check_text("contract", "licensee", terms.licensee, 120)
    check_text("contract", "reference", terms.reference, 120)
    for name in terms.affiliates:
        check_text("contract", "affiliates", name, 120)
    if terms.governing_law.strip():
        check_text("contract", "governing_law", terms.governing_law, 80)
    today = timezone.now().date()
    if terms.signed_on > today:
        raise RequestError(
            f"Signed on {terms.signed_on}, which is later than today ({today}).",
            how_to_fix="Correct the date, or enter the contract once it is signed.",
            code="contract.signed_on",
        )
    if terms.notice_days is not None and not 0 <= terms.notice_days <= LONGEST_NOTICE:
        raise RequestError(
            f"Notice of {terms.notice_days} days; expected 0 to {LONGEST_NOTICE}, or nothing if the paper is silent.",
            how_to_fix="Give the period of notice in days.",
            code="contract.notice_days",
        )


def _check_amendment(ref: str, signed_on: date) -> None:
    before = newest_contract(ref)
    if signed_on < before.signed_on:
        raise RequestError(
            f"Signed on {signed_on}, before version {before.version} of {ref} ({before.signed_on}).",
            how_to_fix="An amendment is signed after what it amends: correct the date, or enter a contract of its own.",
            code="contract.signed_on",
        )
