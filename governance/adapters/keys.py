"""Signing keys and the trust file. Private keys stay in files of mode 0600: never in the database, logs or exports."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance.errors import PlatformError
from governance.ledger.keys import create_log_key, create_record_key, load_log_key, load_record_key
from governance.ledger.note import VerifierKey
from governance.ledger.trust import Trust, TrustedLogKey, TrustedRecordKey, dump_trust, load_trust
from governance.provenance.envelope import key_id

RECORD_KEY, LOG_KEY, TRUST = "record.pem", "log.pem", "trust.json"


def record_key() -> EllipticCurvePrivateKey:
    """The P-256 key that signs provenance statements; the worker holds it."""
    return load_record_key(_path(RECORD_KEY))


def log_key() -> Ed25519PrivateKey:
    """The Ed25519 key that signs checkpoints; the ledger process alone holds it."""
    return load_log_key(_path(LOG_KEY))


def trust() -> Trust:
    """The public keys and origin that verifiers get out of band. Raises CannotTell when there is no such file."""
    return load_trust(_path(TRUST))


def trust_path() -> Path:
    return _path(TRUST)


def ensure_keys() -> Path:
    """Create what is missing and write the trust file once; returns its path. Existing keys are never replaced.

    Raises PlatformError ``keys.not_trusted`` when the trust file there is does not list the keys there are.
    """
    settings.KEYS_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, create in ((RECORD_KEY, create_record_key), (LOG_KEY, create_log_key)):
        if not _path(name).exists():
            create(_path(name))
    if not _path(TRUST).exists():
        log = VerifierKey(settings.LOG_ORIGIN, log_key().public_key().public_bytes_raw())
        dump_trust(
            Trust(
                settings.LOG_ORIGIN,
                (TrustedLogKey(log, None),),
                (TrustedRecordKey(record_key().public_key(), None),),
            ),
            _path(TRUST),
        )
    _check_trusted()
    return _path(TRUST)


def _check_trusted() -> None:
    """A key made anew beside an old trust file would sign records that nobody, we included, can verify."""
    listed = trust()
    own_log = VerifierKey(settings.LOG_ORIGIN, log_key().public_key().public_bytes_raw())
    record = key_id(record_key().public_key())
    if listed.record_key(record) is None or own_log not in [item.key for item in listed.log_keys]:
        raise PlatformError(
            f"The trust file {_path(TRUST)} does not list both keys beside it: {record} and {own_log.text}.",
            how_to_fix="Restore the key files that belong to it, check CLEARCUT_LOG_ORIGIN, or add the new keys to it.",
            code="keys.not_trusted",
            permanent=True,
        )


def _path(name: str) -> Path:
    return Path(settings.KEYS_DIR) / name
