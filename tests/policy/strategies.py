"""Cases nobody thought of: facts, rights, waivers and holds drawn so that every verdict is common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from governance.licensing.catalogue_words import (
    HostingMode,
)
from governance.policy.decision import Decision
from governance.policy.engine import evaluate
from governance.policy.facts import Facts
from governance.policy.grants import AgentReporting, Grant, GrantKind, ModelScope, Overage, Survival
from governance.policy.public import public_grants
from governance.policy.relief import Hold, HoldScope, Waiver
from governance.policy.ruleset import STANDARD, RuleSet
from tests.policy.factories import (
    NOW,
    OTHER_FILE,
    RMBG_2_SCOPE,
    encodings,
    entitlement,
    hold,
    quota,
    standing,
    waiver,
)
from tests.policy.strategies_facts import DAYS, SETTABLE, cases, mostly


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything one evaluation is given, apart from rules and time."""

    facts: Facts
    bought: tuple[Grant, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    holds: tuple[Hold, ...] = ()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The public licences of the artefacts, then what was bought."""
        return (*public(self.facts), *self.bought)

    def judged(self, rules: RuleSet = STANDARD, at: datetime = NOW, **changes: object) -> Decision:
        """The verdict, after changing what is named."""
        asked = replace(self, **changes)  # type: ignore[arg-type]
        return evaluate(asked.facts, asked.grants, rules, asked.waivers, asked.holds, at)


def public(of: Facts) -> tuple[Grant, ...]:
    return tuple(grant for artefact in of.artefacts for grant in public_grants(artefact, encodings()))


@st.composite
def entitlements(draw: st.DrawFn, ref: str = "ENT-1") -> Grant:
    scope = replace(
        RMBG_2_SCOPE,
        models=draw(mostly(RMBG_2_SCOPE.models, (ModelScope("rmbg-3.0"),), (ModelScope("x", (), (OTHER_FILE,)),))),
        hosting_modes=draw(mostly(tuple(HostingMode), (HostingMode.VENDOR_API,))),
        territories=draw(mostly(None, ("DE", "AT", "CH"), ("FR",), ("WORLD",))),
        channels=draw(mostly(None, ("web",))),
        clients=draw(mostly(None, ("CLI-1",), ("CLI-2",))),
        affiliates=draw(st.booleans()),
    )
    agent = AgentReporting(NOW - timedelta(days=90), draw(st.sampled_from([None, NOW - timedelta(days=3)])))
    in_force = standing(
        verified=draw(mostly(True, False)),
        evidence_count=draw(mostly(1, 0)),
        ends_at=draw(mostly(None, *DAYS)),
        ended_at=draw(mostly(None, *DAYS)),
        overdue_duties=draw(mostly((), ("a report",))),
        zone=draw(mostly("UTC", "Europe/Berlin")),
        agent=draw(mostly(None, agent)),
    )
    quotas = draw(mostly((), (quota(0),), (quota(2),), (quota(0, overage=Overage.ASK),)))
    reading = encodings()[draw(st.sampled_from(["LicenseRef-bria-selfhost", "MIT"]))]
    kind = draw(mostly(GrantKind.SELF_HOST, GrantKind.EVALUATION, GrantKind.OEM))
    survival = draw(st.sampled_from(list(Survival)))
    return entitlement(
        ref, scope, in_force, kind=kind, quotas=quotas, survival=survival, wind_down_days=5, readings=(reading,)
    )


CODES = [rule.code for rule in STANDARD.rules]
WAIVERS: st.SearchStrategy[Waiver] = st.builds(
    waiver,
    st.sampled_from(SETTABLE * 3 + CODES),
    ref=st.sampled_from(["W-1", "W-2", "W-3"]),
    approved_by=mostly("USR-2", None, "USR-1"),
    starts_at=mostly(NOW - timedelta(days=3), NOW + timedelta(days=1)),
    ends_at=mostly(NOW + timedelta(days=3), NOW, NOW - timedelta(days=1)),
    target_ref=mostly("TGT-1", "TGT-2"),
    model=mostly(None, "rmbg-2.0", "u2netp"),
    max_uses=mostly(None, 3),
    uses=mostly(0, 3, 5),
    rejected=mostly(False, True),
)
HELD: tuple[tuple[HoldScope, str], ...] = (
    (HoldScope.EVERYTHING, ""),
    (HoldScope.MODEL, "rmbg-2.0"),
    (HoldScope.WEIGHTS, OTHER_FILE),
    (HoldScope.TARGET, "TGT-1"),
    (HoldScope.CLIENT, "CLI-9"),
    (HoldScope.GRANT, "ENT-1"),
    (HoldScope.ASSET, "AST-1"),
    (HoldScope.OUTPUT, "OUT-1"),
)
HOLDS: st.SearchStrategy[Hold] = st.builds(
    lambda scope, ref, lifted: replace(hold(*scope), ref=ref, lifted_by=lifted, lifted_at=NOW if lifted else None),
    st.sampled_from(HELD),
    st.sampled_from(["HLD-1", "HLD-2"]),
    mostly(("USR-2", "USR-3"), (), ("USR-2",)),
)


def unique(entries: st.SearchStrategy, key: Callable[[object], str]) -> st.SearchStrategy:  # type: ignore[type-arg]
    return st.lists(entries, max_size=2, unique_by=key).map(tuple)


def by_ref(entry: object) -> str:
    return str(getattr(entry, "ref"))  # noqa: B009 -- any of three kinds that have one


BOUGHT: st.SearchStrategy[tuple[Grant, ...]] = st.one_of(
    st.just(()), st.tuples(entitlements("ENT-1")), st.tuples(entitlements("ENT-1"), entitlements("ENT-2"))
)
SOME_HOLDS: st.SearchStrategy[tuple[Hold, ...]] = st.one_of(st.just(()), st.just(()), unique(HOLDS, by_ref))


@st.composite
def situations(draw: st.DrawFn, releasing: bool | None = None) -> Situation:
    return Situation(
        draw(cases(releasing)),
        draw(BOUGHT),
        draw(unique(WAIVERS, by_ref)),
        draw(SOME_HOLDS),
    )
