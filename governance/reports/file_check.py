"""A file somebody brings: whether its bytes are those of a record, what was decided then, and how it stands today.

Only records of clients the reader may see are known here. A file of another client's is answered as one that nobody
ever recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from governance.access import User
from governance.adapters import keys, pictures
from governance.adapters.content_credentials_reading import read_claim
from governance.ledger.trust import Trust
from governance.ledger.verification import OK, Report, verify_receipt
from governance.models import Output
from governance.reports.evidence import receipt_bytes
from governance.reports.outputs import visible_outputs
from governance.reports.present_state import PresentState, present_state
from governance.rights.facts import made_under_verdict

# One picture made twice may give the same bytes twice. The newest are shown.
_SHOWN = 3
_SIGNATURE_STEP = 4


@dataclass(frozen=True, slots=True)
class Brought:
    """The file as it came in: its name, SHA-256 (hex) and size in bytes, and the receipt beside it if there is one."""

    name: str
    sha256: str
    size: int
    content: BinaryIO
    receipt: bytes | None = None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A record of exactly these bytes. ``verified``: the receipt we would issue now, checked against the file."""

    record: UUID
    output: int
    file_name: str
    media_type: str
    width: int
    height: int
    client: str
    target: str
    target_id: int
    model: str
    decision: int
    decided_at: datetime
    outcome: str
    duties: int
    verified: Report
    state: PresentState


@dataclass(frozen=True, slots=True)
class ClaimedFile:
    """A record that the file says it is of, though its bytes are others. ``made_from``: it says so of a picture it was
    made from."""

    record: UUID
    output: int
    file_name: str
    sha256: str
    made_from: bool


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What there is to say. ``receipt`` None: none was brought."""

    name: str
    sha256: str
    size: int
    known: tuple[KnownFile, ...]
    more: int
    claimed: ClaimedFile | None
    receipt: Report | None


def check_file(user: User, brought: Brought, at: datetime) -> FileCheck:
    """Look the file up among the records ``user`` may see, and verify the receipt brought with it, whosever it is."""
    trust = keys.trust()
    rows = visible_outputs(user).filter(sha256=brought.sha256).select_related("provenance").order_by("-pk")
    found = list(rows)
    return FileCheck(
        name=brought.name,
        sha256=brought.sha256,
        size=brought.size,
        known=tuple(_known(output, trust, at) for output in found[:_SHOWN]),
        more=max(0, len(found) - _SHOWN),
        claimed=None if found else _claimed(user, brought.content),
        receipt=verify_receipt(brought.receipt, brought.sha256, trust) if brought.receipt is not None else None,
    )


def _known(output: Output, trust: Trust, at: datetime) -> KnownFile:
    cutout, decision = output.cutout, output.cutout.decision
    target = cutout.job.target
    verified = verify_receipt(receipt_bytes(output), output.sha256, trust)
    return KnownFile(
        record=output.record_id,
        output=output.pk,
        file_name=cutout.asset.file_name,
        media_type=output.media_type,
        width=output.width,
        height=output.height,
        client=target.project.client.name,
        target=target.name,
        target_id=target.pk,
        model=cutout.job.model.title,
        decision=decision.pk,
        decided_at=decision.decided_at,
        outcome=decision.outcome,
        duties=len(made_under_verdict(decision).duties),
        verified=verified,
        state=present_state(output, at, record_verified=_signed(verified)),
    )


def _signed(verified: Report) -> bool:
    """Whether all steps hold up to the signature, whatever the log has taken in yet."""
    steps: Iterable[str] = (step.status for step in verified.steps[:_SIGNATURE_STEP])
    return all(status == OK for status in steps)


def _claimed(user: User, content: BinaryIO) -> ClaimedFile | None:
    """The visible record that the file names in its own metadata, if it names one."""
    content.seek(0)
    data = content.read()
    media_type = pictures.media_type_of(data)
    claim = read_claim(data, media_type) if media_type else None
    if claim is None or claim.record_id is None:
        return None
    output = visible_outputs(user).filter(record_id=claim.record_id).first()
    if output is None:
        return None
    return ClaimedFile(
        record=output.record_id,
        output=output.pk,
        file_name=output.cutout.asset.file_name,
        sha256=output.sha256,
        made_from=claim.found_in == "ingredient",
    )
