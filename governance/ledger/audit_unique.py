"""Finds values that occur twice among millions, and where: 21 bytes each, sorted a 256th at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from governance.ledger.errors import TreeRangeError

VALUE_BYTES = 16
_INDEX_BYTES = 5
_BYTES = VALUE_BYTES + _INDEX_BYTES


class IndexedValues:
    """Values of 16 bytes, each with the index of its entry: whole UUIDs, or the start of a SHA-256.

    Equal values are never missed. To make the starts of two different SHA-256 equal takes 2^64 hashes, and gains
    nothing but a false alarm.
    """

    def __init__(self) -> None:
        # By the last byte: the first ones of a UUIDv7 are a clock.
        self._buckets = [bytearray() for _ in range(256)]

    def add(self, value: bytes, index: int) -> None:
        """Remember one value; raises TreeRangeError unless it is 16 bytes."""
        if len(value) != VALUE_BYTES:
            raise TreeRangeError(f"Got a value of {len(value)} bytes, expected {VALUE_BYTES}.")
        self._buckets[value[-1]] += value + index.to_bytes(_INDEX_BYTES, "big")

    def repeated(self) -> Iterator[tuple[bytes, int, int]]:
        """Yield (value, earlier index, later index) of every repetition."""
        for bucket in self._buckets:
            for first, second in pairwise(_sorted(bucket)):
                if first[:VALUE_BYTES] == second[:VALUE_BYTES]:
                    yield first[:VALUE_BYTES], _index(first), _index(second)

    def unresolved(self, references: IndexedValues) -> Iterator[tuple[bytes, int]]:
        """Yield the (value, index) of ``references`` that name no value added here with a smaller index."""
        for bucket, wanted in zip(self._buckets, references._buckets, strict=True):
            if not wanted:
                continue
            first: dict[bytes, int] = {}
            for item in _sorted(bucket):
                first.setdefault(item[:VALUE_BYTES], _index(item))
            for item in _sorted(wanted):
                value, index = item[:VALUE_BYTES], _index(item)
                if first.get(value, index) >= index:
                    yield value, index


def _sorted(bucket: bytearray) -> list[bytes]:
    return sorted(bytes(bucket[at : at + _BYTES]) for at in range(0, len(bucket), _BYTES))


def _index(item: bytes) -> int:
    return int.from_bytes(item[VALUE_BYTES:], "big")
