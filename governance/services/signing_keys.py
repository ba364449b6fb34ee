"""Keys enter the log with the first record after them, so that nobody can say later that one was always there."""

from __future__ import annotations

from django.db import transaction

from governance.adapters.public_keys import PublicKey, public_keys
from governance.models import SigningKey
from governance.services.entries import record_event


def record_keys() -> tuple[SigningKey, ...]:
    """Put every public key in use on record that is not yet; returns the new rows. Running it again changes nothing.

    Raises CannotTell without a trust file, PlatformError ``keys.certificate`` for an unusable content certificate.
    """
    known = set(SigningKey.objects.values_list("purpose", "key_id"))
    # An order of its own, so that two setups at once wait for one another and never in a ring.
    found = sorted(public_keys(), key=lambda key: (key.purpose, key.key_id))
    rows = (_introduce(key) for key in found if (key.purpose, key.key_id) not in known)
    return tuple(row for row in rows if row is not None)


def _introduce(key: PublicKey) -> SigningKey | None:
    with transaction.atomic():
        row, created = SigningKey.objects.get_or_create(
            purpose=key.purpose, key_id=key.key_id, defaults={"public_key": key.der}
        )
        if not created:
            return None
        record_event("key-event", "introduced", row, details={"purpose": row.purpose, "key_id": row.key_id})
    return row
