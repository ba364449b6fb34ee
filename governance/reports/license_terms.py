"""A reading beside the text it was read from: clause by clause, in words a lawyer reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from governance.licensing.terms import Action, Constraint, DutyKind, Encoding, LeftOperand, Operator, Term, TermKind
from governance.licensing.verbatim import Passage, passage_of
from governance.policy.phrases import ACTION, OPERAND, word, words

_KINDS = {
    TermKind.PERMISSION: ("Permits", "permit"),
    TermKind.PROHIBITION: ("Prohibits", "deny"),
    TermKind.DUTY: ("Asks for", "duties"),
}
_OPERATORS = {
    Operator.EQ: "is",
    Operator.NEQ: "is not",
    Operator.LT: "is below",
    Operator.LTEQ: "is at most",
    Operator.GT: "is above",
    Operator.GTEQ: "is at least",
    Operator.IS_ANY_OF: "is one of",
    Operator.IS_NONE_OF: "is none of",
    Operator.IS_ALL_OF: "is all of",
    Operator.IS_PART_OF: "lies within",
}


@dataclass(frozen=True, slots=True)
class TermLine:
    """What one clause says of some actions. ``duty``: what a duty asks for, in a word; empty for the others."""

    words: str
    tone: str
    duty: str
    actions: tuple[str, ...]
    conditions: tuple[str, ...]
    paraphrase: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One place in the text and the terms read from it. ``passage`` is None where no text is kept."""

    ref: str
    quote: str
    passage: Passage | None
    terms: tuple[TermLine, ...]


def vocabulary() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words a reading may use, by the key they stand under."""
    closed = {
        "kind": TermKind, "actions": Action, "duty": DutyKind, "left_operand": LeftOperand, "operator": Operator
    }  # fmt: skip
    return tuple((key, tuple(word.value for word in kind)) for key, kind in closed.items())


def clauses_of(encoding: Encoding, text: bytes | None) -> tuple[Clause, ...]:
    """The terms in their order, those of one clause together."""
    found = []
    for (ref, quote), terms in groupby(encoding.terms, key=lambda term: (term.clause_ref, term.quote)):
        passage = passage_of(quote, text) if quote and text is not None else None
        found.append(Clause(ref, quote, passage, tuple(_lines(terms))))
    return tuple(found)


def _lines(terms: Iterable[Term]) -> Iterable[TermLine]:
    for said, group in groupby(terms, key=lambda term: replace(term, action=Action.RUN_INFERENCE)):
        label, tone = _KINDS[said.kind]
        yield TermLine(
            words=label,
            tone=tone,
            duty=word(said.duty) if said.duty else "",
            actions=tuple(ACTION[term.action] for term in group),
            conditions=tuple(_condition(constraint) for constraint in said.constraints),
            paraphrase=said.paraphrase,
        )


def _condition(constraint: Constraint) -> str:
    name = OPERAND.get(constraint.left_operand) or _spelt(constraint.left_operand)
    return f"{name} {_OPERATORS[constraint.operator]} {words(constraint.right_operand)}"


def _spelt(operand: LeftOperand) -> str:
    return operand.value.replace("_", " ")
