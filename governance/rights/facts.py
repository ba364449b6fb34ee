"""Rows → Facts: everything one evaluation rests on, read in one place for every gate."""

from __future__ import annotations

from datetime import datetime

from governance.licensing import catalogue_words as words
from governance.models import (
    Cutout,
    Decision,
    DeploymentTarget,
    LicenseDeclaration,
    ModelVersion,
    Output,
    WeightsArtifact,
)
from governance.policy import facts as policy
from governance.policy import words as terms
from governance.policy.decision import Decision as Verdict
from governance.provenance.canonical import parse_strict

# The organisation's own settings. One revision until policy sets become rows.
ORGANISATION = policy.OrganisationPolicy(revision=1)

# A way to reach a model that a provider sells, as the kind of right one would buy.
_OFFERS = {"we_self_host": "self_host", "vendor_api": "vendor_api", "reseller_api": "reseller_api"}


def target_facts(target: DeploymentTarget) -> policy.TargetFacts:
    """The target with its latest use determination (queries: project, determination)."""
    project = target.project
    signed = target.determinations.order_by("-id").first()
    return policy.TargetFacts(
        target_ref=f"TGT-{target.pk}",
        project_ref=f"PRJ-{project.pk}",
        client_ref=f"CLI-{project.client_id}",
        kind=terms.TargetKind(target.kind),
        channel=target.channel,
        monetised=terms.Answer(target.monetised),
        billable=terms.Answer(project.billable),
        for_profit_internal=terms.Answer(project.for_profit),
        territories=tuple(target.territories),
        output_distribution=terms.OutputDistribution(target.output_distribution),
        weights_distribution=terms.WeightsDistribution(target.weights_distribution),
        hosting_mode=words.HostingMode(target.hosting_mode),
        valid_until=target.valid_until,
        determination=None
        if signed is None
        else policy.Determination(
            ref=f"DET-{signed.pk}",
            result=terms.UseClass(signed.result),
            signed_by_role=signed.signed_by_role,
            facts_sha256=signed.facts_sha256,
            at=signed.signed_at,
        ),
    )


def runnable_weights(model: ModelVersion) -> WeightsArtifact | None:
    """The weights a worker would load: the acquired safetensors, else the catalogued ones that were never brought."""
    candidates = model.weights.filter(format="safetensors").order_by("sha256")
    return candidates.filter(acquisitions__isnull=False).distinct().first() or candidates.first()


def route_facts(
    model: ModelVersion, weights: WeightsArtifact | None, mode: str, loaded_sha256: str | None = None
) -> policy.RouteFacts:
    """The route. ``weights`` None: no weights of this model are on record."""
    return policy.RouteFacts(
        model=model.slug,
        version=model.version,
        title=model.title,
        hosting_mode=words.HostingMode(mode),
        weights_sha256=weights.sha256 if weights else None,
        weights_known=weights is not None,
        weights_present=weights is not None and weights.acquisitions.exists(),
        loaded_sha256=loaded_sha256,
        offers=tuple(
            policy.Offer(kind=_OFFERS[entry["mode"]], provider=entry["provider"], title=entry["summary"])
            for entry in model.hosting
            if entry["provider"] and entry["mode"] in _OFFERS
        ),
    )


def artefact_facts(model: ModelVersion, weights: WeightsArtifact | None) -> policy.ArtefactFacts:
    """The weights with every licence declared for them, conflicting ones included."""
    declared = model.declarations.filter(subject="weights").select_related("license")
    resolution = model.resolutions.filter(subject="weights").first()
    return policy.ArtefactFacts(
        ref=f"weights:{model.slug}",
        role=terms.ArtefactRole.WEIGHTS,
        title=f"{model.title} weights",
        sha256=weights.sha256 if weights else None,
        declarations=tuple(_declaration(row) for row in declared),
        resolution=words.ResolutionStatus(resolution.status) if resolution else None,
    )


def _declaration(row: LicenseDeclaration) -> policy.LicenseDeclaration:
    return policy.LicenseDeclaration(
        expression=row.license_id,
        rank=words.DeclarationRank(row.rank),
        status=words.DeclarationStatus(row.status),
        source=f"{row.declared_by}: {row.statement}",
        dated=row.stated_on,
        note=row.reason,
    )


def lineage_facts(model: ModelVersion) -> policy.LineageFacts:
    """What is known of the training data and what contradicts it."""
    uses = model.training_uses.select_related("dataset")
    claims = model.claims.filter(weighs=True)
    return policy.LineageFacts(
        uses=tuple(
            policy.TrainingUse(
                dataset=use.dataset.name,
                role=words.TrainingRole(use.role),
                terms=words.TermsClass(use.dataset.terms),
                evidence=words.EvidenceLevel(use.evidence_level),
                standing=words.Standing(use.standing),
                source="; ".join(source["title"] for source in use.sources),
            )
            for use in uses
        ),
        contradictions=tuple(
            policy.Contradiction(
                claim=f"{claim.claimant}: {claim.value}",
                counter="; ".join(claim.counter) or claim.reason,
                source="; ".join(source["title"] for source in claim.sources),
            )
            for claim in claims
        ),
    )


def input_facts(cutouts: list[Cutout]) -> tuple[policy.InputFacts, ...]:
    """The pictures by opaque reference."""
    return tuple(policy.InputFacts(ref=f"AST-{cutout.asset_id}") for cutout in cutouts)


def output_facts(output: Output, made_under: Decision, record_verified: bool) -> policy.OutputFacts:
    """The output being released, with the use and the grants its own record says it was made under."""
    verdict = made_under_verdict(made_under)
    made_at: datetime = output.created_at
    return policy.OutputFacts(
        ref=f"OUT-{output.pk}",
        made_at=made_at,
        made_for=verdict.use_class,
        made_under=verdict.relied_upon,
        target_ref=f"TGT-{output.cutout.job.target_id}",
        record_verified=terms.Answer.YES if record_verified else terms.Answer.NO,
    )


def decided_facts(decision: Decision) -> policy.Facts:
    """What the stored decision was given, as the evaluator's own type."""
    return policy.Facts.from_json(parse_strict(decision.facts.encode()))


def made_under_verdict(decision: Decision) -> Verdict:
    """The stored decision as the evaluator's own type."""
    return Verdict.from_json(parse_strict(decision.body.encode()))
