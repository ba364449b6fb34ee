"""Models as the catalogue has them: licences declared, training data, claims, weights here or not."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Prefetch, QuerySet

from governance.models import (
    CatalogueSync,
    DeclarationResolution,
    LicenseDeclaration,
    LicenseResolution,
    LineageClaim,
    ModelVersion,
    TrainingUse,
    WeightsArtifact,
)
from governance.models.work import HostingMode
from governance.policy.phrases import word
from governance.reports.catalogue_shapes import (
    ClaimLine,
    DeclarationLine,
    HostingLine,
    LicenseReading,
    ModelDetail,
    ModelLine,
    ModelList,
    Source,
    State,
    TrainingLine,
    WeightsLine,
)
from governance.rights.facts import settled_declarations

# The tone of the chip a state is shown in; the words always stand beside it.
_RESOLUTION = {"settled": "permit", "conflicting": "review", "unresolved": "deny"}
_DECLARATION = {"accepted": "permit", "open": "review", "superseded": "neutral", "set_aside": "neutral"}
_CLAIM = {"accepted": "permit", "open": "review", "contradicted": "deny", "withdrawn": "neutral"}
_TERMS = {
    "permissive": "permit",
    "vendor_licensed": "permit",
    "none_stated": "review",
    "unknown": "review",
    "research_only": "deny",
}
_RESOLUTION_WORDS = {"settled": "Settled", "conflicting": "Statements conflict", "unresolved": "Unresolved"}


def model_list() -> ModelList:
    """Every catalogued model. The number of queries does not depend on how many there are."""
    edition = CatalogueSync.objects.order_by("-id").first()
    rows = _models()
    return ModelList(
        tuple(_model_line(row) for row in rows),
        edition.digest if edition else "",
        edition.as_of if edition else None,
    )


def model_detail(slug: str) -> ModelDetail | None:
    """One model with everything said of it; None when the catalogue has no such model."""
    row = _models().filter(slug=slug).first()
    if row is None:
        return None
    uses = row.training_uses.select_related("dataset").order_by("role", "dataset__name")
    return ModelDetail(
        line=_model_line(row),
        version=row.version,
        family=row.family,
        architecture=row.architecture,
        homepage=_web(row.homepage),
        released_on=row.released_on,
        intended_use=row.intended_use,
        lineage_completeness=word(row.lineage_completeness),
        lineage_note=row.lineage_note,
        limitations=tuple(row.limitations),
        hosting=tuple(_hosting(entry) for entry in row.hosting),
        readings=_readings(row),
        declarations=_declarations(row),
        training=tuple(_training(entry) for entry in uses),
        claims=tuple(claim_line(entry) for entry in row.claims.all()),
        weights=tuple(_weights(entry) for entry in row.weights.all()),
        sources=_sources(row.sources),
    )


def _models() -> QuerySet[ModelVersion]:
    weights = WeightsArtifact.objects.order_by("format", "file_name").prefetch_related("acquisitions")
    return ModelVersion.objects.order_by("title").prefetch_related(
        Prefetch("weights", weights),
        Prefetch("resolutions", LicenseResolution.objects.select_related("license").order_by("-subject")),
        Prefetch("declarations", LicenseDeclaration.objects.select_related("license")),
        Prefetch("declaration_resolutions", _approved(), to_attr="approved_resolutions"),
        "claims",
    )


def _model_line(row: ModelVersion) -> ModelLine:
    readings = [reading for reading in _readings(row) if reading.subject == "weights"]
    present = any(artifact.format == "safetensors" and artifact.acquisitions.all() for artifact in row.weights.all())
    return ModelLine(
        slug=row.slug,
        title=row.title,
        provider=row.provider,
        weights_present=present,
        obtain_command=row.obtain_command,
        obtain_note=row.obtain_note,
        runnable_here=row.runnable_here,
        license=readings[0] if readings else None,
        declared=len({entry.license_id for entry in row.declarations.all() if entry.subject == "weights"}),
        contradicted=sum(claim.status == "contradicted" for claim in row.claims.all()),
    )


def _hosting(entry: dict[str, str]) -> HostingLine:
    mode = HostingMode(entry["mode"]).label
    return HostingLine(str(mode), entry["provider"], entry["endpoint"], entry["summary"])


def _approved() -> QuerySet[DeclarationResolution]:
    return DeclarationResolution.objects.filter(approval__isnull=False).select_related("license").order_by("-id")


def _ours(row: ModelVersion) -> dict[str, DeclarationResolution]:
    """The resolution our own people stand behind, for each subject that has one."""
    newest: dict[str, DeclarationResolution] = {}
    for entry in row.approved_resolutions:  # type: ignore[attr-defined]
        newest.setdefault(entry.subject, entry)
    return newest


def _readings(row: ModelVersion) -> tuple[LicenseReading, ...]:
    """For each subject the licence our own people took, or else the catalogue's reading."""
    ours = _ours(row)
    settled = State("Settled by us", "permit")
    return (
        *(LicenseReading(word(subject), entry.license.name, entry.license_id, settled, entry.reason, ())
          for subject, entry in ours.items()),
        *(_reading(entry) for entry in row.resolutions.all() if entry.subject not in ours),
    )  # fmt: skip


