"""Signing keys and the trust file. Private keys stay with their holders: never in the database, logs or exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from governance.adapters import key_schemes
from governance.adapters.certificates import CHAIN, ensure_certificates
from governance.adapters.signer import RemoteSigner
from governance.errors import PlatformError
from governance.ledger.keys import LogKey, create_log_key, create_record_key
from governance.ledger.note import VerifierKey
from governance.ledger.trust import Trust, TrustedLogKey, TrustedRecordKey, dump_trust, load_trust
from governance.provenance.envelope import StatementSigner

# CLEARCUT_LOG_KEY where the signer runs as another user: its public half is asked of the signer, its file is not ours.
ASK_SIGNER = "signer"


def record_signer() -> StatementSigner:
    """Whoever signs provenance statements, by CLEARCUT_RECORD_KEY. Cheap to ask for each time: kept per process.

    Raises PlatformError ``keys.scheme``, KeyFileError.
    """
    return key_schemes.record_signer(_record_reference())


def log_key() -> LogKey:
    """The Ed25519 key that signs checkpoints: for the setup, and where the signer has no user of its own."""
    return key_schemes.log_key(_log_reference())


def trust() -> Trust:
    """The public keys and origin that verifiers get out of band. Raises CannotTell when there is no such file."""
    return load_trust(trust_path())


def trust_path() -> Path:
    return Path(settings.KEYS_DIR) / "trust.json"


def ensure_keys() -> Path:
    """Create what is missing and write the trust file once; returns its path. Existing keys are never replaced.

    Raises PlatformError ``keys.not_trusted`` when the trust file there is does not list the keys there are, or a key
    it lists is gone; SignerUnreachable where the signer has to be asked for its public key.
    """
    trust_path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if Path(settings.C2PA_CERTIFICATE) == trust_path().with_name(CHAIN):
        ensure_certificates(trust_path().parent)
    _ensure(_record_reference(), create_record_key)
    _ensure(_log_reference(), create_log_key)
    record, log = record_signer(), _log_verifier_key()
    if not trust_path().exists():
        listed = Trust(log.name, (TrustedLogKey(log, None),), (TrustedRecordKey(record.public_key, None),))
        dump_trust(listed, trust_path())
    _check_trusted(record, log)
    return trust_path()


def shown_keys() -> tuple[str, ...]:
    """A line for each key the trust file lists: what it signs and its public id. Raises CannotTell."""
    listed = trust()
    logs = [f"log key {item.key.text}{_until(item.retired_at_size)}" for item in listed.log_keys]
    records = [f"record key {item.key_id}{_until(item.retired_at_size)}" for item in listed.record_keys]
    return (*logs, *records)


def _until(size: int | None) -> str:
    return "" if size is None else f" (retired at {size} entries)"


def _ensure(reference: str, create: Callable[[Path], object]) -> None:
    """Make the key if a file should hold it and there is none; but not beside a trust file that knows another."""
    path = key_schemes.missing_file(reference)
    if path is None:
        return
    if trust_path().exists():
        raise PlatformError(
            f"The trust file {trust_path()} lists a key whose file {path} is gone.",
            how_to_fix="Restore the key file that belongs to it; records of a new key nobody could verify.",
            code="keys.not_trusted",
            permanent=True,
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    create(path)


def _check_trusted(record: StatementSigner, log: VerifierKey) -> None:
    """A key made anew beside an old trust file would sign records that nobody, we included, can verify."""
    listed = trust()
    if listed.record_key(record.key_id) is None or log not in [item.key for item in listed.log_keys]:
        raise PlatformError(
            f"The trust file {trust_path()} does not list both keys in use: {record.key_id} and {log.text}.",
            how_to_fix="Restore the key files that belong to it, check CLEARCUT_LOG_ORIGIN, or add the new keys to it.",
            code="keys.not_trusted",
            permanent=True,
        )


def _log_verifier_key() -> VerifierKey:
    """The log key's public half, from the signer where only that may read the key."""
    if key_schemes.scheme(_log_reference()) != ASK_SIGNER:
        return VerifierKey(settings.LOG_ORIGIN, log_key().public_key().public_bytes_raw())
    found = RemoteSigner(Path(settings.SIGNER_SOCKET)).verifier_key()
    if found.name != settings.LOG_ORIGIN:
        raise PlatformError(
            f"The signer signs for {found.name!r}; expected {settings.LOG_ORIGIN!r}.",
            how_to_fix="Give both the same CLEARCUT_LOG_ORIGIN.",
            code="keys.origin",
            permanent=True,
        )
    return found


def _record_reference() -> str:
    return str(settings.RECORD_KEY or Path(settings.KEYS_DIR) / "record.pem")


def _log_reference() -> str:
    return str(settings.LOG_KEY)
