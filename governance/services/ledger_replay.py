"""Bring entries back that a restored or failed-over database no longer holds, from the log's files.

What was signed is proved by the root the signer remembers. What was only written is taken back if one of our record
keys signed it: anybody who can write to the folder could have put the rest there.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from django.db import connections

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import LastSigned
from governance.errors import PlatformError
from governance.ledger.edge import Edge
from governance.ledger.errors import LeafError
from governance.ledger.leaf import parse_leaf
from governance.ledger.merkle import leaf_hash
from governance.ledger.trust import Trust
from governance.services.ledger_tree import ALIAS, NewEntry, append

_BUNDLES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Replay:
    """Entries ``[first, end)`` to be brought back; the statements of ``lost`` of them are gone with the database.

    From ``boundary`` on they were written, but not signed.
    """

    first: int
    boundary: int
    end: int
    lost: int


def plan(files: LogFiles, edge: Edge, signed: LastSigned | None) -> Replay:
    """See whether the files continue ``edge`` through what was signed; nothing is written.

    Raises PlatformError ``log.short``, ``ledger.fork``, ``log.not_ours`` or ``ledger.leaf_twice``.
    """
    first, end = edge.size, files.size()
    index = boundary = max(first, signed.size if signed else 0)
    lost = 0
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
    trust = keys.trust() if end > boundary else None
    for leaves in files.leaves(boundary, end):
        for place, leaf in enumerate(leaves, index):
            if trust is None or not _ours(leaf, place, trust):
                raise _not_ours(place)
        index += len(leaves)
        lost += sum(record is None for record in _records(leaves))
    return Replay(first, boundary, end, lost)


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


def _ours(data: bytes, index: int, trust: Trust) -> bool:
    """Whether one of our record keys signed what the leaf commits to."""
    try:
        leaf = parse_leaf(data)
        key = trust.record_key(hashlib.sha256(leaf.spki).hexdigest())
        if key is None or not key.valid_for(index):
            return False
        key.public_key.verify(leaf.signature, leaf.digest, ec.ECDSA(Prehashed(SHA256())))
    except (LeafError, InvalidSignature):
        return False
    return True


def _not_ours(index: int) -> PlatformError:
    return PlatformError(
        f"Entry {index} in the log's files was never signed for, and none of our record keys made it.",
        how_to_fix="Somebody else wrote to CLEARCUT_LOG_DIR. Keep it, and find out who could.",
        code="log.not_ours",
        permanent=True,
    )
