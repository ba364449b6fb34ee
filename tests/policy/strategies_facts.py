"""Facts nobody thought of, drawn so that trouble is rare in each place and common in the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from governance.licensing.catalogue_words import (
    Completeness,
    DeclarationRank,
    DeclarationStatus,
    DerivationKind,
    HostingMode,
)
from governance.policy.facts import Facts
from governance.policy.facts_artefact import ArtefactFacts, DerivedFrom
from governance.policy.facts_lineage import ClaimReview, Contradiction, LineageFacts
from governance.policy.facts_picture import InputFacts, InputPermission, OutputFacts, RightsSignal
from governance.policy.facts_policy import OrganisationPolicy, RuleSetting
from governance.policy.facts_target import TargetFacts
from governance.policy.ruleset import STANDARD
from governance.policy.words import (
    Answer,
    Content,
    OutputDistribution,
    ResearchDataPolicy,
    Severity,
    Stage,
    TargetKind,
    UseClass,
    WeightsDistribution,
)
from tests.policy.factories import (
    CLEAN,
    DIS5K,
    DUTS,
    NOW,
    OTHER_FILE,
    RMBG_LINEAGE,
    declared,
    determined,
    facts,
    route,
    target,
    weights,
)


def mostly(usual: object, *others: object) -> st.SearchStrategy:  # type: ignore[type-arg]
    """The usual value some twelve times in thirteen: rare trouble in many places still leaves many cases sound."""
    return st.sampled_from([usual] * (12 * len(others)) + list(others))


ANSWERS = st.sampled_from([Answer.NO, Answer.NO, Answer.YES, Answer.YES, Answer.UNKNOWN])
DAYS = (NOW - timedelta(days=40), NOW - timedelta(days=1), NOW, NOW + timedelta(days=1), NOW + timedelta(days=400))
LICENSES = ("MIT", "MIT", "MIT", "Apache-2.0", "CC-BY-NC-4.0", "LicenseRef-bria-rmbg-1.4", "MIT OR CC0-1.0")


@st.composite
def targets(draw: st.DrawFn) -> TargetFacts:
    drawn = target(
        kind=draw(mostly(TargetKind.ECOMMERCE_LISTING, *TargetKind)),
        channel=draw(mostly("web", "", "television")),
        monetised=draw(ANSWERS),
        billable=draw(ANSWERS),
        for_profit_internal=draw(ANSWERS),
        territories=draw(mostly(("DE",), ("FR",), ("WORLD",), (), ("DE", "AT"))),
        output_distribution=draw(st.sampled_from(list(OutputDistribution))),
        weights_distribution=draw(mostly(WeightsDistribution.NONE, *WeightsDistribution)),
        valid_until=draw(mostly(date(2026, 12, 1), None, date(2028, 1, 1))),
        client_group=draw(mostly((), ("CLI-2",))),
    )
    signed = draw(st.sampled_from([None, None, None, *UseClass]))
    return drawn if signed is None else determined(drawn, signed, draw(mostly("legal", "producer")))


@st.composite
def artefacts(draw: st.DrawFn) -> tuple[ArtefactFacts, ...]:
    declarations = st.builds(
        declared,
        st.sampled_from(LICENSES),
        mostly(DeclarationRank.LICENSE_FILE, *DeclarationRank),
        mostly(DeclarationStatus.ACCEPTED, *DeclarationStatus),
    )
    plain = weights("RMBG-2.0", *draw(st.lists(declarations, min_size=draw(mostly(1, 0)), max_size=2)))
    if not draw(mostly(False, True)):
        return (plain,)
    origin = replace(weights("Original", draw(declarations)), sha256=OTHER_FILE)
    derived = DerivedFrom(draw(mostly(origin.ref, "elsewhere")), draw(st.sampled_from(list(DerivationKind))))
    return (replace(plain, derived_from=(derived,)), origin)


STATEMENTS = (
    ("cawg.ai_inference", ("allowed", "allowed", "notAllowed", "constrained", "perhaps")),
    ("plus:ImageAlterationConstraints", ("AL-FLP", "AL-RET", "AL-XYZ")),
    ("plus:ModelReleaseStatus", ("MR-UMR", "MR-LMR", "MR-NON")),
    ("plus:DataMining", ("DMI-ALLOWED", "DMI-PROHIBITED-AIMLTRAINING", "DMI-ODD")),
    ("c2pa.validation_state", ("Valid", "Invalid")),
    ("unreadable", ("unreadable",)),
)
SIGNALS = st.sampled_from(STATEMENTS).flatmap(
    lambda said: st.builds(RightsSignal, st.just("xmp"), st.just(said[0]), st.sampled_from(said[1]), mostly("", "ask"))
)
PERMISSIONS = st.builds(
    InputPermission,
    st.sampled_from(["PRM-1", "PRM-2"]),
    st.sampled_from(["", *(name for name, _ in STATEMENTS)]),
    st.just("the owner"),
    mostly(1, 0),
    st.booleans(),
    mostly(None, date(2026, 11, 21), date(2026, 11, 22)),
)
PICTURES = st.builds(
    InputFacts,
    st.sampled_from(["AST-1", "AST-2"]),
    st.lists(SIGNALS, max_size=2).map(tuple),
    mostly(None, date(2026, 11, 21), date(2026, 11, 22), date(2029, 1, 1)),
    st.lists(PERMISSIONS, max_size=2).map(tuple),
    mostly(True, False),
)
INPUTS = mostly(0, 1, 2).flatmap(lambda count: st.lists(PICTURES, min_size=count, max_size=count).map(tuple))


@st.composite
def lineages(draw: st.DrawFn) -> LineageFacts:
    doubt = Contradiction("All images are licensed.", "A partner says otherwise.", "SRC-1", draw(st.booleans()))
    review = ClaimReview("All images are licensed.", NOW - timedelta(days=9), draw(mostly(None, date(2026, 11, 21))))
    return replace(
        draw(st.sampled_from([CLEAN, CLEAN, DUTS, DIS5K, RMBG_LINEAGE, LineageFacts()])),
        contradictions=draw(mostly((), (doubt,))),
        completeness=draw(mostly(Completeness.UNKNOWN, *Completeness)),
        reviews=draw(mostly((), (review,))),
    )


SETTABLE = [rule.code for rule in STANDARD.rules if rule.waivable and not rule.set_by]
POLICIES = st.builds(
    OrganisationPolicy,
    st.just(3),
    mostly(True, False),
    st.just(()),
    mostly(ResearchDataPolicy.ALLOW, *ResearchDataPolicy),
    overrides=st.lists(
        st.builds(RuleSetting, st.sampled_from(SETTABLE), st.sampled_from(list(Severity))),
        max_size=1,
    ).map(tuple),
    decision_max_age_days=mostly(None, 30),
)


@st.composite
def outputs(draw: st.DrawFn) -> OutputFacts:
    return OutputFacts(
        ref="OUT-1",
        made_at=NOW - timedelta(days=draw(st.sampled_from([2, 60]))),
        made_for=draw(mostly(UseClass.COMMERCIAL, *UseClass)),
        made_under=(draw(st.sampled_from(["ENT-1", "ENT-2", "public"])),),
        target_ref="TGT-1",
        record_verified=draw(mostly(Answer.YES, *Answer)),
        recall_open=draw(mostly(False, True)),
        decided_at=draw(mostly(NOW - timedelta(days=2), None, NOW - timedelta(days=60))),
    )


LATER = (Stage.RELEASE, Stage.REDELIVER, Stage.SWEEP, Stage.PREVIEW)
EARLIER = (Stage.PREVIEW, Stage.SUBMIT, Stage.DISPATCH, Stage.SWEEP)


@st.composite
def cases(draw: st.DrawFn, releasing: bool | None = None) -> Facts:
    out = draw(outputs()) if (draw(st.booleans()) if releasing is None else releasing) else None
    by = route(
        weights_known=draw(mostly(True, False)),
        hosting_mode=draw(mostly(HostingMode.WE_SELF_HOST, HostingMode.ON_DEVICE, HostingMode.VENDOR_API)),
        provider="bria",
    )
    return facts(
        draw(targets()),
        by,
        stage=draw(st.sampled_from(EARLIER if out is None else LATER)),
        artefacts=draw(artefacts()),
        lineage=draw(lineages()),
        policy=draw(POLICIES),
        inputs=draw(INPUTS),
        output=out,
        requested_outputs=draw(mostly(1, 3)),
        content=draw(mostly((), *((entry,) for entry in Content))),
    )
