"""A reading written back as TOML: what a person edits to make the next one. ``parse_encoding`` reads it unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import groupby

from governance.licensing.terms import Action, Constraint, Encoding, Term

_HEAD = (
    "license_id", "title", "revision", "encoded_on", "encoded_by", "approved_by", "reading", "source", "text_sha256",
    "open_questions",
)  # fmt: skip


def as_toml(encoding: Encoding, without: Iterable[str] = ()) -> str:
    """The whole reading. ``without``: keys of the head to leave out, for whoever supplies them otherwise."""
    left_out = set(without)
    head = [_pair(key, getattr(encoding, key)) for key in _HEAD if key not in left_out]
    return "\n".join([line for line in head if line] + [_terms(encoding.terms)]).rstrip("\n") + "\n"


def _terms(terms: tuple[Term, ...]) -> str:
    """Neighbours that say the same of several actions stand together, as they are read apart."""
    alike = groupby(terms, key=lambda term: replace(term, action=Action.RUN_INFERENCE))
    return "".join(_term(said, [term.action for term in group]) for said, group in alike)


def _term(said: Term, actions: list[Action]) -> str:
    pairs = (
        ("kind", said.kind),
        ("actions", tuple(actions)),
        ("duty", said.duty),
        ("clause_ref", said.clause_ref),
        ("quote", said.quote),
        ("paraphrase", said.paraphrase),
        ("constraints", said.constraints),
    )
    lines = [line for line in (_pair(key, value) for key, value in pairs) if line]
    return "\n".join(["", "[[term]]", *lines, ""])


def _pair(key: str, value: object) -> str:
    """One key with its value; nothing for what need not be said."""
    if value is None or value in ("", ()):
        return ""
    if key == "open_questions" and isinstance(value, tuple):
        return f"{key} = [\n" + "".join(f"  {_value(question)},\n" for question in value) + "]"
    return f"{key} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, Constraint):
        keys = ("left_operand", "operator", "right_operand")
        return "{ " + ", ".join(f"{key} = {_value(getattr(value, key))}" for key in keys) + " }"
    if isinstance(value, tuple):
        return f"[{', '.join(_value(entry) for entry in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else _text(str(value))


def _text(text: str) -> str:
    # JSON's escapes are TOML's; DEL alone is allowed raw in the one and not in the other.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
