"""What goes over the signer's socket: one line of JSON each way, bounded in length and time, read strictly.

``{"op":"last"}`` is answered with ``{"vkey":…,"last":{"size","root","note","signed_at"}|null}``,
``{"op":"sign","size":…,"root":hex,"consistency":[hex,…]}`` with ``{"note":…}``, and what is refused with
``{"refused":{"code","message","how_to_fix","permanent"}}``. There is no third operation.
"""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import dataclass
from datetime import datetime

from governance.errors import GovernanceError, PlatformError
from governance.ledger.merkle import HASH_BYTES
from governance.ledger.note import VerifierKey
from governance.ledger.proof import MAX_PATH
from governance.provenance.canonical import JSON, parse_strict, parse_timestamp, timestamp

MAX_LINE_BYTES = 16_384
_MAX_TEXT = 2_000
_CODE = re.compile(r"signer\.[a-z_]{1,40}")
_HASH = re.compile(rf"[0-9a-f]{{{2 * HASH_BYTES}}}")


class SignerRefused(PlatformError):
    """The signer will not sign: what it is shown does not continue what it signed before."""

    code = "signer.refused"


class SignerUnreachable(PlatformError):
    """Nobody answers at the signer's socket, or not in time. Nothing is lost: entries wait in the outbox."""

    code = "signer.unreachable"


@dataclass(frozen=True, slots=True)
class LastSigned:
    """The newest checkpoint signed. ``signed_at`` is None only in a memory from before times were kept."""

    size: int
    root: bytes
    note: str
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignRequest:
    """A tree to be signed: ``size`` leaves, RFC 6962 root, and the proof that it continues the last one."""

    size: int
    root: bytes
    consistency: tuple[bytes, ...]


def malformed(what: str) -> SignerRefused:
    """The refusal of a line or a tree that has no meaning."""
    return SignerRefused(
        what, how_to_fix="Run the same version of Clearcut on both sides.", code="signer.malformed", permanent=True
    )


def send_line(connection: socket.socket, content: JSON) -> None:
    """Send one line. Raises OSError."""
    connection.sendall(json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n")


def receive_line(connection: socket.socket, seconds: float) -> JSON:
    """The one line the other side sends, within ``seconds`` in all however slowly it trickles.

    Raises OSError (TimeoutError, ConnectionError) when it does not arrive, SignerRefused ``signer.malformed``.
    """
    deadline = time.monotonic() + seconds
    data = bytearray()
    while b"\n" not in data:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        chunk = connection.recv(MAX_LINE_BYTES + 1 - len(data))
        if not chunk:
            raise ConnectionResetError("the connection was closed before the line ended")
        data += chunk
        if len(data) > MAX_LINE_BYTES:
            raise malformed(f"Got more than {MAX_LINE_BYTES} bytes, expected one line.")
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")
    line, _, rest = bytes(data).partition(b"\n")
    if rest:
        raise malformed(f"Got {len(rest)} bytes after the line, expected one line only.")
    try:
        return parse_strict(line)
    except GovernanceError as problem:
        raise malformed(problem.message) from problem


def request_json(request: SignRequest | None) -> JSON:
    """A request as JSON; None asks what was signed last."""
    if request is None:
        return {"op": "last"}
    hashes: list[JSON] = [item.hex() for item in request.consistency]
    return {"op": "sign", "size": request.size, "root": request.root.hex(), "consistency": hashes}


def read_request(value: JSON) -> SignRequest | None:
    """What ``request_json`` wrote. Raises SignerRefused ``signer.malformed``."""
    if value == {"op": "last"}:
        return None
    fields = _fields(value, "op", "size", "root", "consistency")
    if fields["op"] != "sign":
        raise malformed(f"Got operation {fields['op']!r:.40}, expected last or sign.")
    hashes = fields["consistency"]
    if not isinstance(hashes, list) or len(hashes) > MAX_PATH:
        raise malformed(f"Got {type(hashes).__name__} as consistency, expected a list of at most {MAX_PATH} hashes.")
    return SignRequest(_size(fields), _hash(fields["root"]), tuple(map(_hash, hashes)))


def last_json(key: VerifierKey, last: LastSigned | None) -> JSON:
    """The answer to "last"."""
    return {"vkey": key.text, "last": None if last is None else memory_json(last)}


def memory_json(last: LastSigned) -> dict[str, JSON]:
    """A checkpoint signed, as it is sent and kept."""
    at = timestamp(last.signed_at) if last.signed_at else None
    return {"size": last.size, "root": last.root.hex(), "note": last.note, "signed_at": at}


def read_memory(value: JSON) -> LastSigned:
    """What ``memory_json`` wrote. Raises SignerRefused ``signer.malformed``."""
    fields = _fields(value, "size", "root", "note", "signed_at")
    at = fields["signed_at"]
    try:
        signed_at = None if at is None else parse_timestamp(_text(fields, "signed_at"))
    except GovernanceError as problem:
        raise malformed(problem.message) from problem
    return LastSigned(_size(fields), _hash(fields["root"]), _text(fields, "note", MAX_LINE_BYTES), signed_at)


def read_last(value: JSON) -> tuple[VerifierKey, LastSigned | None]:
    """The answer to "last". Raises SignerRefused: what the signer refused, or ``signer.malformed``."""
    _raise_refusal(value)
    fields = _fields(value, "vkey", "last")
    try:
        key = VerifierKey.from_text(_text(fields, "vkey"))
    except GovernanceError as problem:
        raise malformed(problem.message) from problem
    return key, None if fields["last"] is None else read_memory(fields["last"])


def read_note(value: JSON) -> str:
    """The answer to "sign". Raises SignerRefused: what the signer refused, or ``signer.malformed``."""
    _raise_refusal(value)
    return _text(_fields(value, "note"), "note", MAX_LINE_BYTES)


def refusal_json(problem: PlatformError) -> JSON:
    """A refusal as it is sent."""
    texts = {"message": problem.message[:_MAX_TEXT], "how_to_fix": problem.how_to_fix[:_MAX_TEXT]}
    return {"refused": {"code": problem.code, **texts, "permanent": problem.permanent}}


def _raise_refusal(value: JSON) -> None:
    if not isinstance(value, dict) or set(value) != {"refused"}:
        return
    fields = _fields(value["refused"], "code", "message", "how_to_fix", "permanent")
    code, permanent = _text(fields, "code"), fields["permanent"]
    if _CODE.fullmatch(code) is None or not isinstance(permanent, bool):
        raise malformed(f"Got a refusal with code {code!r:.60}, expected signer.….")
    advice = _text(fields, "how_to_fix")
    raise SignerRefused(_text(fields, "message"), how_to_fix=advice, code=code, permanent=permanent)


def _fields(value: JSON, *names: str) -> dict[str, JSON]:
    if not isinstance(value, dict) or set(value) != set(names):
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise malformed(f"Got {got!r:.200}, expected the fields {sorted(names)}.")
    return value


def _text(fields: dict[str, JSON], name: str, limit: int = _MAX_TEXT) -> str:
    value = fields[name]
    if not isinstance(value, str) or len(value) > limit:
        raise malformed(f"Got {type(value).__name__} as {name}, expected text of at most {limit} characters.")
    return value


def _size(fields: dict[str, JSON]) -> int:
    value = fields["size"]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise malformed(f"Got size {value!r:.40}, expected a number of leaves.")
    return value


def _hash(value: JSON) -> bytes:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise malformed(f"Got {value!r:.80}, expected a hash of {HASH_BYTES} bytes in lower-case hex.")
    return bytes.fromhex(value)
