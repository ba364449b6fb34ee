"""Bring entries back that a restored or failed-over database no longer holds, from the log's files.

What was signed is proved by the root the signer remembers. What was only written is taken back if its record still
waits and is let in like any other: whoever can write to the folder could have put the rest there.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections

from governance.adapters.log_files import LogFiles
from governance.adapters.signer import LastSigned
from governance.errors import PlatformError
from governance.ledger.edge import Edge
from governance.ledger.errors import TamperedError
from governance.ledger.merkle import leaf_hash
from governance.services.ledger_admission import Gate, waiting_with
from governance.services.ledger_tree import ALIAS, NewEntry, append

_BUNDLES_AT_ONCE = 16
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Replay:
    """Entries ``[first, end)`` to be brought back.

    Up to ``boundary`` they were signed for; the statements of ``lost`` of these are gone with the database. From there
    on their records wait: nothing is lost.
    """

    first: int
    boundary: int
    end: int
    lost: int


def plan(files: LogFiles, edge: Edge, signed: LastSigned | None) -> Replay:
    """See whether the files continue ``edge`` through what was signed; nothing is written.

    Raises PlatformError ``log.short``, ``ledger.fork`` or ``ledger.leaf_twice``.
    """
    first, lost = edge.size, 0
    boundary = max(first, signed.size if signed else 0)
    for leaves in files.leaves(first, boundary):
        edge = edge.append(leaf_hash(leaf) for leaf in leaves)
        lost += sum(record is None for record in _records(leaves))
    if signed is not None and boundary == signed.size and edge.root() != signed.root:
        raise PlatformError(
            f"With the log's files the tree of {signed.size} entries has root {edge.root().hex()};"
            f" signed was {signed.root.hex()}.",
            how_to_fix="The database or CLEARCUT_LOG_DIR was altered. Keep both, stop writing, and investigate.",
            code="ledger.fork",
            permanent=True,
        )
    return Replay(first, boundary, _end_of_waiting(files, boundary), lost)


def _end_of_waiting(files: LogFiles, boundary: int) -> int:
    """How far beyond what was signed the files hold nothing but entries whose records wait and may come in."""
    end, gate, seen = boundary, None, set[uuid.UUID]()
    try:
        for leaves in files.leaves(boundary, files.size()):
            gate = gate or Gate()
            for waiting in waiting_with(leaves):
                if waiting is None or waiting.record_id in seen or gate.objection(waiting, end):
                    return end
                seen.add(waiting.record_id)
                end += 1
    except (PlatformError, TamperedError) as problem:
        logger.warning("The log's files beyond entry %s cannot be read: %s", end, problem)
    return end


def carry_out(files: LogFiles, edge: Edge, replay: Replay) -> Edge:
    """Give the leaves their places again, within ``alone``; a record that waits takes its own."""
    return _bring_back(files, _bring_back(files, edge, replay.boundary), replay.end)


def _bring_back(files: LogFiles, edge: Edge, end: int) -> Edge:
    for leaves in _gathered(files.leaves(edge.size, end)):
        entries = [NewEntry(leaf, record) for leaf, record in zip(leaves, _records(leaves), strict=True)]
        known = [entry.record_id for entry in entries if entry.record_id is not None]
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("DELETE FROM governance_pendingentry WHERE record_id = ANY(%s)", [known])
        edge = append(edge, entries)
    return edge


def _gathered(bundles: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for number, leaves in enumerate(bundles, 1):
        batch += leaves
        if number % _BUNDLES_AT_ONCE == 0:
            yield batch
            batch = []
    if batch:
        yield batch


def _records(leaves: list[bytes]) -> list[uuid.UUID | None]:
    """The waiting record of each leaf, None where there is none any more."""
    digests = [hashlib.sha256(leaf).digest() for leaf in leaves]
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT sha256(r.leaf), r.id, p.record_id IS NOT NULL FROM governance_provenancerecord r"
            " LEFT JOIN governance_pendingentry p ON p.record_id = r.id WHERE sha256(r.leaf) = ANY(%s)",
            [digests],
        )
        found = {bytes(digest): (record_id, waits) for digest, record_id, waits in cursor.fetchall()}
    if placed := [record_id for record_id, waits in found.values() if not waits]:
        raise PlatformError(
            f"Record {placed[0]} has a place in the log, and the log's files give it another.",
            how_to_fix="The database or CLEARCUT_LOG_DIR was altered. Keep both, stop writing, and investigate.",
            code="ledger.leaf_twice",
            permanent=True,
        )
    return [found[digest][0] if digest in found else None for digest in digests]
