"""SPDX licence expressions: which identifiers, joined how.

``license-expression`` does the parsing. Its SPDX set does not know private ``LicenseRef-…`` identifiers, so
those are accepted by form; any other unknown identifier is refused, because a licence nobody can name grants
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from license_expression import (  # type: ignore[import-untyped]
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    Licensing,
    get_spdx_licensing,
)

from governance.errors import RequestError

NOASSERTION = "NOASSERTION"
_LICENSE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
_MOST_ALTERNATIVES = 64


def _without_aliases() -> Licensing:
    # The library's aliases turn LicenseRef-MIT-TC into MIT: a private text would be read as a public licence.
    known = get_spdx_licensing().known_symbols.values()
    return Licensing([LicenseSymbol(symbol.key, is_exception=symbol.is_exception) for symbol in known])


_SPDX = _without_aliases()
_KNOWN: dict[str, str] = {key.lower(): key for key in _SPDX.known_symbols}


class ExpressionRefused(RequestError):
    """The text is not a licence expression we can rely on."""

    code = "license.expression"


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. ``alternatives`` is its disjunctive normal form: choose one entry, then every
    identifier in it applies. ``A WITH B`` stays one identifier."""

    text: str
    alternatives: tuple[tuple[str, ...], ...]

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Every identifier named, sorted."""
        return tuple(sorted({name for alternative in self.alternatives for name in alternative}))


def parse_expression(text: str) -> Expression:
    """Parses an SPDX expression (SPDX 2.3 annex D). ``NOASSERTION`` stands for "nobody says".

    Raises ExpressionRefused when the text is malformed or names an identifier that is neither in the SPDX
    list nor of the form ``LicenseRef-…``.
    """
    cleaned = text.strip()
    if cleaned == NOASSERTION:
        return Expression(NOASSERTION, ((NOASSERTION,),))
    try:
        tree = _SPDX.parse(cleaned, strict=True)
    except ExpressionError as error:
        raise _refused(text, str(error).strip()) from None
    if tree is None:
        raise _refused(text, "it is empty")
    alternatives = _alternatives(tree, text)
    return Expression(str(tree), tuple(sorted({tuple(sorted(set(option))) for option in alternatives})))


def recorded_expression(text: str, on_record: Collection[str]) -> Expression:
    """As ``parse_expression``, and every private ``LicenseRef-…`` must be on record: by its form alone nobody knows
    what it stands for. Raises ExpressionRefused, for a private name not on record with code ``license.unrecorded``.
    """
    expression = parse_expression(text)
    for name in expression.identifiers:
        if _LICENSE_REF.fullmatch(base_license(name)) and base_license(name) not in on_record:
            raise ExpressionRefused(
                f"Found the private licence {base_license(name)!r} in {text!r}, which is not on record.",
                how_to_fix="Record the licence with its text first, or use the name it is recorded under.",
                code="license.unrecorded",
            )
    return expression


def base_license(identifier: str) -> str:
    """The licence before ``WITH``: an exception only adds permissions, so its base is the conservative
    reading."""
    return identifier.split(" WITH ")[0]


def _alternatives(node: Any, text: str) -> list[tuple[str, ...]]:
    if isinstance(node, LicenseWithExceptionSymbol):
        base = _identifier(node.license_symbol.key, text)
        return [(f"{base} WITH {_identifier(node.exception_symbol.key, text)}",)]
    operator = str(getattr(node, "operator", "")).strip().upper()
    if operator not in ("AND", "OR"):
        return [(_identifier(node.key, text),)]
    parts = [_alternatives(argument, text) for argument in node.args]
    options = _joined(parts) if operator == "AND" else [option for part in parts for option in part]
    if len(options) > _MOST_ALTERNATIVES:
        raise _refused(text, f"it has more than {_MOST_ALTERNATIVES} alternatives")
    return options


def _joined(parts: Iterable[list[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    joined: list[tuple[str, ...]] = [()]
    for part in parts:
        joined = [left + right for left, right in product(joined, part)][: _MOST_ALTERNATIVES + 1]
    return joined


def _identifier(key: str, text: str) -> str:
    if _LICENSE_REF.fullmatch(key):
        return key
    if key.lower() in _KNOWN:
        return _KNOWN[key.lower()]
    raise _refused(text, f"{key!r} is neither an SPDX identifier nor of the form LicenseRef-…")


def _refused(text: str, reason: str) -> ExpressionRefused:
    return ExpressionRefused(
        f"Found the licence expression {text!r}, which cannot be used: {reason}.",
        how_to_fix="Write SPDX identifiers joined by AND, OR and WITH; name a private licence LicenseRef-….",
    )
