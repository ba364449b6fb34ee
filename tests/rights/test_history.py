"""Stored decisions judged again: what is remembered of one is never said of another that differs in what counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.models import Decision
from governance.policy.facts import InputFacts, OrganisationPolicy, OutputFacts, RightsSignal
from governance.policy.grants import Survival
from governance.policy.hypothesis import ClaimContradicted, EntitlementEnds, HoldPlaced, Hypothesis, OtherPolicy
from governance.policy.relief import HoldScope
from governance.policy.words import Answer, Stage, UseClass
from governance.provenance.canonical import canonical
from governance.rights.history import Replay
from tests.policy.factories import NOW, RMBG_2_SCOPE, clean_model, entitlement, facts, hold, standing
from tests.policy.strategies import Situation, situations

MINUTE = timedelta(minutes=1)
# Around the moments at which the rights of the strategies begin and end.
MADE = (NOW - timedelta(days=60), NOW - 3 * MINUTE, NOW, NOW + 3 * MINUTE, NOW - timedelta(days=2))
HYPOTHESES = st.one_of(
    st.sampled_from([NOW, NOW - timedelta(days=3), NOW - timedelta(hours=5), NOW + timedelta(days=1)]).map(
        lambda at: EntitlementEnds("ENT-1", at)
    ),
    st.sampled_from(["AST-1", "AST-7", "AST-10"]).map(
        lambda ref: HoldPlaced(replace(hold(HoldScope.ASSET, ref), ref="HLD-9"))
    ),
    st.sampled_from(["OUT-1", "OUT-31"]).map(lambda ref: HoldPlaced(replace(hold(HoldScope.OUTPUT, ref), ref="HLD-9"))),
    st.just(ClaimContradicted("rmbg-2.0", "All images are licensed.", "They are not.")),
    st.sampled_from([None, 30]).map(lambda days: OtherPolicy(OrganisationPolicy(9, decision_max_age_days=days))),
)


def stored(of: Situation, at: datetime = NOW) -> Decision:
    """A row as a gate keeps it."""

    def text(things: Sequence[object]) -> str:
        return canonical([thing.as_json() for thing in things]).decode()  # type: ignore[attr-defined]

    return Decision(
        facts=canonical(of.facts.as_json()).decode(),
        grants=text(of.grants),
        waivers=text(of.waivers),
        holds=text(of.holds),
        outcome=of.judged(at=at).outcome.value,
        decided_at=at,
    )


def renumbered(row: Decision, picture: int, output: int, made: datetime) -> Decision:
    """The same about other pictures, and of an output that was made at another time."""
    text = re.sub(r'"AST-(\d)"', lambda found: f'"AST-{picture + int(found[1])}"', row.facts)
    text = re.sub(r'"OUT-\d"', f'"OUT-{output}"', text)
    text = re.sub(r'"made_at":"[^"]*"', f'"made_at":"{made:%Y-%m-%dT%H:%M:%S.%fZ}"', text)
    return Decision(
        facts=text,
        grants=row.grants,
        waivers=row.waivers,
        holds=row.holds,
        outcome=row.outcome,
        decided_at=row.decided_at,
    )


HISTORIES = st.lists(
    st.tuples(
        situations(),
        st.lists(
            st.tuples(st.sampled_from([0, 6, 8, 9]), st.sampled_from([1, 31]), st.sampled_from(MADE)),
            min_size=2,
            max_size=5,
        ),
    ),
    min_size=1,
    max_size=2,
).map(lambda drawn: [renumbered(stored(of), *other) for of, others in drawn for other in others])


@settings(max_examples=150, deadline=None)
@given(HISTORIES, HYPOTHESES, st.sampled_from([None, NOW, NOW + timedelta(days=400)]))
def test_a_history_says_what_each_decision_says_alone(
    history: list[Decision], hypothesis: Hypothesis, at: datetime | None
) -> None:
    together = Replay(hypothesis, at)
    assert [together.supposed(row) for row in history] == [Replay(hypothesis, at).supposed(row) for row in history]


def pictured(ref: str, *signals: RightsSignal, **changes: object) -> Situation:
    return Situation(replace(clean_model(), inputs=(InputFacts(ref, signals),)), **changes)  # type: ignore[arg-type]


def test_a_hold_on_one_picture_is_not_one_on_the_next() -> None:
    held = (hold(HoldScope.ASSET, "AST-5"),)
    replay = Replay(OtherPolicy(OrganisationPolicy(9)), NOW)
    first, second = (replay.supposed(stored(pictured(ref, holds=held))) for ref in ("AST-5", "AST-6"))
    assert first.before is not second.before


def test_a_supposed_hold_on_one_picture_is_not_one_on_the_next() -> None:
    replay = Replay(HoldPlaced(hold(HoldScope.ASSET, "AST-5")), NOW)
    first, second = (replay.supposed(stored(pictured(ref))) for ref in ("AST-5", "AST-6"))
    assert (first.differs, second.differs) == (True, False)


def test_each_picture_is_called_by_its_own_number() -> None:
    refused = RightsSignal("xmp", "cawg.ai_inference", "notAllowed")
    replay = Replay(OtherPolicy(OrganisationPolicy(9)), NOW)
    for ref in ("AST-5", "AST-6"):
        assert ref in replay.supposed(stored(pictured(ref, refused))).summary


def test_an_earlier_supposed_end_does_not_hide_when_the_right_really_ended() -> None:
    ended = standing(ended_at=NOW - timedelta(hours=2), ended_reason="Terminated")
    grant = entitlement("ENT-1", RMBG_2_SCOPE, ended, survival=Survival.PERPETUAL)
    replay = Replay(EntitlementEnds("ENT-1", NOW - timedelta(days=3)), NOW)
    before = []
    for hours in (3, 1):
        made = OutputFacts("OUT-1", NOW - timedelta(hours=hours), UseClass.COMMERCIAL, ("ENT-1",), "TGT-1", Answer.YES)
        of = Situation(facts(stage=Stage.SWEEP, output=made), (grant,))
        before.append(replay.supposed(stored(of)).before)
    assert before[0] is not before[1]
