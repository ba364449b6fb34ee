"""What an audit is given and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.ledger.checkpoint import Checkpoint
from governance.ledger.tile import TileReader
from governance.ledger.verification import EXIT_CODES
from governance.provenance.canonical import JSON
from governance.provenance.envelope import Envelope

STEPS = (
    "checkpoints",
    "sequence",
    "entries",
    "roots",
    "tiles",
    "statements",
    "signatures",
    "order",
    "corrections",
    "continuity",
)
CHECKPOINTS, SEQUENCE, ENTRIES, ROOTS, TILES, STATEMENTS, SIGNATURES, ORDER, CORRECTIONS, CONTINUITY = STEPS
OF_STATEMENTS = (STATEMENTS, SIGNATURES, ORDER, CORRECTIONS)
NOT_ASKED = "not asked"
# How far two clocks of one service may differ; more is a matter for a clock-alarm.
TOLERANCE = timedelta(seconds=2)
# How long a record may wait for its place once the log went on after the checkpoint it quotes.
MERGE_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AuditedEntry:
    """One entry as it is kept: index, leaf bytes, and the signed statement.

    ``envelope`` is an Envelope, or one line of ``envelopes.jsonl`` (see log_lines.py), or None for a statement that
    is not there (lost in a restore, or withheld). ``record_id``, where the keeper has one, must be the statement's.
    """

    index: int
    leaf: bytes
    envelope: Envelope | bytes | None
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedCheckpoint:
    """A signed checkpoint as it is kept. ``root`` in hex; ``published_at`` is the keeper's word, None if not known."""

    size: int
    root: str
    note: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What to check beyond the entries themselves.

    ``read_tile`` gives the published hash tiles; ``old_checkpoint`` is a note kept from earlier. ``processes``: how
    many check signatures, None for one per core. ``cap``: findings listed per step; all are counted.
    ``tolerance`` and ``merge_window``: see audit_times.py.
    """

    structure_only: bool = False
    old_checkpoint: str | None = None
    read_tile: TileReader | None = None
    processes: int | None = None
    tolerance: timedelta = TOLERANCE
    cap: int = 20
    merge_window: timedelta = MERGE_WINDOW


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold (``failed``) or cannot be judged (``cannot tell``), and where."""

    status: str
    message: str
    index: int | None = None
    record_id: str | None = None

    def as_json(self) -> dict[str, JSON]:
        return {
            "status": self.status,
            "index": self.index,
            "record_id": self.record_id,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class AuditStep:
    """One step: status ok | failed | cannot tell | not asked, how many things were checked, what was found.

    ``findings`` holds the first ones only; ``total`` counts all.
    """

    number: int
    name: str
    status: str
    checked: int
    detail: str
    findings: tuple[Finding, ...]
    total: int

    def as_json(self) -> dict[str, JSON]:
        return {
            "number": self.number,
            "name": self.name,
            "status": self.status,
            "checked": self.checked,
            "detail": self.detail,
            "total": self.total,
            "findings": [finding.as_json() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found: verdict sound | tampered | cannot-tell over ``entries`` entries.

    ``lost``: entries whose statement is withheld or lost; ``structure_only``: statements were not looked at.
    ``newest``: the newest sound checkpoint, up to which the verdict reaches; None without any. That the log did not go
    on after it, or was not cut back to it, can only be told with an old checkpoint: ``continuity_asked``.
    """

    verdict: str
    structure_only: bool
    entries: int
    lost: int
    steps: tuple[AuditStep, ...]
    newest: Checkpoint | None

    @property
    def exit_code(self) -> int:
        """0 sound, 1 tampered, 2 cannot tell."""
        return EXIT_CODES[self.verdict]

    @property
    def continuity_asked(self) -> bool:
        """Whether an old checkpoint was given to compare with."""
        return self.step(CONTINUITY).status != NOT_ASKED

    def step(self, name: str) -> AuditStep:
        """Return the step of this name."""
        return next(step for step in self.steps if step.name == name)

    def as_json(self) -> dict[str, JSON]:
        return {
            "verdict": self.verdict,
            "structure_only": self.structure_only,
            "entries": self.entries,
            "lost": self.lost,
            "up_to": _up_to(self.newest),
            "continuity_asked": self.continuity_asked,
            "steps": [step.as_json() for step in self.steps],
        }


def _up_to(newest: Checkpoint | None) -> dict[str, JSON] | None:
    if newest is None:
        return None
    return {
        "last_entry": newest.size - 1 if newest.size else None,
        "size": newest.size,
        "root": newest.root.hex(),
        "origin": newest.origin,
    }
