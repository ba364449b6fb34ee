"""Verify one receipt against a file's digest and a trust file. Pure: no files, no network, no clock.

What must hold, in this order (verify.py prints it):

1. receipt: a Sigstore bundle v0.3 with one DSSE envelope and at most one log entry, nothing else in it; or a C2SP
   tlog-proof whose extra line is the DSSE envelope.
2. statement: the envelope holds a canonical in-toto statement v1 of a kind we issue, about one subject.
3. file digest: SHA-256 of the file in hand is the subject's digest; an event is about no file.
4. record signature: a record key of the trust file signed the statement (DSSE v1, ECDSA P-256).
5. log entry: the entry is the hashedrekord of this very envelope: digest over the PAE, signature and key. A
   tlog-proof holds no entry: it is rebuilt from the envelope and the trusted key.
6. checkpoint: a log key of the trust file signed it, for the trusted origin and a size the key is valid for.
7. inclusion: the entry is in the tree of the size and root *in the signed checkpoint* (RFC 9162 §2.1.3.2).
8. order: the record quotes an earlier checkpoint of the same log, and its key was in use at its index.

The first step that fails ends the verification; nothing the statement says is shown before all have passed.
A key that is not in the trust file counts as a failure, not as a doubt: the file lists every key that ever
signed, so the maker of a receipt can never choose the milder verdict by choosing the key. A receipt without a
log entry passes steps 1 to 4 and then "cannot tell": it is signed, but not yet in the log.

Not covered here: witnesses and time stamps; that the quoted checkpoint is a prefix of the signed one (that takes
an audit of the log or a consistency proof); the truth of what was stated, and when. A receipt proves that its record
is not older than the checkpoint it quotes, if that was signed; the time it claims is the issuer's word.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Generator
from dataclasses import dataclass

from governance.errors import GovernanceError
from governance.ledger import merkle
from governance.ledger.bundle import LogEntry
from governance.ledger.checks import check_in_use, check_quote, open_trusted, statement_of, trusted_record_key
from governance.ledger.errors import CannotTell, TamperedError
from governance.ledger.presented import Presented, check_copies, leaf_of, read_receipt
from governance.ledger.proof import verify_inclusion
from governance.ledger.summary import Summary, summarise
from governance.ledger.tlog_proof import TlogProof
from governance.ledger.trust import Trust
from governance.provenance import envelope as dsse
from governance.provenance.canonical import JSON
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement

SOUND, TAMPERED, CANNOT_TELL = "sound", "tampered", "cannot-tell"
EXIT_CODES = {SOUND: 0, TAMPERED: 1, CANNOT_TELL: 2}
OK, FAILED, OPEN, NOT_REACHED = "ok", "failed", "cannot tell", "not reached"
_SHA256 = re.compile(r"[0-9a-f]{64}")
STEPS = (
    "receipt",
    "statement",
    "file digest",
    "record signature",
    "log entry",
    "checkpoint",
    "inclusion",
    "order",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One check: number and name as above, status ok | failed | cannot tell | not reached, what was found."""

    number: int
    name: str
    status: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. ``summary`` holds (label, value) pairs of the statement, and only when sound."""

    verdict: str
    steps: tuple[Step, ...]
    summary: Summary

    @property
    def exit_code(self) -> int:
        """0 sound, 1 tampered, 2 cannot tell."""
        return EXIT_CODES[self.verdict]

    @property
    def stopped_at(self) -> Step | None:
        """The step that did not pass, or None."""
        return next((step for step in self.steps if step.status in (FAILED, OPEN)), None)

    def as_json(self) -> dict[str, JSON]:
        return {
            "verdict": self.verdict,
            "steps": [
                {"number": step.number, "name": step.name, "status": step.status, "detail": step.detail}
                for step in self.steps
            ],
            "summary": dict(self.summary) if self.summary else None,
        }


def verify_receipt(receipt: bytes, file_sha256: str | None, trust: Trust) -> Report:
    """Verify ``receipt`` for a file of digest ``file_sha256`` (hex), None for an event, which has no file.

    Bad evidence is reported, not raised.
    """
    examination = _examine(receipt, file_sha256, trust)
    steps: list[Step] = []
    for number, name in enumerate(STEPS, start=1):
        try:
            steps.append(Step(number, name, OK, next(examination)))
        except CannotTell as error:
            return _stopped(CANNOT_TELL, steps, Step(number, name, OPEN, _sentence(error)))
        except GovernanceError as error:
            return _stopped(TAMPERED, steps, Step(number, name, FAILED, _sentence(error)))
    try:
        next(examination)
    except StopIteration as end:
        return Report(SOUND, tuple(steps), end.value)
    # More checks than names would mean that a check ran without being reported.
    raise TamperedError(f"Got more checks than the {len(STEPS)} steps that are listed.")


def _examine(receipt: bytes, file_sha256: str | None, trust: Trust) -> Generator[str, None, Summary]:
    """Run the steps in the order of STEPS: yield what was found, raise where a step does not pass."""
    # (1)
    found = read_receipt(receipt)
    yield f"in the log at index {found.entry.index}" if found.entry else "signed, pending"
    # (2)
    statement = statement_of(found.envelope)
    yield f"{statement.predicate.kind} record {statement.predicate.record_id}"
    # (3)
    yield _check_file(statement, file_sha256)
    # (4)
    record_key = trusted_record_key(found.envelope.key_id, trust)
    dsse.verify(found.envelope, record_key.public_key)
    yield f"by record key {record_key.key_id}"
    # (5)
    entry = _entry(found)
    leaf_hash = merkle.leaf_hash(leaf_of(found, entry, record_key))
    yield f"leaf hash {leaf_hash.hex()}"
    # (6)
    opened = open_trusted(entry.checkpoint_note, trust)
    check_copies(entry, opened)
    checkpoint = opened.checkpoint
    yield f"{checkpoint.origin}, {checkpoint.size} entries, root {checkpoint.root.hex()}"
    # (7)
    verify_inclusion(leaf_hash, entry.index, checkpoint.size, entry.path, checkpoint.root)
    yield f"entry {entry.index} of {checkpoint.size}"
    # (8)
    check_quote(statement, entry.index, trust.origin)
    check_in_use(record_key, entry.index)
    yield f"quotes checkpoint {statement.predicate.prev_checkpoint.size}, stands at index {entry.index}"
    return summarise(statement, entry.index, checkpoint)


def _check_file(statement: Statement, file_sha256: str | None) -> str:
    if file_sha256 is None:
        if isinstance(statement.predicate, LedgerEvent):
            return "an event, about no file"
        raise CannotTell("The receipt is for a file, and none was given.", how_to_fix="Name it with --file.")
    if _SHA256.fullmatch(file_sha256) is None:
        raise CannotTell(f"Got file digest {file_sha256!r:.80}, expected 64 lower-case hex digits.")
    if not hmac.compare_digest(file_sha256, statement.subject.sha256):
        raise TamperedError(
            f"The file has SHA-256 {file_sha256}, the record speaks of {statement.subject.sha256}.",
            how_to_fix="This is not the recorded file: compare with the original delivery, byte for byte.",
        )
    return f"SHA-256 {file_sha256}"


def _entry(receipt: Presented) -> LogEntry | TlogProof:
    if receipt.entry is None:
        raise CannotTell(
            "The receipt is signed but pending: it holds no log entry, so nothing proves it is in the log.",
            how_to_fix="Ask for the receipt again; entries are taken in within seconds.",
        )
    return receipt.entry


def _stopped(verdict: str, passed: list[Step], stop: Step) -> Report:
    rest = [Step(number, STEPS[number - 1], NOT_REACHED, "") for number in range(stop.number + 1, len(STEPS) + 1)]
    return Report(verdict, (*passed, stop, *rest), ())


def _sentence(error: GovernanceError) -> str:
    return f"{error.message} {error.how_to_fix}".rstrip()
