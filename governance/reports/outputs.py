"""Outputs for the list and the output page: the file, how it was made, where it was released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from django.db.models import Count, QuerySet

from governance.access import User, may, visible_clients
from governance.models import Decision, DeploymentTarget, Output, Release
from governance.provenance.canonical import parse_strict
from governance.reports.duties import NOTICED
from governance.reports.refusals import Refusal, explain
from governance.rights.facts import made_under_verdict

PAGE = 24


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One line of the list."""

    pk: int
    file_name: str
    client: str
    target: str
    model: str
    size: str
    job_id: int
    releases: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first; ``before`` is the key the older page starts below."""

    rows: tuple[OutputRow, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release: for which target, under which verdict, how often handed over, whether with notices."""

    pk: int
    target: str
    target_id: int
    outcome: str
    duties: tuple[str, ...]
    decision_id: int
    released_by: str
    released_at: datetime
    deliveries: int
    notices: bool


@dataclass(frozen=True, slots=True)
class RunFact:
    """One fact of the run, in words."""

    label: str
    value: str
    is_digest: bool = False


_RUN_LABELS = (
    ("profile", "Processing profile"),
    ("precision", "Precision"),
    ("device", "Device"),
    ("engine", "Engine"),
    ("code_revision", "Code revision"),
    ("foreground", "Foreground"),
)


def visible_outputs(user: User) -> QuerySet[Output]:
    """The outputs of the clients ``user`` may see, with everything their pages name."""
    return Output.objects.filter(cutout__job__target__project__client__in=visible_clients(user)).select_related(
        "cutout__asset", "cutout__decision__model", "cutout__job__target__project__client", "cutout__job__model"
    )


def page_of_outputs(
    outputs: QuerySet[Output], *, client: int | None = None, job: int | None = None, before: int | None = None
) -> Page:
    """The newest outputs below the key ``before``."""
    found = outputs.annotate(release_count=Count("releases"))
    if client is not None:
        found = found.filter(cutout__job__target__project__client=client)
    if job is not None:
        found = found.filter(cutout__job=job)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = [_row(output) for output in found.order_by("-pk")[: PAGE + 1]]
    return Page(tuple(rows[:PAGE]), rows[PAGE - 1].pk if len(rows) > PAGE else None)


def _row(output: Output) -> OutputRow:
    job = output.cutout.job
    return OutputRow(
        pk=output.pk,
        file_name=output.cutout.asset.file_name,
        client=job.target.project.client.name,
        target=job.target.name,
        model=job.model.title,
        size=f"{output.width} × {output.height}",
        job_id=job.pk,
        releases=output.release_count,  # type: ignore[attr-defined]
        created_at=output.created_at,
    )


def releases_of(output: Output) -> tuple[ReleaseRow, ...]:
    """Every release of ``output``, newest first."""
    found = Release.objects.filter(output=output).select_related("target", "decision", "released_by")
    return tuple(_release(row) for row in found.annotate(handed_over=Count("deliveries")).order_by("-pk"))


def _release(row: Release) -> ReleaseRow:
    verdict = made_under_verdict(row.decision)
    return ReleaseRow(
        pk=row.pk,
        target=row.target.name,
        target_id=row.target_id,
        outcome=row.decision.outcome,
        duties=tuple(duty.text for duty in verdict.duties),
        decision_id=row.decision_id,
        released_by=row.released_by.get_username(),
        released_at=row.released_at,
        deliveries=row.handed_over,  # type: ignore[attr-defined]
        notices=any(duty.kind in NOTICED for duty in verdict.duties),
    )


def releasable_targets(user: User, output: Output) -> QuerySet[DeploymentTarget]:
    """The targets of the same client that the output may still be released to; none for who may not release."""
    client = output.cutout.job.target.project.client_id
    found = DeploymentTarget.objects.filter(project__client=client, archived_at=None).exclude(releases__output=output)
    if not may(user, "output.release", client):
        return found.none()
    return found.select_related("project").order_by("project__name", "name")


def run_facts(output: Output) -> tuple[RunFact, ...]:
    """How the file was made, as its run said."""
    run = parse_strict(output.run.encode())
    said = [RunFact(label, str(run[key])) for key, label in _RUN_LABELS if run.get(key) not in (None, "")]
    if isinstance(run.get("coverage_permille"), int):
        said.append(RunFact("Kept", f"{run['coverage_permille'] / 10:.1f} % of the picture"))
    weights = output.cutout.job.weights_sha256
    return (RunFact("Weights", weights, is_digest=True), *said)


def refused_releases(output: Output) -> tuple[Refusal, ...]:
    """The newest refusal for each target that the output was not released for since."""
    decisions = Decision.objects.filter(cutout=output.cutout, stage=Decision.Stage.RELEASE).select_related("target")
    newest = {decision.target_id: decision for decision in decisions.order_by("id")}
    return tuple(explain(decision) for decision in newest.values() if not decision.allows)


def foreground_of(output: Output) -> str:
    """``found``, ``none`` or ``full``: whether the network saw something to keep."""
    return str(parse_strict(output.run.encode()).get("foreground", "found"))


def stem(output: Output) -> str:
    """The picture's file name without its ending, for naming what is downloaded."""
    return PurePath(output.cutout.asset.file_name).stem or f"output-{output.pk}"
