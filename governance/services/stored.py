"""Whether what is stored is what was recorded: asked before a byte of an output leaves, whatever for."""

from __future__ import annotations

from contextlib import closing

from governance.adapters import blobs, keys
from governance.errors import GovernanceError, PlatformError
from governance.models import Asset, Output
from governance.provenance import base64_strict
from governance.provenance.canonical import parse_strict
from governance.provenance.commitment import Opening, check_opening
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.envelope import Envelope, verify
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from governance.services.alarms import alarmed


def record_holds(output: Output) -> bool:
    """Whether the stored file is the recorded one and the record's signature is ours; an alarm where it is not.

    Not in a transaction: the alarm must outlive it.
    """
    try:
        open_recorded(output).close()
    except GovernanceError:
        return False
    return True


def open_recorded(output: Output) -> blobs.CheckedFile:
    """The file of ``output``, once its record holds and every byte is the recorded one.

    Otherwise an alarm, and the error that says what is wrong. Not in a transaction.
    """
    with alarmed("record", f"output:{output.pk}"):
        check_record(output)
    with alarmed("file", f"output:{output.pk}", *blobs.NOT_AS_STORED):
        return blobs.open_checked(output.sha256)


def recorded_bytes(output: Output) -> bytes:
    """The same file in memory: to be shown small."""
    with closing(open_recorded(output)) as file:
        return b"".join(file.pieces())


def original_bytes(output: Output) -> bytes:
    """The picture ``output`` was made of, once its record says that it was this one."""
    asset = output.cutout.asset
    with alarmed("record", f"output:{output.pk}"):
        _check_made_of(output, asset.sha256)
    return asset_bytes(asset)


def asset_bytes(asset: Asset) -> bytes:
    """A picture that was handed in, if its bytes are still the ones; else an alarm. Not in a transaction."""
    with alarmed("file", f"asset:{asset.pk}", *blobs.NOT_AS_STORED):
        return blobs.get(asset.sha256)


def _check_made_of(output: Output, sha256: str) -> None:
    """Raise unless the record commits to the picture of this digest, and the opening we kept shows it."""
    stated = check_record(output).predicate
    committed = {each.field: each.commitment for each in stated.inputs} if isinstance(stated, CutoutProvenance) else {}
    kept = {each["field"]: each for each in parse_strict(output.provenance.openings.encode())}
    salt = base64_strict.decode(kept["picture"]["salt"]) if "picture" in kept else b""
    if not salt or "picture" not in committed:
        raise PlatformError(
            f"The record of output {output.pk} cannot show which picture it was made of.",
            how_to_fix="Restore the openings kept with the record from a backup.",
            code="record.no_opening",
            permanent=True,
        )
    check_opening(committed["picture"], Opening("picture", salt, bytes.fromhex(sha256)))


def check_record(output: Output) -> Statement:
    """The output's statement. Raises unless it is signed by a trusted key and speaks of these bytes."""
    record = output.provenance
    envelope = Envelope(PAYLOAD_TYPE, bytes(record.payload), record.key_id, bytes(record.signature))
    trusted = [entry.public_key for entry in keys.trust().record_keys if entry.key_id == record.key_id]
    if not trusted:
        raise PlatformError(
            f"The record is signed by key {record.key_id}, which is not in the trust file.",
            how_to_fix="Check the trust file; if it is right, the record was replaced.",
            code="record.unknown_key",
            permanent=True,
        )
    verify(envelope, trusted[0])
    statement = Statement.from_bytes(envelope.payload)
    subject = statement.subject
    if subject.sha256 != output.sha256:
        raise PlatformError(
            f"The record speaks of SHA-256 {subject.sha256}; the output says {output.sha256}.",
            how_to_fix="Do not deliver it: the rows were altered.",
            code="record.other_output",
            permanent=True,
        )
    return statement
