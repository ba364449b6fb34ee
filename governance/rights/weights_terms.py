"""How far the weights may go under a contract: the level entered for it, where its template speaks in general."""

from __future__ import annotations

from dataclasses import replace

from governance.licensing.terms import (
    Action,
    Constraint,
    Encoding,
    LeftOperand,
    Operator,
    Term,
    TermKind,
)
from governance.policy.words import WeightsDistribution

# Each level takes in those before it; "none" is what a contract says that does not let them go at all.
_LEVELS = (WeightsDistribution.INTERNAL, WeightsDistribution.TO_CLIENT, WeightsDistribution.PUBLIC)
_CLAUSE = "contract as entered, weights"


def with_weights_level(reading: Encoding, level: str) -> Encoding:
    """The reading with its terms on passing weights on replaced by what was entered for this contract.

    A level permits distribution up to it and no further. ``none`` prohibits it, whatever the template says: a
    template speaks of contracts in general, the entry of this one.
    """
    others = tuple(
        term for term in reading.terms if term.action is not Action.DISTRIBUTE_WEIGHTS or term.kind is TermKind.DUTY
    )
    stated = WeightsDistribution(level)
    if stated is WeightsDistribution.NONE:
        said = tuple(
            term
            for term in reading.terms
            if term.action is Action.DISTRIBUTE_WEIGHTS and term.kind is TermKind.PROHIBITION and not term.constraints
        )
        return replace(reading, terms=(*others, *(said or (_prohibition(),))))
    return replace(reading, terms=(*others, _permission(stated)))


def _prohibition() -> Term:
    return Term(
        kind=TermKind.PROHIBITION,
        action=Action.DISTRIBUTE_WEIGHTS,
        clause_ref=_CLAUSE,
        paraphrase="The weights stay with us; they may not be passed on.",
    )


def _permission(level: WeightsDistribution) -> Term:
    reached = tuple(each.value for each in _LEVELS[: _LEVELS.index(level) + 1])
    return Term(
        kind=TermKind.PERMISSION,
        action=Action.DISTRIBUTE_WEIGHTS,
        clause_ref=_CLAUSE,
        paraphrase="The weights may be passed on as far as the contract was entered to say.",
        constraints=(Constraint(LeftOperand.WEIGHTS_DISTRIBUTION, Operator.IS_ANY_OF, reached),),
    )