def _declarations(row: ModelVersion) -> tuple[DeclarationLine, ...]:
    """Each as it stands once our own resolution of the weights is taken into account, as the evaluator has it."""
    rows = list(row.declarations.all())
    weights = [entry for entry in rows if entry.subject == "weights"]
    judged, settled = settled_declarations(weights, _ours(row).get("weights"))
    after = {entry.pk: said for entry, said in zip(weights, judged, strict=True)} if settled else {}
    lines = []
    for entry in rows:
        line, said = _declaration(entry), after.get(entry.pk)
        if said is not None and said.status.value != entry.status:
            line = replace(line, state=_declared(said.status.value), reason=said.note)
        lines.append(line)
    return tuple(lines)


def _declared(status: str) -> State:
    return State(word(status).capitalize(), _DECLARATION.get(status, "review"))


def _reading(row: LicenseResolution) -> LicenseReading:
    state = State(_RESOLUTION_WORDS.get(row.status, word(row.status)), _RESOLUTION.get(row.status, "review"))
    return LicenseReading(word(row.subject), row.license.name, row.license_id, state, row.reason, _sources(row.sources))


def _declaration(row: LicenseDeclaration) -> DeclarationLine:
    return DeclarationLine(
        subject=word(row.subject),
        license=row.license.name,
        license_id=row.license_id,
        declared_by=row.declared_by,
        rank=word(row.rank),
        statement=row.statement,
        revision=row.revision,
        stated_on=row.stated_on,
        state=_declared(row.status),
        reason=row.reason,
        mark=row.mark,
        sources=_sources(row.sources),
    )


def _training(row: TrainingUse) -> TrainingLine:
    return TrainingLine(
        dataset=row.dataset.name,
        homepage=_web(row.dataset.homepage),
        subset=row.subset,
        role=word(row.role),
        standing=word(row.standing),
        terms=State(word(row.dataset.terms).capitalize(), _TERMS.get(row.dataset.terms, "review")),
        evidence=word(row.evidence_level),
        summary=row.dataset.summary,
        note=row.note,
        sources=_sources(row.sources),
    )


def claim_line(row: LineageClaim) -> ClaimLine:
    """What the catalogue says of a claim."""
    return ClaimLine(
        predicate=word(row.predicate).capitalize(),
        value=row.value,
        claimant=row.claimant,
        stated_on=row.stated_on,
        evidence=word(row.evidence_level),
        state=State(word(row.status).capitalize(), _CLAIM.get(row.status, "review")),
        reason=row.reason,
        counter=tuple(row.counter),
        sources=_sources(row.sources),
    )


def _weights(row: WeightsArtifact) -> WeightsLine:
    acquired = max(row.acquisitions.all(), key=lambda entry: entry.pk, default=None)
    places = tuple(
        Source(f"{entry['place']} ({word(entry['access'])})", _web(entry["url"]), "", "") for entry in row.occurrences
    )
    return WeightsLine(
        sha256=row.sha256,
        file_name=row.file_name,
        format=row.format,
        precision=row.precision,
        size=row.size,
        note=row.note,
        derived_from=row.derived_from,
        acquired_at=acquired.acquired_at if acquired else None,
        acquired_from=acquired.source if acquired else "",
        occurrences=places,
    )


def _sources(entries: list[dict[str, str]]) -> tuple[Source, ...]:
    return tuple(Source(entry["title"], _web(entry["url"]), entry["revision"], entry["dated"]) for entry in entries)


def _web(url: str) -> str:
    """Only web addresses become links; anything else the catalogue holds is shown as text by its title."""
    return url if url.startswith(("https://", "http://")) else ""
