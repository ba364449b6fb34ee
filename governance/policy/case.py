"""The case at hand: what every part of the evaluation looks at, gathered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.licensing.terms import LeftOperand
from governance.policy.actions import Request, requested_actions
from governance.policy.conditions import Value, fact_value
from governance.policy.facts import Facts
from governance.policy.relief import Hold
from governance.policy.use import UseAssessment, assess_use


@dataclass(frozen=True, slots=True)
class Case:
    """Facts with what follows from them at a time: the class of use, the actions asked for, the holds in force, and
    what was found for each left operand."""

    facts: Facts
    at: datetime
    use: UseAssessment
    requests: tuple[Request, ...]
    holds: tuple[Hold, ...]
    found: Mapping[LeftOperand, Value]

    @property
    def releasing(self) -> bool:
        """True when an existing output is judged, not a run."""
        return self.facts.releasing


def open_case(facts: Facts, holds: Sequence[Hold], at: datetime) -> Case:
    """The case for these facts at this time."""
    use = assess_use(facts.target)
    in_force = tuple(sorted((hold for hold in holds if hold.in_force(at)), key=lambda hold: hold.ref))
    found = {operand: fact_value(operand, facts, use, at) for operand in LeftOperand}
    return Case(facts, at, use, requested_actions(facts, use), in_force, found)
