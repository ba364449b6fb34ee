"""One builder for each acceptance case: the prose of verdicts.toml as facts, grants, waivers and holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from governance.licensing.catalogue_words import (
    DeclarationRank,
    DeclarationStatus,
    EvidenceLevel,
    HostingMode,
    ResolutionStatus,
)
from governance.policy.decision import Decision
from governance.policy.facts import Facts
from governance.policy.facts_picture import InputFacts, OutputFacts, RightsSignal
from governance.policy.facts_policy import LineageDemand, OrganisationPolicy
from governance.policy.facts_route import Alternative
from governance.policy.grants import Survival
from governance.policy.relief import HoldScope
from governance.policy.words import Answer, OutputDistribution, Stage, TargetKind, UseClass, WeightsDistribution
from tests.policy.factories import (
    DIS5K,
    NOW,
    OTHER_FILE,
    clean_model,
    declared,
    determined,
    entitlement,
    facts,
    hobby,
    hold,
    judge,
    quota,
    route,
    standing,
    subscription,
    target,
    u2netp,
    waiver,
    weights,
)

DEMANDING = OrganisationPolicy(
    revision=14, lineage_demands=(LineageDemand(TargetKind.PAID_ADS, EvidenceLevel.PUBLIC_DOCUMENTATION),)
)


def v01() -> Decision:
    return judge(facts())


def v02() -> Decision:
    return judge(facts(), entitlement())


def v03() -> Decision:
    fibo = weights("RMBG-3.0", declared("CC-BY-NC-4.0", DeclarationRank.MODEL_CARD))
    return judge(facts(by=route("rmbg-3.0", "RMBG-3.0"), of=fibo), entitlement())


def v04() -> Decision:
    return judge(facts(), entitlement(in_force=standing(ends_at=NOW - timedelta(seconds=1))))


def v05() -> Decision:
    gate = declared("LicenseRef-bria-gate-non-commercial", DeclarationRank.GATE_TERMS, DeclarationStatus.OPEN)
    return judge(facts(determined(hobby()), of=weights("RMBG-2.0", declared("CC-BY-NC-4.0"), gate)))


def v06() -> Decision:
    tool = target(
        kind=TargetKind.INTERNAL_PRESENTATION,
        monetised=Answer.NO,
        billable=Answer.NO,
        for_profit_internal=Answer.YES,
        output_distribution=OutputDistribution.INTERNAL,
    )
    return judge(facts(tool))


def v07() -> Decision:
    release = target(kind=TargetKind.OPEN_SOURCE_RELEASE, weights_distribution=WeightsDistribution.PUBLIC)
    return judge(facts(release), entitlement())


def v08() -> Decision:
    return judge(u2netp())


def v09_facts() -> Facts:
    documented = Alternative("modnet", "Documented model", HostingMode.WE_SELF_HOST, "permit")
    of = u2netp(target(kind=TargetKind.PAID_ADS), policy=DEMANDING)
    return replace(of, route=replace(of.route, alternatives=(documented,)))


def v09() -> Decision:
    return judge(v09_facts())


def v10() -> Decision:
    of = weights(
        "BiRefNet", declared("MIT", DeclarationRank.MODEL_CARD), declared("MIT", DeclarationRank.AUTHOR_STATEMENT)
    )
    return judge(facts(by=route("birefnet-general", "BiRefNet"), of=of, lineage=DIS5K))


def v11() -> Decision:
    of = weights(
        "RMBG-1.4",
        declared("LicenseRef-bria-rmbg-1.4", DeclarationRank.LINKED_AGREEMENT, dated=date(2024, 8, 30)),
        declared("LicenseRef-creative-commons-nc-unspecified", DeclarationRank.MODEL_CARD, DeclarationStatus.OPEN),
        declared("Apache-2.0", DeclarationRank.MODEL_CARD, DeclarationStatus.SUPERSEDED, "an earlier revision"),
        declared("MIT", DeclarationRank.FORUM_REMARK, DeclarationStatus.OPEN, "a forum", date(2026, 5, 21)),
        resolution=ResolutionStatus.CONFLICTING,
    )
    return judge(facts(by=route("rmbg-1.4", "RMBG-1.4"), of=of))


def v12() -> Decision:
    rehosted = DeclarationRank.REDISTRIBUTOR_DECLARATION
    of = weights(
        "IS-Net",
        declared("Apache-2.0", DeclarationRank.LICENSE_FILE, DeclarationStatus.OPEN),
        declared("MIT", rehosted, DeclarationStatus.OPEN, "one re-host"),
        declared("AGPL-3.0-only", rehosted, DeclarationStatus.OPEN, "another re-host"),
        resolution=ResolutionStatus.UNRESOLVED,
    )
    return judge(facts(by=route("isnet-general-use", "IS-Net"), of=of, lineage=DIS5K))


def v13() -> Decision:
    unknown = route(weights_sha256=OTHER_FILE, weights_known=False)
    return judge(facts(by=unknown, of=replace(weights("model.safetensors"), sha256=OTHER_FILE)), entitlement())


def v14() -> Decision:
    swapped = route(loaded_sha256=OTHER_FILE)
    return judge(facts(by=swapped, stage=Stage.DISPATCH), entitlement())


def v15() -> Decision:
    return judge(clean_model(target(monetised=Answer.UNKNOWN)))


def v16() -> Decision:
    return judge(facts(requested_outputs=3), entitlement(quotas=(quota(remaining=1),)))


def v17() -> Decision:
    return judge(facts(target(territories=("FR",))), entitlement())


def v18() -> Decision:
    reseller = route(hosting_mode=HostingMode.RESELLER_API, provider="fal.ai", weights_sha256=None, weights_known=False)
    return judge(facts(by=reseller), subscription(provider="bria"))


def _picture(*signals: RightsSignal) -> tuple[InputFacts, ...]:
    return (InputFacts("AST-1", signals),)


def v19() -> Decision:
    said = RightsSignal("C2PA manifest", "cawg.ai_inference", "notAllowed")
    return judge(clean_model(inputs=_picture(said)))


def v20() -> Decision:
    said = RightsSignal("XMP", "plus:ImageAlterationConstraints", "http://ns.useplus.org/ldf/vocab/AL-RET")
    return judge(clean_model(inputs=_picture(said)))


def v21() -> Decision:
    return judge(facts(), entitlement(), holds=[hold(HoldScope.MODEL, "rmbg-2.0")])


def v22() -> Decision:
    return judge(facts(), waivers=[waiver("LIC-010"), waiver("LIC-011", ref="W-10")])


def v23() -> Decision:
    return judge(v09_facts(), waivers=[waiver("LIN-001", ends_at=NOW - timedelta(days=3))])


def made(under: str, use: UseClass) -> OutputFacts:
    return OutputFacts("OUT-1", NOW - timedelta(days=60), use, (under,), "TGT-0", Answer.YES)


def v24() -> Decision:
    output = made("public/RMBG-2.0 weights/1/CC-BY-NC-4.0", UseClass.NON_COMMERCIAL)
    return judge(facts(stage=Stage.RELEASE, output=output))


def v25() -> Decision:
    submitted = judge(facts(), entitlement())
    ended = standing(ended_at=NOW + timedelta(minutes=5), ended_reason="terminated by the licensor")
    later = NOW + timedelta(minutes=10)
    return judge(facts(stage=Stage.DISPATCH), entitlement(in_force=ended), at=later, previous=submitted)


def v26() -> Decision:
    ended = entitlement(in_force=standing(ends_at=NOW - timedelta(days=1)), survival=Survival.UNTIL_END)
    output = made("ENT-0017", UseClass.COMMERCIAL)
    return judge(facts(stage=Stage.RELEASE, output=output), ended)


BUILDERS: dict[str, Callable[[], Decision]] = {
    name.upper(): builder for name, builder in list(globals().items()) if len(name) == 3 and name[0] == "v"
}
