"""C2SP signed notes with Ed25519 signatures (type 0x01): text that names who signed it.

See: https://c2sp.org/signed-note
Signatures by keys we do not know are ignored, as the specification demands (witnesses, key rotation); a wrong
signature by a key we know spoils the whole note.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.ledger.ed25519 import check_public_key
from governance.ledger.errors import KeyFileError, NoteError
from governance.ledger.keys import LogKey
from governance.provenance import base64_strict

ED25519 = b"\x01"
MAX_NOTE_BYTES = 131_072
MAX_SIGNATURES = 100
_DASH = "\u2014 "
_KEY_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and the 32-byte Ed25519 public key that signs under it. Raises KeyFileError for an unfit one."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise KeyFileError(f"Got key name {self.name!r:.100}, expected text without spaces and '+'.")
        check_public_key(self.public_key)

    @property
    def log_id(self) -> bytes:
        """SHA-256(name || LF || 0x01 || public key), of which the key id is the start."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand in front of a signature."""
        return self.log_id[:_KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The verifier key in text form (vkey)."""
        return f"{self.name}+{self.key_id.hex()}+{base64_strict.encode(ED25519 + self.public_key)}"

    @classmethod
    def from_text(cls, vkey: str) -> VerifierKey:
        """Read a vkey; raises KeyFileError unless name, key id and key agree."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise KeyFileError(f"Got {vkey!r:.120}, expected a verifier key name+id+key.")
        name, key_id, encoded = parts
        try:
            data = base64_strict.decode(encoded)
        except ValueError as error:
            raise KeyFileError(f"At verifier key {name!r:.80}: {error}") from error
        if data[:1] != ED25519:
            raise KeyFileError(f"Got key type 0x{data[:1].hex()} for {name!r:.80}, expected 0x01 (Ed25519).")
        key = cls(name, data[1:])
        if key_id != key.key_id.hex():
            raise KeyFileError(f"Got key id {key_id!r:.40} for {name!r:.80}, expected {key.key_id.hex()}.")
        return key

    @classmethod
    def of(cls, name: str, private_key: LogKey) -> VerifierKey:
        """Return the verifier key that belongs to ``private_key`` under ``name``."""
        return cls(name, private_key.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note whose text may be read: the known keys that signed it, and how many signatures were ignored."""

    text: str
    signed_by: tuple[VerifierKey, ...]
    ignored: int


@dataclass(frozen=True, slots=True)
class _SignatureLine:
    name: str
    key_id: bytes
    signature: bytes


def is_key_name(name: str) -> bool:
    """Say whether ``name`` can stand in a signature line."""
    return 0 < len(name) <= 255 and "+" not in name and name.isprintable() and not any(map(str.isspace, name))


def sign_note(text: str, name: str, private_key: LogKey) -> str:
    """Return ``text`` (ending in a newline) as a note signed by ``private_key`` under ``name``."""
    _check_characters(text)
    if not text.endswith("\n"):
        raise NoteError("Got note text without a final newline, expected one.")
    key = VerifierKey.of(name, private_key)
    signature = base64_strict.encode(key.key_id + private_key.sign(text.encode("utf-8")))
    return f"{text}\n{_DASH}{name} {signature}\n"


def open_note(note: str, keys: Sequence[VerifierKey]) -> OpenedNote:
    """Return the text of ``note`` if a key in ``keys`` signed it.

    Raises NoteError for a malformed note, a wrong signature by a known key, or no signature by one.
    """
    text, lines = _split(note)
    known = {(key.name, key.key_id): key for key in keys}
    if len(known) != len(keys):
        raise NoteError("Got two trusted keys with one name and id, expected each only once.")
    signed_by: list[VerifierKey] = []
    ignored = 0
    for line in lines:
        key = known.get((line.name, line.key_id))
        if key is None:
            ignored += 1
            continue
        _verify(key, line, text)
        if key not in signed_by:
            signed_by.append(key)
    if not signed_by:
        names = sorted({f"{line.name}+{line.key_id.hex()}" for line in lines})[:5]
        raise NoteError(
            f"Got signatures by {names}, expected one by one of {sorted(key.text for key in keys)}.",
            how_to_fix="Compare with the key published out of band; never take one from the evidence.",
        )
    return OpenedNote(text, tuple(signed_by), ignored)


def _verify(key: VerifierKey, line: _SignatureLine, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(line.signature, text.encode("utf-8"))
    except InvalidSignature as error:
        raise NoteError(
            f"The signature by {key.name}+{key.key_id.hex()} does not fit the text.",
            how_to_fix="Ask for the note again; its text or signature was changed.",
        ) from error


def _split(note: str) -> tuple[str, list[_SignatureLine]]:
    _check_characters(note)
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("Got a note without a blank line and signature lines, expected text, blank line, signatures.")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"Got {len(lines)} signatures, expected at most {MAX_SIGNATURES}.")
    return head + "\n", [_signature_line(line) for line in lines]


def _signature_line(line: str) -> _SignatureLine:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not is_key_name(name):
        raise NoteError(f"Got signature line {line!r:.100}, expected '\u2014 name base64'.")
    try:
        data = base64_strict.decode(encoded)
    except ValueError as error:
        raise NoteError(f"In the signature line of {name!r:.80}: {error}") from error
    if len(data) <= _KEY_ID_BYTES:
        raise NoteError(f"Got a signature of {len(data)} bytes by {name!r:.80}, expected a key id and a signature.")
    return _SignatureLine(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _check_characters(text: str) -> None:
    if len(text) > MAX_NOTE_BYTES:
        raise NoteError(f"Got a note of {len(text)} characters, expected at most {MAX_NOTE_BYTES}.")
    if any((character < " " and character != "\n") or "\ud800" <= character <= "\udfff" for character in text):
        raise NoteError("Got a control character or lone surrogate in a note, expected only text and newlines.")
