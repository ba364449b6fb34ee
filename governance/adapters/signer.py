"""The signer of checkpoints: in this process, or asked over a socket in the process that alone holds the key.

It signs a larger tree only with a proof that the one it signed before is its beginning, so a restored or rewritten
database cannot obtain a second history under the same name.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from governance.adapters.signer_memory import Memory
from governance.adapters.signer_places import socket_address
from governance.adapters.signer_wire import (
    LastSigned,
    SignerRefused,
    SignerUnreachable,
    SignRequest,
    malformed,
    read_last,
    read_note,
    receive_line,
    request_json,
    send_line,
)
from governance.errors import GovernanceError
from governance.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from governance.ledger.errors import NoteError, ProofError
from governance.ledger.keys import LogKey
from governance.ledger.note import VerifierKey
from governance.ledger.proof import verify_consistency
from governance.provenance.canonical import JSON, timestamp

__all__ = ["LastSigned", "RemoteSigner", "Signer", "SignerRefused", "SignerUnreachable"]

ANSWER_SECONDS = 10.0
_INVESTIGATE = "Keep both, stop writing, and investigate."


class Signer:
    """Signs checkpoints of one log with compare-and-swap on a state folder."""

    def __init__(self, folder: Path, origin: str, key: LogKey) -> None:
        self._key = key
        self._public = VerifierKey(origin, key.public_key().public_bytes_raw())
        self._memory = Memory(folder, self._public)

    def verifier_key(self) -> VerifierKey:
        """The public half of the key, under the log's name."""
        return self._public

    def last(self) -> LastSigned | None:
        """What was signed last, or None for a signer that never signed. Raises SignerRefused ``signer.damaged``."""
        return self._memory.last()

    def sign(self, size: int, root: bytes, consistency: tuple[bytes, ...]) -> str:
        """The signed note for a tree of ``size`` leaves.

        ``consistency`` proves that the tree signed last is a prefix (RFC 6962 §2.1.2; empty for the first or same
        size). The state is durable before the note leaves. Raises SignerRefused: ``signer.rollback``, ``.fork``,
        ``.clock`` (evidence of these is kept in the folder), ``.damaged``, ``.malformed``, ``.key``.

        A signer without memory signs any first tree: whether it should remember one is for the caller to know.
        """
        asked = SignRequest(size, root, consistency)
        with self._memory.exclusive():
            last = self._memory.last()
            if last is not None and (size, root) == (last.size, last.root):
                return last.note
            now = datetime.now(UTC)
            refusal = _objection(last, asked, now) if last else None
            if last and refusal:
                self._memory.keep_evidence(refusal, last, asked, now)
                raise refusal
            note = self._signed(asked)
            self._memory.remember(LastSigned(size, root, note, now))
            return note

    def _signed(self, asked: SignRequest) -> str:
        try:
            checkpoint = Checkpoint(self._public.name, asked.size, asked.root)
        except NoteError as problem:
            raise malformed(problem.message) from problem
        note = sign_checkpoint(checkpoint, self._key)
        try:
            # The key may be held elsewhere. Remembered unchecked, a bad signature would end the log.
            open_checkpoint(note, [self._public], self._public.name)
        except NoteError as problem:
            raise SignerRefused(
                f"The key's holder gave no signature by {self._public.text}.",
                how_to_fix="Check CLEARCUT_LOG_KEY and what holds the key. Nothing was signed.",
                code="signer.key",
            ) from problem
        return note


class RemoteSigner:
    """The same, asked over the signer's socket: this process needs neither the key nor the memory.

    Every method raises SignerRefused with the signer's own code, or SignerUnreachable (never permanent).
    """

    def __init__(self, path: Path, seconds: float = ANSWER_SECONDS) -> None:
        self._path = path
        self._seconds = seconds

    def verifier_key(self) -> VerifierKey:
        """The public half of the signer's key, under the log's name."""
        return read_last(self._ask(None))[0]

    def last(self) -> LastSigned | None:
        """What was signed last, or None for a signer that never signed."""
        return read_last(self._ask(None))[1]

    def sign(self, size: int, root: bytes, consistency: tuple[bytes, ...]) -> str:
        """The signed note, as from ``Signer.sign``. Whose signature it bears is for the trust file to say."""
        note = read_note(self._ask(SignRequest(size, root, consistency)))
        try:
            signed = Checkpoint.from_text(note.partition("\n\n")[0] + "\n")
        except GovernanceError as problem:
            raise malformed(problem.message) from problem
        if (signed.size, signed.root) != (size, root):
            raise malformed(f"Asked for {size} leaves, root {root.hex()}; got a note for {signed.size}.")
        return note

    def _ask(self, request: SignRequest | None) -> JSON:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._seconds)
                connection.connect(os.fspath(socket_address(self._path)))
                with suppress(BrokenPipeError):  # refused before it was read: the answer says why
                    send_line(connection, request_json(request))
                return receive_line(connection, self._seconds)
        except OSError as problem:
            raise SignerUnreachable(
                f"The signer does not answer at {self._path}: {problem.strerror or problem}.",
                how_to_fix="Start it: `python -m governance.adapters.signer_process`, or `make run` for everything. "
                "Check CLEARCUT_SIGNER_SOCKET and who may use it. Nothing is lost meanwhile: entries wait.",
            ) from problem


def _objection(last: LastSigned, asked: SignRequest, now: datetime) -> SignerRefused | None:
    """Why ``asked`` may not be signed after ``last``, the gravest reason first."""
    if asked.size <= last.size:
        same = asked.size == last.size
        what = "another root for the same size" if same else "a smaller tree"
        return SignerRefused(
            f"Shown {what}: {asked.size} leaves, root {asked.root.hex()};"
            f" signed before: {last.size}, {last.root.hex()}.",
            how_to_fix=f"The database was rolled back or altered. {_INVESTIGATE}",
            code="signer.fork" if same else "signer.rollback",
            permanent=True,
        )
    try:
        verify_consistency(last.size, asked.size, asked.consistency, last.root, asked.root)
    except ProofError:
        return SignerRefused(
            f"The tree of {asked.size} leaves does not continue the one of {last.size} signed before.",
            how_to_fix=f"The database was altered. {_INVESTIGATE}",
            code="signer.fork",
            permanent=True,
        )
    if last.signed_at is not None and now < last.signed_at:
        return SignerRefused(
            f"The clock says {timestamp(now)}, but the last checkpoint was signed at {timestamp(last.signed_at)}.",
            how_to_fix="Correct this machine's clock; signing goes on once it is past that time. If it was ahead when "
            "that was signed, write the true time as signed_at into last-signed.json in CLEARCUT_SIGNER_DIR.",
            code="signer.clock",
        )
    return None
