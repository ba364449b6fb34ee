"""For every rule one case that does not meet it and one that does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from governance.licensing.catalogue_words import (
    DeclarationRank,
    DeclarationStatus,
    DerivationKind,
    EvidenceLevel,
    HostingMode,
)
from governance.licensing.terms import DutyKind, Term, TermKind
from governance.policy.decision import Action, Decision
from governance.policy.facts import Facts
from governance.policy.facts_artefact import DerivedFrom
from governance.policy.facts_lineage import ClaimReview, Contradiction
from governance.policy.facts_picture import InputFacts, InputPermission, OutputFacts, RightsSignal
from governance.policy.facts_policy import LineageDemand, OrganisationPolicy
from governance.policy.grants import AgentReporting, Grant, Survival
from governance.policy.relief import HoldScope
from governance.policy.words import Answer, Content, Stage, TargetKind, UseClass, WeightsDistribution
from tests.policy.factories import (
    CLEAN,
    DIS5K,
    DUTS,
    NOW,
    OTHER_FILE,
    clean_model,
    declared,
    determined,
    encodings,
    entitlement,
    facts,
    hobby,
    hold,
    judge,
    quota,
    route,
    standing,
    target,
    weights,
)


@dataclass(frozen=True, slots=True)
class Example:
    """``unmet``: the rule speaks; ``met``: the same kind of case, and it has nothing to object."""

    unmet: Callable[[], Decision]
    met: Callable[[], Decision]


def picture(name: str, value: str, info: str = "", *, source: str = "xmp", **changes: object) -> InputFacts:
    """A picture whose file makes one statement."""
    plain = InputFacts("AST-1", (RightsSignal(source, name, value, info),))
    return replace(plain, **changes)  # type: ignore[arg-type]


def permission(name: str = "", **changes: object) -> InputPermission:
    """The owner's permission, with a document that a second person verified."""
    ordinary = InputPermission("PRM-3", name, "the photographer", evidence_count=1, verified=True)
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def made(**changes: object) -> OutputFacts:
    """A commercial output of last week with a verified record."""
    ordinary = OutputFacts("OUT-1", NOW - timedelta(days=7), UseClass.COMMERCIAL, ("ENT-0017",), "TGT-1", Answer.YES)
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def release(**changes: object) -> Facts:
    """A model with nothing to say against it, and its output on its way out."""
    return clean_model(stage=Stage.RELEASE, output=made(**changes))


def with_picture(name: str, value: str, info: str = "", **changes: object) -> Decision:
    return judge(clean_model(inputs=(picture(name, value, info, **changes),)))


def attributing() -> Grant:
    """A right on condition of attribution."""
    reading = encodings()["MIT"]
    duty = Term(TermKind.DUTY, Action.RUN_INFERENCE, "section 2", "Name the maker.", duty=DutyKind.ATTRIBUTE)
    return entitlement(readings=(replace(reading, terms=(*reading.terms, duty)),))


def derived(parent: str) -> Facts:
    plain = clean_model()
    origin = replace(weights("Original", declared(parent)), sha256=OTHER_FILE)
    copy = replace(plain.artefacts[0], derived_from=(DerivedFrom(origin.ref, DerivationKind.CONVERT),))
    return replace(plain, artefacts=(copy, origin))


def ended(survival: Survival) -> Decision:
    grant = entitlement(in_force=standing(ends_at=NOW - timedelta(days=1)), survival=survival)
    return judge(facts(stage=Stage.RELEASE, output=made()), grant)


def reviewed(due: date) -> Decision:
    review = ClaimReview("All images are licensed.", NOW - timedelta(days=90), due)
    return judge(clean_model(lineage=replace(CLEAN, reviews=(review,))))


def contradicted(seen: bool) -> Decision:
    doubt = Contradiction("All images are licensed.", "A partner says otherwise.", "SRC-1", reviewed=seen)
    return judge(clean_model(lineage=replace(CLEAN, contradictions=() if seen else (doubt,))))


def reporting(days_ago: int) -> Decision:
    agent = AgentReporting(NOW - timedelta(days=90), NOW - timedelta(days=days_ago))
    return judge(facts(), entitlement(in_force=standing(agent=agent)))


