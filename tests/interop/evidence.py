"""What an outsider holds, read with the standard library alone, and copies of it with one bit wrong."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

# SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410 section 4).
ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A statement and the one signature over it."""

    payload_type: str
    payload: bytes
    signature: bytes
    key_id: str

    @classmethod
    def read(cls, envelope: dict[str, Any]) -> Envelope:
        (signature,) = envelope["signatures"]
        return cls(
            payload_type=envelope["payloadType"],
            payload=base64.b64decode(envelope["payload"], validate=True),
            signature=base64.b64decode(signature["sig"], validate=True),
            key_id=signature["keyid"],
        )

    @property
    def signed(self) -> bytes:
        """The DSSE pre-authentication encoding (github.com/secure-systems-lab/dsse, protocol.md)."""
        kind = self.payload_type
        return f"DSSEv1 {len(kind)} {kind} {len(self.payload)} ".encode("ascii") + self.payload


@dataclass(frozen=True, slots=True)
class Evidence:
    """The parts of a receipt."""

    envelope: Envelope
    index: int
    leaf: bytes
    path: tuple[bytes, ...]
    note: str

    @property
    def leaf_hash(self) -> bytes:
        """RFC 6962 section 2.1."""
        return hashlib.sha256(b"\x00" + self.leaf).digest()


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint: the text that is signed, and the one signature under it."""

    text: bytes
    name: str
    key_hash: bytes
    signature: bytes

    @classmethod
    def read(cls, note: str) -> Note:
        text, _, tail = note.partition("\n\n")
        dash, name, encoded = tail.removesuffix("\n").split(" ")
        assert dash == "\N{EM DASH}"
        data = base64.b64decode(encoded, validate=True)
        return cls(f"{text}\n".encode(), name, data[:4], data[4:])


@dataclass(frozen=True, slots=True)
class Keys:
    """The public keys of a trust file with one log key."""

    vkey: str
    record_keys: dict[str, str]

    @classmethod
    def read(cls, trust: bytes) -> Keys:
        read = json.loads(trust)
        (log_key,) = read["log_vkeys"]
        return cls(log_key["vkey"], {key["key_id"]: key["spki_b64"] for key in read["record_keys"]})

    @property
    def origin(self) -> str:
        return self.vkey.split("+")[0]

    @property
    def log_key(self) -> bytes:
        """The 32 bytes of the Ed25519 key."""
        return base64.b64decode(self.vkey.split("+", 2)[2], validate=True)[1:]

    def sigstore_root(self) -> dict[str, Any]:
        """The log as a TrustedRoot (sigstore/protobuf-specs, sigstore_trustroot.proto)."""
        log_id = hashlib.sha256(self.origin.encode() + b"\n\x01" + self.log_key).digest()
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                {
                    "baseUrl": f"https://{self.origin}",
                    "hashAlgorithm": "SHA2_256",
                    "publicKey": {"rawBytes": encode(ED25519_SPKI + self.log_key), "keyDetails": "PKIX_ED25519"},
                    "logId": {"keyId": encode(log_id)},
                }
            ],
            "certificateAuthorities": [],
            "ctlogs": [],
            "timestampAuthorities": [],
        }


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def pem(spki: bytes) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{encode(spki)}\n-----END PUBLIC KEY-----\n"


def read_receipt(receipt: bytes) -> Evidence:
    bundle = json.loads(receipt)
    (entry,) = bundle["verificationMaterial"]["tlogEntries"]
    return Evidence(
        envelope=Envelope.read(bundle["dsseEnvelope"]),
        index=int(entry["logIndex"]),
        leaf=base64.b64decode(entry["canonicalizedBody"], validate=True),
        path=tuple(base64.b64decode(item, validate=True) for item in entry["inclusionProof"]["hashes"]),
        note=entry["inclusionProof"]["checkpoint"]["envelope"],
    )


def flip(data: bytes, at: int = -1) -> bytes:
    """``data`` with the lowest bit of one byte wrong."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def flip_encoded(text: str, at: int = -1) -> str:
    return encode(flip(base64.b64decode(text, validate=True), at))


def flip_root(note: str) -> str:
    """The note of a tree whose root differs in one bit."""
    lines = note.split("\n")
    lines[2] = flip_encoded(lines[2])
    return "\n".join(lines)


def flip_note_signature(note: str) -> str:
    """The note with a signature that differs in one bit, far behind the hash of the key that stands before it."""
    head, space, encoded = note.removesuffix("\n").rpartition(" ")
    return f"{head}{space}{flip_encoded(encoded, 20)}\n"


def grown(note: str) -> str:
    """The note of a tree with one entry more."""
    origin, size, rest = note.split("\n", 2)
    return f"{origin}\n{int(size) + 1}\n{rest}"


def damaged(receipt: bytes, part: str) -> bytes:
    """The receipt with one bit of the part wrong, or its index one too high."""
    bundle = json.loads(receipt)
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    proof, envelope = entry["inclusionProof"], bundle["dsseEnvelope"]
    match part:
        case "leaf":
            entry["canonicalizedBody"] = flip_encoded(entry["canonicalizedBody"], 80)
        case "proof hash":
            proof["hashes"][1] = flip_encoded(proof["hashes"][1])
        case "index":
            entry["logIndex"] = proof["logIndex"] = str(int(entry["logIndex"]) ^ 1)
        case "root":
            proof["checkpoint"]["envelope"] = flip_root(proof["checkpoint"]["envelope"])
        case "size":
            proof["checkpoint"]["envelope"] = grown(proof["checkpoint"]["envelope"])
        case "checkpoint signature":
            proof["checkpoint"]["envelope"] = flip_note_signature(proof["checkpoint"]["envelope"])
        case "payload":
            envelope["payload"] = flip_encoded(envelope["payload"], 100)
        case "record signature":
            envelope["signatures"][0]["sig"] = flip_encoded(envelope["signatures"][0]["sig"])
        case _:
            raise ValueError(part)
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()
