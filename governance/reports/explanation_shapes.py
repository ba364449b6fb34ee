"""The frozen structure of an explained decision, shared by page, command line and exports.

``as_json`` of it holds whole numbers and text only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.licensing.jsonshape import to_plain
from governance.policy.phrases import listed
from governance.reports.facts_in_words import FactGroup


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's finding. ``outcome`` is its effect as an outcome value, ``effect`` the same in words."""

    code: str
    title: str
    layer: str
    outcome: str
    effect: str
    subject: str
    found: str
    required: str
    clause: str
    message: str
    how_to_fix: str
    waiver: str


@dataclass(frozen=True, slots=True)
class RuleReasons:
    """The findings of one rule together, by its worst effect: a rule that looks at every grant says much."""

    code: str
    title: str
    layer: str
    outcome: str
    effect: str
    how_to_fix: str
    cases: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ConsideredGrant:
    """A right that was looked at, and where it stops.

    ``entitlement`` is its reference when it was bought; ``stated_in`` where a public licence is stated.
    ``counts`` is false for statements that were replaced or set aside: they are listed and weigh nothing.
    """

    ref: str
    title: str
    stated_in: str
    counts: bool
    entitlement: str
    version: int
    outcome: str
    result: str
    relied_upon: bool
    where_it_stops: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading of a licence or contract that was applied: an interpretation, with who made it and when."""

    license_id: str
    title: str
    revision: int
    encoded_on: str
    encoded_by: str
    approved_by: str
    reading: str
    source: str
    terms: tuple[ReadTerm, ...]


@dataclass(frozen=True, slots=True)
class ReadTerm:
    """One clause beside what we take it to say."""

    kind: str
    clause: str
    quote: str
    paraphrase: str


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A duty. ``source``: the grant or rule it comes from; ``asked_by`` the same in words."""

    kind: str
    text: str
    source: str
    asked_by: str
    clause: str


@dataclass(frozen=True, slots=True)
class CureLine:
    title: str
    consequence: str


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """A waiver that was considered. ``note`` says why it applied, or why it did not."""

    ref: str
    rule: str
    applied: bool
    note: str

    def __str__(self) -> str:
        return f"{self.ref} on {self.rule}, {'applied' if self.applied else 'not applied'}: {self.note}"


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What a policy revision that is only tried would have said; it changed nothing."""

    revision: int
    digest: str
    outcome: str
    outcome_words: str
    summary: str


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """A digest on record and whether the stored text still has it."""

    name: str
    sha256: str
    matches: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything a reader needs to follow it, dispute it or act on it.

    ``number`` is None for a dry run: it was stored nowhere. ``encodings``: the readings cited, by licence and revision.
    ``waivers`` and ``holds``: those considered. ``trials``: revisions of the policy that are only tried.
    """

    number: int | None
    reference: str
    stage: str
    stage_words: str
    outcome: str
    outcome_words: str
    summary: str
    decided_at: datetime
    decided_for: str
    job: int | None
    target: str
    project: str
    client: str
    model: str
    evaluator_version: str
    rule_set_digest: str
    policy_revision: int
    policy_digest: str
    encodings: tuple[str, ...]
    asked: tuple[str, ...]
    use: str
    tally: str
    concerns: tuple[Reason, ...]
    holding: tuple[Reason, ...]
    grants: tuple[ConsideredGrant, ...]
    readings: tuple[Reading, ...]
    duties: tuple[DutyLine, ...]
    cures: tuple[CureLine, ...]
    waiver_can_help: bool
    waivers: tuple[WaiverLine, ...]
    holds: tuple[str, ...]
    trials: tuple[TrialLine, ...]
    previous: int | None
    changes: tuple[str, ...]
    facts: tuple[FactGroup, ...]
    digests: tuple[StoredDigest, ...]

    @property
    def intact(self) -> bool:
        """Whether every stored text still has the digest on record."""
        return all(digest.matches for digest in self.digests)

    @property
    def weighty(self) -> tuple[RuleReasons, ...]:
        """The concerns that made the verdict what it is: what holds for all grants first, single grants last."""
        return self._by_rule(reason for reason in self.concerns if reason.outcome in self._decisive)

    @property
    def noted(self) -> tuple[RuleReasons, ...]:
        """The concerns that are on record and changed nothing."""
        return self._by_rule(reason for reason in self.concerns if reason.outcome not in self._decisive)

    def _by_rule(self, reasons: Iterable[Reason]) -> tuple[RuleReasons, ...]:
        entitlements = {grant.entitlement for grant in self.grants}
        rules: dict[str, list[Reason]] = {}
        for reason in reasons:
            rules.setdefault(reason.code, []).append(reason)
        ordered = sorted(
            rules.values(),
            key=lambda cases: (cases[0].outcome != "deny", all(case.subject in entitlements for case in cases)),
        )
        return tuple(
            RuleReasons(
                *(worst.code, worst.title, worst.layer, worst.outcome, worst.effect, worst.how_to_fix), tuple(cases)
            )
            for cases in ordered
            for worst in cases[:1]
        )

    @property
    def _decisive(self) -> tuple[str, ...]:
        return ("duties",) if self.allows else ("deny", "review")

    @property
    def grants_that_count(self) -> tuple[ConsideredGrant, ...]:
        """Without those that were replaced or set aside."""
        return tuple(grant for grant in self.grants if grant.counts)

    @property
    def grants_without_effect(self) -> tuple[ConsideredGrant, ...]:
        return tuple(grant for grant in self.grants if not grant.counts)

    @property
    def allows(self) -> bool:
        return self.outcome in ("permit", "duties")

    @property
    def relied_upon(self) -> str:
        """The grants relied upon, as in "ENT-0001 v2 and Apache-2.0"; empty when none was."""
        return listed(grant.title for grant in self.grants if grant.relied_upon)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON without floats."""
        plain: dict[str, Any] = to_plain(self)
        return plain
