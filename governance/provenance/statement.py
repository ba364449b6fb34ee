"""in-toto Statement v1: a predicate about exactly one subject, in bytes that are fixed once.

See: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
Once signed, the bytes are stored and never rebuilt from a database row or re-serialised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from governance.provenance import cutout, event
from governance.provenance.canonical import JSON, canonical, parse_canonical
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.errors import MalformedStatement, NotCanonical
from governance.provenance.event import LedgerEvent
from governance.provenance.fields import Fields, check_sha256, check_token, read_object

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
MAX_BYTES = 65_536
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,99}")


@dataclass(frozen=True, slots=True)
class Subject:
    """The file spoken about: an opaque name (``urn:uuid:…``), its SHA-256 as delivered, its media type."""

    name: str
    sha256: str
    media_type: str

    def __post_init__(self) -> None:
        check_token(self.name, "subject.name")
        check_sha256(self.sha256, "subject.digest.sha256")
        if _MEDIA_TYPE.fullmatch(self.media_type) is None:
            raise MalformedStatement(f"Got {self.media_type!r:.100} at subject.mediaType, expected e.g. image/png.")

    def as_json(self) -> dict[str, JSON]:
        return {"name": self.name, "digest": {"sha256": self.sha256}, "mediaType": self.media_type}

    @classmethod
    def read(cls, fields: Fields) -> Subject:
        digest = fields.object("digest", lambda inner: inner.text("sha256"))
        return cls(name=fields.text("name"), sha256=digest, media_type=fields.text("mediaType"))


@dataclass(frozen=True, slots=True)
class Statement:
    """One subject and what is stated about it."""

    subject: Subject
    predicate: CutoutProvenance | LedgerEvent

    @property
    def predicate_type(self) -> str:
        """The URN that says how to read the predicate."""
        return cutout.PREDICATE_TYPE if isinstance(self.predicate, CutoutProvenance) else event.PREDICATE_TYPE

    def to_bytes(self) -> bytes:
        """Return the RFC 8785 bytes to sign; raises NotCanonical for text that cannot be signed safely."""
        return canonical(
            {
                "_type": STATEMENT_TYPE,
                "subject": [self.subject.as_json()],
                "predicateType": self.predicate_type,
                "predicate": self.predicate.as_json(),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Statement:
        """Read a statement strictly: canonical bytes, one subject, a known predicate, no unknown field.

        Raises MalformedStatement naming the first thing wrong.
        """
        try:
            value = parse_canonical(data, max_bytes=MAX_BYTES)
        except NotCanonical as error:
            raise MalformedStatement(f"The statement is not canonical JSON. {error.message}") from error
        return read_object(value, "$", _read)


def _read(fields: Fields) -> Statement:
    fields.constant("_type", STATEMENT_TYPE)
    subjects = fields.objects("subject", Subject.read)
    if len(subjects) != 1:
        raise MalformedStatement(f"Got {len(subjects)} subjects, expected exactly one.")
    predicate: CutoutProvenance | LedgerEvent
    match fields.text("predicateType"):
        case cutout.PREDICATE_TYPE:
            predicate = fields.object("predicate", CutoutProvenance.read)
        case event.PREDICATE_TYPE:
            predicate = fields.object("predicate", LedgerEvent.read)
        case other:
            raise MalformedStatement(
                f"Got predicateType {other!r}, expected {cutout.PREDICATE_TYPE} or {event.PREDICATE_TYPE}.",
                how_to_fix="Use the verifier that came with the record's version.",
            )
    return Statement(subject=subjects[0], predicate=predicate)
