"""What the signer keeps in its folder: the checkpoint signed last, and the evidence of what it refused.

Outside the database, and never part of its backups: restored together with it, the memory would forget just what a
rolled-back database wants forgotten.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from governance.adapters.durable import replace_file, write_once
from governance.adapters.signer_wire import (
    LastSigned,
    SignerRefused,
    SignRequest,
    memory_json,
    read_memory,
    request_json,
)
from governance.errors import GovernanceError
from governance.ledger.checkpoint import open_checkpoint
from governance.ledger.note import VerifierKey
from governance.ledger.proof import MAX_PATH
from governance.provenance.canonical import JSON, parse_strict, timestamp

# Of each kind of refusal the first ones tell what happened; a ledger process that asks again and again, or somebody
# who tries many trees, must not fill the disk.
MAX_EVIDENCE = 100
STATE = "last-signed.json"
logger = logging.getLogger(__name__)


def has_memory(folder: Path) -> bool:
    """Whether a signer with this folder ever signed."""
    return (folder / STATE).exists()


class Memory:
    """The folder of one signer, for the log named by ``key``."""

    def __init__(self, folder: Path, key: VerifierKey) -> None:
        self._key = key
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._state = folder / STATE
        self._lock = folder / "lock"
        self._refused = folder / "refused"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Compare-and-swap: from reading the last checkpoint to writing the next nobody else may do either."""
        with open(os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def last(self) -> LastSigned | None:
        """What was signed last, None if nothing ever was.

        Raises SignerRefused ``signer.damaged`` unless the note kept is signed by our key, for our log, and says the
        size and root kept beside it: a memory that was edited must not steer what is signed next.
        """
        try:
            content = self._state.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise self._damaged(problem.strerror or str(problem)) from problem
        try:
            state = parse_strict(content)
            if not isinstance(state, dict) or not isinstance(origin := state.pop("origin", None), str):
                raise self._damaged("it names no log")
            found = read_memory({"signed_at": None, **state})
            self._check_origin(origin)
            signed = open_checkpoint(found.note, [self._key], self._key.name).checkpoint
        except GovernanceError as problem:
            if problem.code in (SignerRefused.code, "signer.damaged"):
                raise
            raise self._damaged(problem.message) from problem
        if (signed.size, signed.root) != (found.size, found.root):
            raise self._damaged(f"it says {found.size} leaves, root {found.root.hex()}; its note {signed.size}")
        return found

    def remember(self, signed: LastSigned) -> None:
        """Durable when this returns."""
        replace_file(self._state, json.dumps({"origin": self._key.name, **memory_json(signed)}).encode())

    def keep_evidence(self, refusal: SignerRefused, last: LastSigned, asked: SignRequest, at: datetime) -> None:
        """Keep what was asked and refused: the first time, and the first ``MAX_EVIDENCE`` of a kind.

        A disk that is full or closed must not turn a refusal into something else: it is only reported.
        """
        kind = refusal.code.rpartition(".")[2]
        # While the clock is wrong every tree is refused, and none of them is to blame: one file per last signature.
        tree = last if kind == "clock" else asked
        name = f"{kind}-{tree.size}-{hashlib.sha256(tree.root).hexdigest()[:16]}.json"
        content: dict[str, JSON] = {
            "code": refusal.code,
            "message": refusal.message,
            "at": timestamp(at),
            "asked": request_json(SignRequest(asked.size, asked.root, asked.consistency[: MAX_PATH + 1])),
            "signed_before": memory_json(last),
        }
        try:
            self._refused.mkdir(mode=0o700, exist_ok=True)
            path = self._refused / name
            if path.exists() or len(list(self._refused.glob(f"{kind}-*.json"))) >= MAX_EVIDENCE:
                return
            if write_once(path, json.dumps(content, indent=1).encode()):
                logger.warning("refused (%s), evidence kept in %s: %s", refusal.code, path, refusal.message)
        except OSError as problem:
            logger.error("refused (%s), and no evidence could be kept: %s", refusal.code, problem)

    def _check_origin(self, origin: str) -> None:
        if origin != self._key.name:
            raise SignerRefused(
                f"The signer's state is for {origin!r}; expected {self._key.name!r}.",
                how_to_fix="Give every log its own CLEARCUT_SIGNER_DIR.",
                permanent=True,
            )

    def _damaged(self, why: str) -> SignerRefused:
        return SignerRefused(
            f"The signer's state in {self._state} cannot be read: {why.rstrip('.')}.",
            how_to_fix="Restore the file; never delete it: without it a second history could be signed.",
            code="signer.damaged",
            permanent=True,
        )
