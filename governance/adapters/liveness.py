"""Who is still alive on a cutout: an advisory lock of the worker's database session, held while the network runs.

PostgreSQL drops the locks the moment the session ends, however it ends, so a killed worker is seen at once, without
heartbeats or time-outs. Behind a pooler the pool must be in session mode. A session that ends while its worker goes on
makes the cutout be taken again; the claim's fencing token keeps the first worker from recording.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import Error, connection

# The first half of the two-part advisory key; the second is the cutout's id.
CUTOUT_LOCKS = 0x43555400


def hold(cutout_id: int) -> None:
    """Hold the lock of a cutout. It is not waited for: the claim decides who runs, the lock only says who lives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s::int, %s::int)", [CUTOUT_LOCKS, _key(cutout_id)])


def let_go() -> None:
    """Let go of every cutout this session holds."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    except Error:
        connection.close()  # the locks end with the session


def without_holder(cutout_ids: Iterable[int]) -> list[int]:
    """Those of the cutouts that no living worker holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [CUTOUT_LOCKS],
        )
        held = {row[0] for row in cursor.fetchall()}
    return [cutout_id for cutout_id in cutout_ids if _key(cutout_id) not in held]


def _key(cutout_id: int) -> int:
    """Ids fold into the 31 bits an advisory key offers. A collision can only make a lost cutout wait longer."""
    return cutout_id & 0x7FFFFFFF
