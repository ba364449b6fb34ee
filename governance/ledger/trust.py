"""The trust file: which keys may sign for which log. It reaches the reader out of band, never with evidence.

Keys stay listed after retirement, with the log size up to which they count: a key that is not listed at all
was never ours. Index in the log, not the time a record claims, decides what a retired key may still prove.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from governance.ledger.errors import CannotTell, KeyFileError, ReceiptError
from governance.ledger.note import VerifierKey, is_key_name
from governance.ledger.shape import a_constant, a_list, a_text, exact_object, some_bytes
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, canonical, parse_strict
from governance.provenance.envelope import key_id, spki
from governance.provenance.errors import NotCanonical

VERSION = 1
MAX_TRUST_BYTES = 262_144
MAX_KEYS = 100


@dataclass(frozen=True, slots=True)
class TrustedLogKey:
    """A key that signs checkpoints; when retired it counts for checkpoints of at most that size."""

    key: VerifierKey
    retired_at_size: int | None = None

    def valid_for(self, size: int) -> bool:
        """Say whether a checkpoint of ``size`` may rest on this key."""
        return self.retired_at_size is None or size <= self.retired_at_size


@dataclass(frozen=True, slots=True)
class TrustedRecordKey:
    """A P-256 key that signs statements; when retired it counts for entries below that index."""

    public_key: ec.EllipticCurvePublicKey
    retired_at_size: int | None = None

    @property
    def key_id(self) -> str:
        """SHA-256 of the DER SubjectPublicKeyInfo in hex."""
        return key_id(self.public_key)

    def valid_for(self, index: int) -> bool:
        """Say whether the entry at ``index`` may rest on this key."""
        return self.retired_at_size is None or index < self.retired_at_size


@dataclass(frozen=True, slots=True)
class Trust:
    """One log by its origin, and all keys that ever signed for it. Raises KeyFileError when inconsistent."""

    origin: str
    log_keys: tuple[TrustedLogKey, ...]
    record_keys: tuple[TrustedRecordKey, ...]

    def __post_init__(self) -> None:
        if not is_key_name(self.origin):
            raise KeyFileError(f"Got origin {self.origin!r:.100}, expected text without spaces and '+'.")
        if not self.log_keys or not self.record_keys:
            raise KeyFileError("Got no log key or no record key, expected at least one of each.")
        if wrong := [item.key.name for item in self.log_keys if item.key.name != self.origin]:
            raise KeyFileError(f"Got a log key named {wrong[0]!r}, expected the origin {self.origin!r}.")
        _refuse_duplicates([item.key.key_id.hex() for item in self.log_keys], "log key")
        _refuse_duplicates([item.key_id for item in self.record_keys], "record key")

    def record_key(self, wanted: str) -> TrustedRecordKey | None:
        """Return the record key with this id, or None."""
        return next((item for item in self.record_keys if item.key_id == wanted), None)

    def to_bytes(self) -> bytes:
        """Return the content of a trust file."""
        return canonical(
            {
                "version": VERSION,
                "origin": self.origin,
                "log_vkeys": [
                    {"vkey": item.key.text, "retired_at_size": item.retired_at_size} for item in self.log_keys
                ],
                "record_keys": [
                    {
                        "key_id": item.key_id,
                        "spki_b64": base64_strict.encode(spki(item.public_key)),
                        "retired_at_size": item.retired_at_size,
                    }
                    for item in self.record_keys
                ],
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Trust:
        """Read a trust file strictly; raises KeyFileError."""
        try:
            value = parse_strict(data, max_bytes=MAX_TRUST_BYTES)
            outer = exact_object(value, ("version", "origin", "log_vkeys", "record_keys"), "the trust file")
            a_constant(outer, "version", "the trust file", VERSION)
            return cls(
                origin=a_text(outer, "origin", "the trust file"),
                log_keys=tuple(map(_log_key, a_list(outer, "log_vkeys", "the trust file", MAX_KEYS))),
                record_keys=tuple(map(_record_key, a_list(outer, "record_keys", "the trust file", MAX_KEYS))),
            )
        except (NotCanonical, ReceiptError) as error:
            raise KeyFileError(f"The trust file is malformed. {error.message}") from error


def load_trust(path: Path) -> Trust:
    """Read the trust file at ``path``; raises CannotTell when it is missing, unreadable or malformed."""
    advice = "Get it from the log's operator, by another way than the receipt, and name it with --trust."
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TRUST_BYTES + 1)
        return Trust.from_bytes(data)
    except OSError as error:
        raise CannotTell(f"Cannot read the trust file {path}: {error.strerror}.", how_to_fix=advice) from error
    except KeyFileError as error:
        raise CannotTell(f"In {path}: {error.message}", how_to_fix=advice) from error


def dump_trust(trust: Trust, path: Path) -> None:
    """Write the trust file whole or not at all, replacing an older one; everyone may read it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with fresh.open("wb") as file:
        file.write(trust.to_bytes())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _log_key(value: JSON) -> TrustedLogKey:
    fields = exact_object(value, ("vkey", "retired_at_size"), "log_vkeys")
    return TrustedLogKey(VerifierKey.from_text(a_text(fields, "vkey", "log_vkeys")), _size(fields))


def _record_key(value: JSON) -> TrustedRecordKey:
    fields = exact_object(value, ("key_id", "spki_b64", "retired_at_size"), "record_keys")
    data = some_bytes(fields["spki_b64"], "record_keys.spki_b64")
    try:
        public_key = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("Got no usable key at record_keys.spki_b64, expected a P-256 public key.") from error
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(public_key.curve, ec.SECP256R1):
        raise KeyFileError("Got another kind of key at record_keys.spki_b64, expected a P-256 public key.")
    key = TrustedRecordKey(public_key, _size(fields))
    if spki(public_key) != data or a_text(fields, "key_id", "record_keys") != key.key_id:
        raise KeyFileError(f"Got key_id {fields['key_id']!r:.80}, expected {key.key_id} for this key.")
    return key


def _size(fields: dict[str, JSON]) -> int | None:
    value = fields["retired_at_size"]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise KeyFileError(f"Got retired_at_size {value!r:.40}, expected null or a log size.")
    return value


def _refuse_duplicates(ids: Sequence[str], what: str) -> None:
    if len(set(ids)) != len(ids):
        raise KeyFileError(f"Got a {what} listed twice, expected each once.")
