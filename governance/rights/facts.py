"""Rows → Facts: everything one evaluation rests on, read in one place for every gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from governance.licensing import catalogue_words as words
from governance.models import (
    Decision,
    DeclarationResolution,
    DeploymentTarget,
    LicenseDeclaration,
    ModelVersion,
    Output,
    WeightsArtifact,
)
from governance.policy import facts as policy
from governance.policy import words as terms
from governance.policy.decision import Decision as Verdict
from governance.policy.weighed import GRANTING
from governance.provenance.canonical import parse_strict


@dataclass(frozen=True, slots=True)
class OutputPast:
    """What happened to an output since it was made. ``cleared_at``: when it was last cleared, if it was."""

    record_verified: bool
    cleared_at: datetime | None = None
    changed_inputs: tuple[str, ...] = ()


# A way to reach a model that a provider sells, as the kind of right one would buy.
_OFFERS = {"we_self_host": "self_host", "vendor_api": "vendor_api", "reseller_api": "reseller_api"}
_IN_EFFECT = (words.DeclarationStatus.ACCEPTED, words.DeclarationStatus.OPEN)


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
    """The weights with every licence declared for them, conflicting ones included, as our own people settled it or,
    where they have not, as the catalogue reads it (three queries)."""
    declared = list(model.declarations.filter(subject="weights").select_related("license"))
    declarations, settled = settled_declarations(declared, approved_resolution(model))
    shipped = None if settled else model.resolutions.filter(subject="weights").first()
    read = words.ResolutionStatus(shipped.status) if shipped else None
    return policy.ArtefactFacts(
        ref=f"weights:{model.slug}",
        role=terms.ArtefactRole.WEIGHTS,
        title=f"{model.title} weights",
        sha256=weights.sha256 if weights else None,
        declarations=declarations,
        resolution=words.ResolutionStatus.SETTLED if settled else read,
    )


def approved_resolution(model: ModelVersion, subject: str = "weights") -> DeclarationResolution | None:
    """The newest resolution that two people stand behind."""
    approved = model.declaration_resolutions.filter(subject=subject, approval__isnull=False)
    return approved.order_by("-id").first()


def settled_declarations(
    rows: Sequence[LicenseDeclaration], resolution: DeclarationResolution | None
) -> tuple[tuple[policy.LicenseDeclaration, ...], bool]:
    """The declarations after the resolution, and whether it settles anything.

    Those of the licence taken are accepted, the others listed without effect. A licence that only those declare who
    cannot grant it sets nothing aside, and one that nobody declares any more settles nothing.
    """
    as_read = tuple(_declaration(row) for row in rows)
    if resolution is None or resolution.license_id not in {row.license_id for row in rows}:
        return as_read, False
    taken = [each for each in as_read if each.expression == resolution.license_id]
    granted = any(each.rank in GRANTING for each in taken)
    note = f"resolution {resolution.pk}: {resolution.reason}"

    def after(said: policy.LicenseDeclaration) -> policy.LicenseDeclaration:
        if said.expression == resolution.license_id:
            return replace(said, status=words.DeclarationStatus.ACCEPTED, note=note)
        if granted and said.status in _IN_EFFECT:
            return replace(said, status=words.DeclarationStatus.SET_ASIDE, note=note)
        return said

    return tuple(after(each) for each in as_read), True


def _declaration(row: LicenseDeclaration) -> policy.LicenseDeclaration:
    return policy.LicenseDeclaration(
        expression=row.license_id,
        rank=words.DeclarationRank(row.rank),
        status=words.DeclarationStatus(row.status),
        source=f"{row.declared_by}: {row.statement}",
        dated=row.stated_on,
        note=row.reason,
    )


def output_facts(output: Output, made_under: Decision, past: OutputPast) -> policy.OutputFacts:
    """The output being released, with the use and the grants its own record says it was made under."""
    verdict = made_under_verdict(made_under)
    made_at: datetime = output.created_at
    return policy.OutputFacts(
        ref=f"OUT-{output.pk}",
        made_at=made_at,
        made_for=verdict.use_class,
        made_under=verdict.relied_upon,
        target_ref=f"TGT-{output.cutout.job.target_id}",
        record_verified=terms.Answer.YES if past.record_verified else terms.Answer.NO,
        decided_at=past.cleared_at or made_under.decided_at,
        changed_inputs=past.changed_inputs,
    )


def decided_facts(decision: Decision) -> policy.Facts:
    """What the stored decision was given, as the evaluator's own type."""
    return _facts_of(decision.facts)


def made_under_verdict(decision: Decision) -> Verdict:
    """The stored decision as the evaluator's own type."""
    return _verdict_of(decision.body)


# Many pictures rest on one decision and ask for it several times each. The same text always reads the same.
@lru_cache(maxsize=64)
def _facts_of(text: str) -> policy.Facts:
    return policy.Facts.from_json(parse_strict(text.encode()))


@lru_cache(maxsize=64)
def _verdict_of(text: str) -> Verdict:
    return Verdict.from_json(parse_strict(text.encode()))
