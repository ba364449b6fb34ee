"""Stored decisions as the evaluator was given them, to be judged again, as they were or under a hypothesis.

A hundred thousand decisions are mostly about the same few questions. Grants, waivers and holds are parsed once for
each text that was stored, and decisions that differ in the numbers of their pictures only are judged once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from governance.models import Decision
from governance.policy.decision import Outcome
from governance.policy.facts import Facts
from governance.policy.grants import Grant
from governance.policy.hypothesis import Given, Hypothesis, OtherPolicy
from governance.policy.relief import Hold, Waiver
from governance.policy.ruleset import STANDARD

# Pictures and outputs are numbered; what a verdict says of them does not depend on the number, only on their order.
_NUMBERED = re.compile(r'"((?:AST|OUT)-\d+)"')
_NAMED = re.compile(r"\b(?:AST|OUT)-\d+\b")
_PLACE = re.compile(r"<(\d+)>")
_MADE_AT = re.compile(r'"made_at":"([0-9-]{10})T[^"]*"')
_DECIDED_AT = re.compile(r'"decided_at":"[^"]*"')
_NO_AGE = '"decision_max_age_days":null'
_TEXTS_KEPT = 256
_RESULTS_KEPT = 4096

V = TypeVar("V")


class _Recent(Generic[V]):
    """The values last used, by key: memory stays the same however long the history is."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[bytes, V] = OrderedDict()

    def get(self, key: bytes, make: Callable[[], V]) -> V:
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = make()
        if len(self._values) > self._limit:
            self._values.popitem(last=False)
        return value


class Archive:
    """Reads stored decisions back. Raises ShapeError for a row that does not hold what was written."""

    def __init__(self) -> None:
        self._grants: _Recent[tuple[Grant, ...]] = _Recent(_TEXTS_KEPT)
        self._waivers: _Recent[tuple[Waiver, ...]] = _Recent(_TEXTS_KEPT)
        self._holds: _Recent[tuple[Hold, ...]] = _Recent(_TEXTS_KEPT)

    def given(self, row: Decision, at: datetime | None = None) -> Given:
        """Everything the decision was given; with ``at``, as if it were asked at that moment."""
        return Given(
            facts=Facts.from_json(json.loads(row.facts)),
            grants=self.grants(row),
            waivers=self._waivers.get(_digest(row.waivers), lambda: _entries(row.waivers, Waiver.from_json)),
            holds=self._holds.get(_digest(row.holds), lambda: _entries(row.holds, Hold.from_json)),
            at=at or row.decided_at,
        )

    def grants(self, row: Decision) -> tuple[Grant, ...]:
        """The grants the decision was given; read from the database only when they are not among the last ones."""
        return self._grants.get(grants_key(row), lambda: _entries(row.grants_text, Grant.from_json))


def grants_key(row: Decision) -> bytes:
    """What tells the grants of one decision from those of another."""
    return row.grant_set_id.encode() if row.grant_set_id else _digest(row.grants)


@dataclass(frozen=True, slots=True)
class Supposed:
    """What a decision says without the hypothesis, and what it would say with it."""

    before: Outcome
    after: Outcome
    summary: str

    @property
    def differs(self) -> bool:
        return self.before is not self.after


class Replay:
    """Judges stored decisions under a hypothesis: all at one moment, or (``at`` None) each at its own time.

    At one moment both sides are judged anew, so that what changed by itself is not blamed on the hypothesis.
    """

    def __init__(self, hypothesis: Hypothesis, at: datetime | None = None) -> None:
        self._hypothesis = hypothesis
        self._at = at
        self._archive = Archive()
        self._grants: _Recent[tuple[Grant, ...]] = _Recent(_TEXTS_KEPT)
        self._boundaries: _Recent[frozenset[str]] = _Recent(_TEXTS_KEPT)
        self._named: _Recent[frozenset[str]] = _Recent(_TEXTS_KEPT)
        self._results: _Recent[Supposed] = _Recent(_RESULTS_KEPT)

    def supposed(self, row: Decision) -> Supposed:
        """The verdict with and without. Needs facts, grants, waivers, holds, outcome and decided_at of the row."""
        numbers = sorted(set(_NUMBERED.findall(row.facts)) - self._held(row))
        found = self._results.get(self._key(row, numbers), lambda: _about(self._judge(row), numbers))
        return replace(found, summary=_PLACE.sub(lambda place: numbers[int(place[1])], found.summary))

    def _held(self, row: Decision) -> set[str]:
        """The pictures and outputs that a hold names: to them their number matters."""
        stored = self._named.get(_digest(row.holds), lambda: frozenset(_NUMBERED.findall(row.holds)))
        return stored | {hold.scope_ref for hold in self._hypothesis.holds(())}

    def _judge(self, row: Decision) -> Supposed:
        given = self._archive.given(row, self._at)
        before = given.judged(STANDARD).outcome if self._at else Outcome(row.outcome)
        supposed = replace(
            given,
            facts=self._hypothesis.facts(given.facts),
            grants=self._supposed_grants(row),
            holds=self._hypothesis.holds(given.holds),
        )
        after = supposed.judged(STANDARD)
        return Supposed(before, after.outcome, after.summary)

    def _supposed_grants(self, row: Decision) -> tuple[Grant, ...]:
        # The same objects each time: the evaluator keeps what it worked out of a grant with the grant.
        return self._grants.get(grants_key(row), lambda: self._hypothesis.grants(self._archive.grants(row)))

    def _key(self, row: Decision, numbers: Sequence[str]) -> bytes:
        moment = "" if self._at else f"{row.decided_at.isoformat()} {row.outcome}"
        boundaries = self._boundaries.get(grants_key(row), lambda: self._days(row))
        places = {name: f'"<{place}>"' for place, name in enumerate(numbers)}

        def when(found: re.Match[str]) -> str:
            # Of the time an output was made only its place among beginnings and ends counts, and the day in words.
            return f"made {found[1]}" if found[1] not in boundaries else found[0]

        facts = _MADE_AT.sub(when, _NUMBERED.sub(lambda found: places.get(found[1], found[0]), row.facts))
        if self._ages_do_not_matter(facts):
            facts = _DECIDED_AT.sub("", facts)
        return _digest("\n".join((moment, facts, grants_key(row).hex(), row.waivers, row.holds)))

    def _days(self, row: Decision) -> frozenset[str]:
        """The days (UTC) on which one of the rights begins or ends, without the hypothesis or with it."""
        grants = (*self._archive.grants(row), *self._supposed_grants(row))
        found = (each.standing for each in grants if each.standing is not None)
        moments = [moment for standing in found for moment in (standing.starts_at, standing.ends_at, standing.ended_at)]
        return frozenset(moment.astimezone(UTC).date().isoformat() for moment in moments if moment is not None)

    def _ages_do_not_matter(self, facts: str) -> bool:
        other = self._hypothesis.policy if isinstance(self._hypothesis, OtherPolicy) else None
        return _NO_AGE in facts and (other is None or other.decision_max_age_days is None)


def _about(found: Supposed, numbers: Sequence[str]) -> Supposed:
    """The same said of any pictures: their places instead of their numbers."""
    places = {name: f"<{place}>" for place, name in enumerate(numbers)}
    return replace(found, summary=_NAMED.sub(lambda name: places.get(name[0], name[0]), found.summary))


def _entries(text: str, read: Callable[[object], V]) -> tuple[V, ...]:
    return tuple(read(entry) for entry in json.loads(text))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
