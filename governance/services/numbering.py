"""References people can say: ``WVR-0007``, the seventh waiver."""

from __future__ import annotations

from django.db import connection, models

_LOCK = "clearcut numbering "


def next_ref(prefix: str, rows: type[models.Model]) -> str:
    """The next free reference among ``rows`` (which have a ``ref``). Inside a transaction: the lock lasts as long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK + prefix])
    taken = rows._default_manager.values("ref").distinct().count()
    return f"{prefix}-{taken + 1:04d}"


def next_version(rows: type[models.Model], ref: str) -> int:
    """The version after the newest of ``ref`` among ``rows``; 1 when there is none. Inside a transaction: as above."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{_LOCK}version {ref}"])
    newest = rows._default_manager.filter(ref=ref).aggregate(newest=models.Max("version"))["newest"]
    return (newest or 0) + 1
