"""Read the fence from PostgreSQL's catalog, as whichever role asks."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from django.db import DatabaseError, connections, transaction
from django.db.backends.utils import CursorWrapper

from governance.adapters.database import OWNER
from governance.adapters.fence import Found, Part
from governance.adapters.fence_queries import COMMON, INFORMATION, MEMBERS, NOTED, PARTS, POWERFUL
from governance.errors import PlatformError

MEMBER, POWERFUL_LOGIN = "member", "powerful login"


class FenceUnreadable(PlatformError):
    """Whether the fence stands cannot be told."""

    code = "fence.unreadable"


def read_fence(alias: str = "default") -> Found:
    """Every part found in the database. Raises FenceUnreadable when the role may not see the catalog, or nobody can."""
    try:
        with _catalog_only(alias) as cursor:
            parts = [part for kind in PARTS for part in _parts(cursor, kind)]
            parts += _members(cursor)
            return Found(tuple(parts), {name: str(_rows(cursor, query)[0][0]) for name, query in INFORMATION.items()})
    except DatabaseError as problem:
        raise FenceUnreadable(
            f"The catalog of the database cannot be read: {str(problem).strip()}.",
            how_to_fix="Check that PostgreSQL runs and that the login may read pg_catalog, as it may by default.",
        ) from problem


@contextmanager
def _catalog_only(alias: str) -> Iterator[CursorWrapper]:
    """A transaction in which names mean the catalog's objects; what the caller's meant is put back."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_catalog.current_setting('search_path')")
        before = _all(cursor)[0][0]
        cursor.execute("SET LOCAL search_path = pg_catalog, pg_temp")
        yield cursor
        cursor.execute("SELECT set_config('search_path', %s, true)", [before])


def _parts(cursor: CursorWrapper, kind: str) -> list[Part]:
    rows = _rows(cursor, COMMON + PARTS[kind])
    traits = [column.name for column in cursor.description][1:]
    return [
        Part(kind, str(name), {trait: str(value) for trait, value in zip(traits, values, strict=True) if value != ""})
        for name, *values in rows
    ]


def _members(cursor: CursorWrapper) -> list[Part]:
    """Whoever may act as a role though the lock does not note it. Without a lock that is missing, and said so."""
    noted = _rows(cursor, NOTED)
    if not noted:
        return []
    return unexpected_members(
        _noted(noted[0][0]), _rows(cursor, MEMBERS), [name for (name,) in _rows(cursor, POWERFUL)]
    )


def unexpected_members(
    noted: Mapping[str, Collection[str]], members: Collection[tuple[str, ...]], powerful: Collection[str]
) -> list[Part]:
    """``members``: role and login. The owner's login may be powerful: it makes the roles."""
    roles = set(noted)
    found = [
        Part(MEMBER, f"{login} of {role}", {})
        for role, login in members
        if login not in roles and login not in noted.get(role, ())
    ]
    return found + [Part(POWERFUL_LOGIN, login, {}) for login in powerful if login not in noted.get(OWNER, ())]


def _noted(comment: str | None) -> dict[str, list[str]]:
    try:
        noted = json.loads(comment or "{}")
    except ValueError:
        return {}  # then nobody is expected, and everybody told
    return noted if isinstance(noted, dict) else {}


def _rows(cursor: CursorWrapper, query: str) -> list[tuple[str, ...]]:
    cursor.execute(query)
    return _all(cursor)


def _all(cursor: CursorWrapper) -> list[tuple[str, ...]]:
    return list(cursor.fetchall())