DEMANDING = OrganisationPolicy(1, lineage_demands=(LineageDemand(TargetKind.PAID_ADS, EvidenceLevel.CONTRACT_SUMMARY),))
TOOL = target(monetised=Answer.NO, billable=Answer.NO, for_profit_internal=Answer.YES)
HOSTED = route(hosting_mode=HostingMode.VENDOR_API, provider="bria", weights_sha256=None)
SEALED = target(kind=TargetKind.AIR_GAPPED_INSTALL)

EXAMPLES: dict[str, Example] = {
    "ART-001": Example(lambda: judge(clean_model(route=route(weights_known=False))), lambda: judge(clean_model())),
    "ART-002": Example(
        lambda: judge(clean_model(stage=Stage.DISPATCH, route=route(loaded_sha256=OTHER_FILE))),
        lambda: judge(clean_model(stage=Stage.DISPATCH, route=route(loaded_sha256=route().weights_sha256))),
    ),
    "ART-003": Example(lambda: judge(derived("CC-BY-NC-4.0")), lambda: judge(derived("MIT"))),
    "ART-004": Example(lambda: judge(clean_model(route=route(weights_present=False))), lambda: judge(clean_model())),
    "DUT-001": Example(
        lambda: judge(facts(), entitlement(in_force=standing(overdue_duties=("a report",)))),
        lambda: judge(facts(), entitlement()),
    ),
    "DUT-002": Example(lambda: reporting(8), lambda: reporting(7)),
    "ENT-001": Example(
        lambda: judge(facts(), entitlement(in_force=standing(ends_at=NOW))), lambda: judge(facts(), entitlement())
    ),
    "ENT-002": Example(
        lambda: judge(facts(target(client_ref="CLI-2")), entitlement()), lambda: judge(facts(), entitlement())
    ),
    "ENT-003": Example(
        lambda: judge(facts(), entitlement(quotas=(quota(0),))), lambda: judge(facts(), entitlement(quotas=(quota(1),)))
    ),
    "ENT-004": Example(
        lambda: judge(facts(), entitlement(in_force=standing(ends_at=NOW + timedelta(days=29)))),
        lambda: judge(facts(), entitlement(in_force=standing(ends_at=NOW + timedelta(days=30)))),
    ),
    "ENT-005": Example(
        lambda: judge(facts(), entitlement(survival=Survival.UNTIL_END)),
        lambda: judge(facts(target(valid_until=date(2026, 12, 31))), entitlement(survival=Survival.UNTIL_END)),
    ),
    "ENT-006": Example(
        lambda: judge(facts(), entitlement(in_force=standing(evidence_count=0))),
        lambda: judge(facts(), entitlement()),
    ),
    "ENT-007": Example(lambda: ended(Survival.UNTIL_END), lambda: ended(Survival.PERPETUAL)),
    "GOV-001": Example(
        lambda: judge(clean_model(policy=OrganisationPolicy(2, approved=False))), lambda: judge(clean_model())
    ),
    "HOLD-001": Example(
        lambda: judge(clean_model(), holds=[hold(HoldScope.EVERYTHING, "")]),
        lambda: judge(clean_model(), holds=[hold(HoldScope.CLIENT, "CLI-2")]),
    ),
    "INP-001": Example(
        lambda: with_picture("cawg.ai_inference", "notAllowed"), lambda: with_picture("cawg.ai_inference", "allowed")
    ),
    "INP-002": Example(
        lambda: with_picture("plus:ImageAlterationConstraints", "AL-RET"),
        lambda: with_picture("plus:ImageAlterationConstraints", "AL-FLP"),
    ),
    "INP-003": Example(
        lambda: with_picture("plus:ModelReleaseStatus", "MR-LMR"),
        lambda: with_picture("plus:ModelReleaseStatus", "MR-UMR"),
    ),
    "INP-004": Example(
        lambda: judge(clean_model(inputs=(InputFacts("AST-1", licensed_until=date(2026, 11, 21)),))),
        lambda: judge(clean_model(inputs=(InputFacts("AST-1", licensed_until=date(2027, 3, 31)),))),
    ),
    "INP-005": Example(
        lambda: with_picture("c2pa.validation_state", "Invalid", source="c2pa"),
        lambda: with_picture("c2pa.validation_state", "Valid", source="c2pa"),
    ),
    "INP-006": Example(
        lambda: with_picture("plus:DataMining", "DMI-PROHIBITED-AIMLTRAINING"),
        lambda: with_picture("plus:DataMining", "DMI-ALLOWED"),
    ),
    "LIC-001": Example(lambda: judge(facts(of=weights("Odd", declared("GPL-3.0-only")))), lambda: judge(facts())),
    "LIC-002": Example(
        lambda: judge(
            clean_model(
                artefacts=(
                    weights(
                        "Plain",
                        declared("MIT"),
                        declared("CC-BY-NC-4.0", DeclarationRank.MODEL_CARD, DeclarationStatus.OPEN),
                    ),
                )
            )
        ),
        lambda: judge(clean_model()),
    ),
    "LIC-010": Example(lambda: judge(facts()), lambda: judge(facts(), entitlement())),
    "LIC-011": Example(lambda: judge(facts()), lambda: judge(facts(determined(hobby())))),
    "LIC-020": Example(
        lambda: judge(facts(target(weights_distribution=WeightsDistribution.PUBLIC)), entitlement()),
        lambda: judge(clean_model(target(weights_distribution=WeightsDistribution.PUBLIC))),
    ),
    "LIC-030": Example(
        lambda: judge(facts(target(kind=TargetKind.OOH)), attributing()), lambda: judge(facts(), attributing())
    ),
    "LIN-001": Example(
        lambda: judge(clean_model(target(kind=TargetKind.PAID_ADS), policy=DEMANDING)),
        lambda: judge(clean_model(policy=DEMANDING)),
    ),
    "LIN-002": Example(lambda: contradicted(seen=False), lambda: contradicted(seen=True)),
    "LIN-003": Example(lambda: reviewed(date(2026, 11, 21)), lambda: reviewed(date(2026, 11, 22))),
    "LIN-004": Example(lambda: judge(clean_model(lineage=DIS5K)), lambda: judge(clean_model())),
    "LIN-005": Example(lambda: judge(clean_model(lineage=DUTS)), lambda: judge(clean_model())),
    "REL-001": Example(
        lambda: judge(release(changed_inputs=("AST-1.licensed_until: nothing before, 2026-12-31 now.",))),
        lambda: judge(release()),
    ),
    "REL-002": Example(lambda: judge(release(record_verified=Answer.NO)), lambda: judge(release())),
    "REL-003": Example(lambda: judge(release(recall_open=True)), lambda: judge(release())),
    "REL-004": Example(lambda: judge(release(made_for=UseClass.NON_COMMERCIAL)), lambda: judge(release())),
    "SUIT-001": Example(
        lambda: judge(clean_model(SEALED, route=HOSTED)), lambda: judge(clean_model(SEALED))
    ),
    "SUIT-002": Example(
        lambda: judge(clean_model(content=(Content.REAL_TIME_VIDEO,))),
        lambda: judge(clean_model(content=(Content.HAIR,))),
    ),
    "SUIT-003": Example(
        lambda: judge(clean_model(content=(Content.MEDICAL,))), lambda: judge(clean_model(content=(Content.HAIR,)))
    ),
    "SUIT-004": Example(
        lambda: judge(clean_model(content=(Content.GLASS,))), lambda: judge(clean_model(content=(Content.MEDICAL,)))
    ),
    "USE-001": Example(lambda: judge(clean_model(target(billable=Answer.UNKNOWN))), lambda: judge(clean_model())),
    "USE-002": Example(
        lambda: judge(clean_model(replace(determined(hobby()), channel="print"))),
        lambda: judge(clean_model(determined(hobby()))),
    ),
    "USE-003": Example(lambda: judge(facts(TOOL)), lambda: judge(facts(determined(hobby())))),
}  # fmt: skip
