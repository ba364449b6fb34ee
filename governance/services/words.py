"""Words from fixed lists, checked before they become rows that nobody can change any more."""

from __future__ import annotations

from collections.abc import Iterable

from governance.errors import RequestError


def check_words(field: str, got: Iterable[str], known: Iterable[str]) -> None:
    """Raise RequestError ``<field>.unknown`` for the first word that is not in the list."""
    expected = list(known)
    for word in got:
        if word not in expected:
            raise RequestError(
                f"Unknown {field.replace('_', ' ')} {word!r}; expected one of {', '.join(sorted(expected))}.",
                how_to_fix="Choose one of these.",
                code=f"{field}.unknown",
            )
