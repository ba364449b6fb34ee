"""Plain functions that build cases. What a test does not name is ordinary: a known file, no holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from governance.licensing.catalogue_words import (
    DeclarationRank,
    DeclarationStatus,
    EvidenceLevel,
    HostingMode,
    ResolutionStatus,
    Standing,
    TermsClass,
    TrainingRole,
)
from governance.licensing.encodings import parse_encodings
from governance.licensing.terms import Encoding
from governance.policy.decision import Decision
from governance.policy.engine import evaluate
from governance.policy.facts import Facts
from governance.policy.facts_artefact import ArtefactFacts, LicenseDeclaration
from governance.policy.facts_lineage import LineageFacts, TrainingUse
from governance.policy.facts_policy import OrganisationPolicy
from governance.policy.facts_route import Alternative, Offer, RouteFacts
from governance.policy.facts_target import Determination, TargetFacts
from governance.policy.grants import Grant, GrantKind, ModelScope, Quota, Scope, Survival
from governance.policy.grants import Standing as GrantStanding
from governance.policy.public import public_grants
from governance.policy.relief import Hold, HoldScope, Waiver
from governance.policy.ruleset import STANDARD
from governance.policy.words import Answer, ArtefactRole, OutputDistribution, Stage, TargetKind, UseClass

NOW = datetime(2026, 11, 22, 10, 41, tzinfo=UTC)
RMBG_2 = "566ed80c3d95f87ada6864d4cbe2290a1c5eb1c7bb0b123e984f60f76b02c3a7"
OTHER_FILE = "ab" * 32
ENCODINGS = Path(__file__).parents[2] / "governance" / "catalogue" / "encodings"


@cache
def encodings() -> dict[str, Encoding]:
    """The catalogue's own encodings: the cases judge what is shipped."""
    return parse_encodings({path.name: path.read_bytes() for path in ENCODINGS.glob("*.toml")})


def target(**changes: object) -> TargetFacts:
    """A public e-commerce listing, billed to a client, in Germany."""
    ordinary = TargetFacts(
        target_ref="TGT-1",
        project_ref="PRJ-1",
        client_ref="CLI-1",
        kind=TargetKind.ECOMMERCE_LISTING,
        channel="web",
        monetised=Answer.YES,
        billable=Answer.YES,
        for_profit_internal=Answer.NO,
        territories=("DE",),
        output_distribution=OutputDistribution.PUBLIC,
        valid_until=date(2027, 3, 31),
    )
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def hobby(**changes: object) -> TargetFacts:
    """Nothing billed, nothing earned, no company: shared publicly."""
    quiet = {"monetised": Answer.NO, "billable": Answer.NO, "kind": TargetKind.ORGANIC_SOCIAL}
    return target(**(quiet | changes))


def determined(of: TargetFacts, result: UseClass = UseClass.NON_COMMERCIAL, role: str = "legal") -> TargetFacts:
    """The target with a determination resting on its facts as they are."""
    signed = Determination("DET-1", result, role, of.use_digest(), NOW - timedelta(days=2))
    return replace(of, determination=signed)


OFFERS = (
    Offer("self_host", "Bria", "Bria self-host"),
    Offer("vendor_api", "bria", "Bria API"),
    Offer("reseller_api", "fal.ai", "fal.ai"),
)
U2NETP_PASSES = Alternative("u2netp", "U²-Netp", HostingMode.WE_SELF_HOST, "duties")


def route(model: str = "rmbg-2.0", title: str = "RMBG-2.0", **changes: object) -> RouteFacts:
    """Our own machines, a recorded file that is at hand."""
    ordinary = RouteFacts(
        model=model,
        version=model.rpartition("-")[2],
        title=title,
        hosting_mode=HostingMode.WE_SELF_HOST,
        weights_sha256=RMBG_2,
        weights_known=True,
        weights_present=True,
        offers=OFFERS if model.startswith("rmbg") else (),
        alternatives=(U2NETP_PASSES,) if model.startswith("rmbg") else (),
    )
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def declared(
    expression: str,
    rank: DeclarationRank = DeclarationRank.LICENSE_FILE,
    status: DeclarationStatus = DeclarationStatus.ACCEPTED,
    source: str = "the model's repository",
    dated: date | None = date(2025, 1, 15),
) -> LicenseDeclaration:
    return LicenseDeclaration(expression, rank, source, status, dated)


def weights(title: str, *declarations: LicenseDeclaration, resolution: ResolutionStatus | None = None) -> ArtefactFacts:
    return ArtefactFacts(f"{title} weights", ArtefactRole.WEIGHTS, title, RMBG_2, declarations, resolution)


def trained(
    dataset: str, terms: TermsClass, evidence: EvidenceLevel, standing: Standing = Standing.STATED
) -> TrainingUse:
    return TrainingUse(dataset, TrainingRole.TRAIN, terms, evidence, standing)


