"""Whether the database is fenced as the repository says it must be."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from governance.adapters import fence
from governance.adapters.fence_catalogue import MEMBER, POWERFUL_LOGIN, FenceUnreadable, read_fence

# Which logins an installation has is its own affair; the lock notes those that may act as our roles.
OWN_AFFAIR = frozenset({MEMBER, POWERFUL_LOGIN})
PINNED = Path(fence.__file__).with_name("fence_pinned.json")


def fence_differences() -> tuple[fence.Difference, ...]:
    """What is not as pinned, seen as the application's role; empty when the fence stands.

    Raises FenceUnreadable when that cannot be told: never to be read as "nothing found".
    """
    return fence.compare(read_fence(), pinned_fence())


@cache
def pinned_fence() -> fence.Pinned:
    """Raises FenceUnreadable."""
    try:
        return fence.pinned_from_json(PINNED.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise FenceUnreadable(
            f"The pinned list {PINNED.name} cannot be read: {problem}.", how_to_fix="Install this release again."
        ) from problem


def pin_fence() -> int:
    """Write what the database holds as what it must hold; returns how many parts. For developers, after a migration."""
    parts = tuple(part for part in read_fence().parts if part.kind not in OWN_AFFAIR)
    PINNED.write_text(fence.pinned_as_json(fence.Pinned(parts)), encoding="utf-8")
    pinned_fence.cache_clear()
    return len(parts)
