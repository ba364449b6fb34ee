"""Writes a synthetic export of a log of any length, fast and always the same: seeded keys, one statement varied.

python -m tests.bench.ledger_log FOLDER --entries 100000
Every statement differs from one made by the service only in that most of its values repeat.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from governance.ledger.audit_shapes import PublishedCheckpoint
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.edge import Edge, Node
from governance.ledger.leaf import build_leaf
from governance.ledger.log_lines import checkpoint_line, envelope_line
from governance.ledger.merkle import HASH_BYTES, leaf_hash
from governance.ledger.tile import HEIGHT, WIDTH, entries_path, entry_bundle, tile_path
from governance.ledger.trust import dump_trust
from governance.provenance.canonical import timestamp
from governance.provenance.envelope import sign
from governance.provenance.references import CheckpointRef
from governance.provenance.statement import PAYLOAD_TYPE
from tests.ledger.factories import make_log_key, make_trust
from tests.provenance.factories import ORIGIN, digest, make_record_key, make_statement

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
STEP = timedelta(milliseconds=1)
_RECORD, _NONCE, _ROOT = str(UUID(int=1)), bytes(32), digest("quoted root")
_ISSUED = START - timedelta(minutes=1)
_PER_CALL = 256


@dataclass(frozen=True)
class Made:
    """What one call made: leaves, and their lines of envelopes.jsonl."""

    leaves: list[bytes]
    lines: bytes


def template() -> list[bytes]:
    """A statement cut at what varies: when, nonce, quoted root and size, record id (in their canonical order)."""
    quoted = CheckpointRef(ORIGIN, 987654321, _ROOT)
    data = make_statement(record_id=_RECORD, issued_at=_ISSUED, prev_checkpoint=quoted, nonce=_NONCE).to_bytes()
    parts = []
    for mark in (timestamp(_ISSUED).encode(), b"A" * 43 + b"=", _ROOT.encode(), b"987654321", _RECORD.encode()):
        before, found, data = data.partition(mark)
        if not found:
            raise ValueError(f"Got a statement without {mark!r} in its place.")
        parts.append(before)
    return [*parts, data]


def make_entries(start: int, count: int, quoted: tuple[int, str]) -> Made:
    """Sign ``count`` statements from index ``start`` on that quote (size, root)."""
    key, parts = make_record_key(), template()
    leaves, lines = [], []
    for index in range(start, start + count):
        seed = sha256(b"%d" % index).digest()
        values = (
            timestamp(START + index * STEP).encode(),
            b"A" * 43 + b"=",
            quoted[1].encode(),
            b"%d" % quoted[0],
            str(UUID(bytes=seed[:16], version=4)).encode(),
        )
        payload = b"".join(part + value for part, value in zip(parts, (*values, b""), strict=True))
        envelope = sign(payload, PAYLOAD_TYPE, key)
        leaves.append(build_leaf(envelope, key.public_key()))
        lines.append(envelope_line(index, envelope))
    return Made(leaves, b"".join(lines))


class TileWriter:
    """Writes entry bundles and hash tiles as the tree grows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._leaves: list[bytes] = []
        self._bundles = 0
        self._levels: list[list[bytes]] = []
        self._done: list[int] = []

    def take(self, leaves: list[bytes], nodes: tuple[Node, ...]) -> None:
        self._leaves += leaves
        while len(self._leaves) >= WIDTH:
            self._bundle(WIDTH)
        for node in nodes:
            level, rest = divmod(node.level, HEIGHT)
            if rest:
                continue
            if level == len(self._levels):
                self._levels.append([])
                self._done.append(0)
            self._levels[level].append(node.hash)
            if len(self._levels[level]) == WIDTH:
                self._tile(level)

    def close(self) -> None:
        if self._leaves:
            self._bundle(len(self._leaves))
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._tile(level)

    def _bundle(self, width: int) -> None:
        self._write(entries_path(self._bundles, width), entry_bundle(self._leaves[:width]))
        del self._leaves[:width]
        self._bundles += 1

    def _tile(self, level: int) -> None:
        hashes = self._levels[level]
        data = b"".join(hashes)
        self._write(tile_path(level, self._done[level], len(data) // HASH_BYTES), data)
        hashes.clear()
        self._done[level] += 1

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def write_log(folder: Path, entries: int, *, every: int = 4096, processes: int = 1) -> None:
    """Write an export of ``entries`` entries with a checkpoint for each ``every`` of them, and keys/trust.json."""
    folder.mkdir(parents=True)
    (folder.parent / "keys").mkdir(exist_ok=True)
    dump_trust(make_trust(), folder.parent / "keys" / "trust.json")
    edge, tiles, newest = Edge.empty(), TileWriter(folder), ""
    with ExitStack() as stack:
        envelopes = stack.enter_context((folder / "envelopes.jsonl").open("wb"))
        checkpoints = stack.enter_context((folder / "checkpoints.jsonl").open("wb"))
        pool = stack.enter_context(ProcessPoolExecutor(processes)) if processes > 1 else None
        while edge.size < entries:
            count = min(every, entries - edge.size)
            for made in _batch(pool, edge, count):
                edge, nodes = edge.extend(map(leaf_hash, made.leaves))
                tiles.take(made.leaves, nodes)
                envelopes.write(made.lines)
            newest = _publish(edge, checkpoints)
        tiles.close()
    (folder / "checkpoint").write_text(newest, encoding="utf-8")


def _batch(pool: ProcessPoolExecutor | None, edge: Edge, count: int) -> Iterator[Made]:
    quoted = (edge.size, edge.root().hex())
    starts = range(edge.size, edge.size + count, _PER_CALL)
    counts = [min(_PER_CALL, edge.size + count - start) for start in starts]
    yield from (pool.map if pool else map)(make_entries, starts, counts, [quoted] * len(counts))


def _publish(edge: Edge, file: BinaryIO) -> str:
    note = sign_checkpoint(Checkpoint(ORIGIN, edge.size, edge.root()), make_log_key())
    published = PublishedCheckpoint(edge.size, edge.root().hex(), note, START + edge.size * STEP)
    file.write(checkpoint_line(published))
    return note


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=100_000)
    options = parser.parse_args()
    started = time.perf_counter()
    write_log(options.folder, options.entries, processes=len(os.sched_getaffinity(0)))
    print(f"{options.entries} entries written in {time.perf_counter() - started:.1f} s to {options.folder}")


if __name__ == "__main__":
    main()