RMBG_LINEAGE = LineageFacts(
    (trained("Bria's licensed set", TermsClass.VENDOR_LICENSED, EvidenceLevel.VENDOR_ASSERTED),)
)
DUTS = LineageFacts((trained("DUTS", TermsClass.NONE_STATED, EvidenceLevel.PUBLIC_DOCUMENTATION),))
DIS5K = LineageFacts((trained("DIS5K", TermsClass.RESEARCH_ONLY, EvidenceLevel.PUBLIC_DOCUMENTATION),))
CLEAN = LineageFacts((trained("Open set", TermsClass.PERMISSIVE, EvidenceLevel.PUBLIC_DOCUMENTATION),))


def facts(
    to: TargetFacts | None = None,
    by: RouteFacts | None = None,
    of: ArtefactFacts | None = None,
    lineage: LineageFacts = RMBG_LINEAGE,
    policy: OrganisationPolicy | None = None,
    **changes: object,
) -> Facts:
    """RMBG-2.0 for an e-commerce listing, at submission."""
    ordinary = Facts(
        stage=Stage.SUBMIT,
        target=to or target(),
        route=by or route(),
        artefacts=(of or weights("RMBG-2.0", declared("CC-BY-NC-4.0")),),
        lineage=lineage,
        policy=policy or OrganisationPolicy(revision=14),
    )
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def u2netp(to: TargetFacts | None = None, **changes: object) -> Facts:
    return facts(
        to,
        route("u2netp", "U²-Netp"),
        weights("U²-Netp", declared("Apache-2.0", DeclarationRank.AUTHOR_STATEMENT)),
        **({"lineage": DUTS} | changes),  # type: ignore[arg-type]
    )


def clean_model(to: TargetFacts | None = None, **changes: object) -> Facts:
    """A model with nothing to say against it."""
    of = weights("Plain", declared("MIT"))
    return facts(to, route("plain", "Plain"), of, **({"lineage": CLEAN} | changes))  # type: ignore[arg-type]


RMBG_2_SCOPE = Scope(
    models=(ModelScope("rmbg-2.0", title="RMBG-2.0"),),
    hosting_modes=(HostingMode.WE_SELF_HOST,),
    target_kinds=tuple(TargetKind),
    territories=("DE", "AT", "CH"),
    clients=("CLI-1",),
)


def standing(**changes: object) -> GrantStanding:
    ordinary = GrantStanding(
        verified=True,
        evidence_count=1,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def entitlement(
    ref: str = "ENT-0017", scope: Scope = RMBG_2_SCOPE, in_force: GrantStanding | None = None, **changes: object
) -> Grant:
    """A verified, active Bria self-host licence for RMBG-2.0; outputs survive it."""
    ordinary = Grant(
        ref=ref,
        kind=GrantKind.SELF_HOST,
        title="Bria self-host",
        readings=(encodings()["LicenseRef-bria-selfhost"],),
        version=3,
        scope=scope,
        standing=in_force or standing(),
        survival=Survival.PERPETUAL,
    )
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def subscription(ref: str = "ENT-0021", provider: str = "bria") -> Grant:
    """A hosted subscription at one provider, for every model of the family."""
    scope = Scope(
        models=(ModelScope("rmbg-2.0"), ModelScope("rmbg-3.0")),
        hosting_modes=(HostingMode.VENDOR_API, HostingMode.RESELLER_API),
        providers=(provider,),
    )
    readings = (encodings()["LicenseRef-hosted-subscription"],)
    return entitlement(ref, scope, kind=GrantKind.VENDOR_API, title=f"Subscription at {provider}", readings=readings)


def quota(remaining: int, **changes: object) -> Quota:
    return replace(Quota("output", "calendar_month", 100, remaining), **changes)  # type: ignore[arg-type]


def waiver(rule_code: str, **changes: object) -> Waiver:
    """Approved by another person, in force, for this target."""
    ordinary = Waiver(
        ref="W-9",
        rule_code=rule_code,
        reason="One campaign while legal checks the data terms",
        requested_by="USR-1",
        approved_by="USR-2",
        starts_at=NOW - timedelta(days=30),
        ends_at=NOW + timedelta(days=30),
        target_ref="TGT-1",
    )
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def hold(scope: HoldScope, ref: str, **changes: object) -> Hold:
    ordinary = Hold("HLD-1", scope, ref, "The vendor asked us to stop", "USR-1", NOW - timedelta(hours=1))
    return replace(ordinary, **changes)  # type: ignore[arg-type]


def judge(
    of: Facts,
    *bought: Grant,
    waivers: Sequence[Waiver] = (),
    holds: Sequence[Hold] = (),
    at: datetime = NOW,
    previous: Decision | None = None,
) -> Decision:
    """Evaluates with the public licences of the artefacts and the entitlements given."""
    grants = [grant for artefact in of.artefacts for grant in public_grants(artefact, encodings())]
    return evaluate(of, (*grants, *bought), STANDARD, waivers, holds, at, previous)


def troubled(decision: Decision) -> set[str]:
    """Codes of the findings that do not simply hold."""
    return {finding.code for finding in decision.concerns}


def cure_titles(decision: Decision) -> str:
    return "\n".join(cure.title for cure in decision.cures)
