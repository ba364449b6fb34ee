"""What would be different if…: a change to what a decision was given, judged by the same evaluator.

A hypothesis never touches the stored facts; it makes others of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from governance.policy.decision import Decision
from governance.policy.engine import evaluate
from governance.policy.facts import Contradiction, Facts, OrganisationPolicy
from governance.policy.grants import Grant
from governance.policy.relief import Hold, Waiver
from governance.policy.ruleset import RuleSet

SUPPOSED = "supposed"


@dataclass(frozen=True, slots=True)
class Given:
    """Everything one decision was given."""

    facts: Facts
    grants: tuple[Grant, ...]
    waivers: tuple[Waiver, ...]
    holds: tuple[Hold, ...]
    at: datetime

    def judged(self, rules: RuleSet) -> Decision:
        """What the evaluator says of it."""
        return evaluate(self.facts, self.grants, rules, self.waivers, self.holds, self.at)


class Hypothesis:
    """A change to what decisions were given. Each part by itself, so that what many share is changed once."""

    __slots__ = ()

    def facts(self, facts: Facts) -> Facts:
        return facts

    def grants(self, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        return grants

    def holds(self, holds: tuple[Hold, ...]) -> tuple[Hold, ...]:
        return holds


@dataclass(frozen=True, slots=True)
class OtherPolicy(Hypothesis):
    """The organisation's settings were these."""

    policy: OrganisationPolicy

    def facts(self, facts: Facts) -> Facts:
        return replace(facts, policy=self.policy)


@dataclass(frozen=True, slots=True)
class EntitlementEnds(Hypothesis):
    """The entitlement ended at ``at``, every version of it."""

    ref: str
    at: datetime

    def grants(self, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        return tuple(self._ended(grant) for grant in grants)

    def _ended(self, grant: Grant) -> Grant:
        standing = grant.standing
        if grant.ref != self.ref or standing is None:
            return grant
        if standing.ended_at is not None and standing.ended_at <= self.at:
            return grant
        return replace(grant, standing=replace(standing, ended_at=self.at, ended_reason=SUPPOSED))


@dataclass(frozen=True, slots=True)
class ClaimContradicted(Hypothesis):
    """A claim about the training data of ``model`` were contradicted, and nobody had looked at it yet."""

    model: str
    claim: str
    counter: str

    def facts(self, facts: Facts) -> Facts:
        if facts.route.model != self.model:
            return facts
        against = Contradiction(self.claim, self.counter, SUPPOSED)
        known = replace(facts.lineage, contradictions=(*facts.lineage.contradictions, against))
        return replace(facts, lineage=known)


@dataclass(frozen=True, slots=True)
class HoldPlaced(Hypothesis):
    """This hold were in force."""

    hold: Hold

    def holds(self, holds: tuple[Hold, ...]) -> tuple[Hold, ...]:
        return (*holds, self.hold)
