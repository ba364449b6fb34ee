"""Reads licence encodings from TOML, strictly: a misspelt action in a licence reading must not pass as
silence.

The caller passes bytes; nothing is read from disk here. One ``[[term]]`` may list several ``actions`` when
one clause says the same of all of them; it becomes one Term for each.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

from governance.errors import RequestError
from governance.licensing.expression import ExpressionRefused, parse_expression
from governance.licensing.jsonshape import ShapeError, from_plain
from governance.licensing.terms import Constraint, Encoding, Operator, Term, TermKind

LONGEST_QUOTE = 240
_LIST_OPERATORS = (Operator.IS_ANY_OF, Operator.IS_NONE_OF, Operator.IS_ALL_OF, Operator.IS_PART_OF)
_TERM_KEYS = ("kind", "actions", "clause_ref", "paraphrase", "constraints", "quote", "duty")


class EncodingRefused(RequestError):
    """A licence encoding is malformed, incomplete, or uses words outside the vocabulary."""

    code = "license.encoding"


def parse_encodings(files: Mapping[str, bytes]) -> dict[str, Encoding]:
    """Encodings by licence identifier, from file names and their bytes.

    Raises EncodingRefused naming file and key; also when a file is not named after the licence it encodes,
    which keeps two readings of one licence from standing side by side.
    """
    encodings: dict[str, Encoding] = {}
    for name in sorted(files):
        encoding = parse_encoding(files[name], name)
        if name != f"{encoding.license_id}.toml":
            raise _refused(name, "license_id", encoding.license_id, "the file's own name without .toml")
        encodings[encoding.license_id] = encoding
    return encodings


def parse_encoding(raw: bytes, name: str) -> Encoding:
    """One encoding from the bytes of a TOML file. ``name`` is used in messages. Raises EncodingRefused."""
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refused(name, "the file", str(error), "TOML in UTF-8") from None
    return encoding_from_mapping(data, name)


def encoding_from_mapping(data: Mapping[str, Any], name: str) -> Encoding:
    """One encoding from already parsed data, with the same strictness. Raises EncodingRefused."""
    plain = dict(data)
    terms = plain.pop("term", [])
    if not isinstance(terms, list):
        raise _refused(name, "term", terms, "a list of [[term]] tables")
    plain["terms"] = [entry for index, term in enumerate(terms) for entry in _spread(term, name, index)]
    if isinstance(plain.get("encoded_on"), date):
        plain["encoded_on"] = plain["encoded_on"].isoformat()
    try:
        encoding = from_plain(Encoding, plain)
    except ShapeError as error:
        raise EncodingRefused(f"{name}: {error.message}", how_to_fix=_HOW) from None
    _check_head(encoding, name)
    for index, entry in enumerate(encoding.terms):
        _check_term(entry, name, f"terms[{index}]")
    return encoding


_HOW = "Use only the words of governance/licensing/terms.py and give every term its clause."


def _spread(term: object, name: str, index: int) -> list[dict[str, Any]]:
    where = f"term[{index}]"
    if not isinstance(term, Mapping):
        raise _refused(name, where, term, "a [[term]] table")
    for key in term:
        if key not in _TERM_KEYS:
            raise _refused(name, f"{where}.{key}", term[key], f"one of {', '.join(_TERM_KEYS)}")
    actions = term.get("actions")
    if not isinstance(actions, list) or not actions:
        raise _refused(name, f"{where}.actions", actions, "a list with at least one action")
    rest = {key: value for key, value in term.items() if key != "actions"}
    return [{**rest, "action": action} for action in actions]


def _check_head(encoding: Encoding, name: str) -> None:
    try:
        identifiers = parse_expression(encoding.license_id).identifiers
    except ExpressionRefused as error:
        raise _refused(name, "license_id", encoding.license_id, error.message) from None
    if identifiers != (encoding.license_id,):
        raise _refused(name, "license_id", encoding.license_id, "one identifier, spelt as SPDX spells it")
    if encoding.revision < 1:
        raise _refused(name, "revision", encoding.revision, "1 or more")
    for key in ("title", "encoded_by", "approved_by", "reading"):
        if not getattr(encoding, key).strip():
            raise _refused(name, key, "", "text")
    if encoding.encoded_by == encoding.approved_by:
        raise _refused(name, "approved_by", encoding.approved_by, "another role than encoded_by")
    digest = encoding.text_sha256
    if digest is not None and (len(digest) != 64 or not set(digest) <= set("0123456789abcdef")):
        raise _refused(name, "text_sha256", digest, "64 lower-case hexadecimal digits")


def _check_term(term: Term, name: str, where: str) -> None:
    if not term.clause_ref.strip() or not term.paraphrase.strip():
        raise _refused(name, f"{where}.clause_ref/paraphrase", "nothing", "the clause and our reading of it")
    if len(term.quote) > LONGEST_QUOTE:
        raise _refused(name, f"{where}.quote", f"{len(term.quote)} characters", f"at most {LONGEST_QUOTE}")
    if (term.kind is TermKind.DUTY) != (term.duty is not None):
        raise _refused(name, f"{where}.duty", term.duty, "a duty kind on duties, and on nothing else")
    for position, constraint in enumerate(term.constraints):
        _check_constraint(constraint, name, f"{where}.constraints[{position}]")


def _check_constraint(constraint: Constraint, name: str, where: str) -> None:
    wants_list = constraint.operator in _LIST_OPERATORS
    if wants_list != isinstance(constraint.right_operand, tuple):
        expected = "a list" if wants_list else "one value"
        raise _refused(name, f"{where}.right_operand", constraint.right_operand, f"{expected} for this operator")


def _refused(name: str, key: str, got: object, expected: str) -> EncodingRefused:
    return EncodingRefused(f"{name}: {key}: found {got!r}; expected {expected}.", how_to_fix=_HOW)
