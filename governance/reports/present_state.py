"""Then and now: what an output was made under, and how each of those things stands today. Reads; stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from governance.licensing.standing import GrantStatus
from governance.licensing.time_zones import last_day, time_zone
from governance.models import (
    ClaimContradiction,
    ClaimReview,
    Decision,
    DeploymentTarget,
    Entitlement,
    Hold,
    LicenseText,
    LineageClaim,
    ModelVersion,
    Output,
    RecordCorrection,
    Release,
    WeightsArtifact,
)
from governance.policy.grants import Grant, GrantKind
from governance.policy.phrases import day
from governance.policy.words import Stage
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.statement import Statement
from governance.reports.entitlement_versions import STATUS, VersionAt, versions_at
from governance.reports.explanation import grants_of
from governance.rights.facts import made_under_verdict, runnable_weights
from governance.rights.organisation import policies_at
from governance.rights.readings import encodings
from governance.rights.releasing import judge_output
from governance.rights.verdicts import Verdict

SAME, CHANGED, GONE = "permit", "review", "deny"
_TARGETS = 12


@dataclass(frozen=True, slots=True)
class Since:
    """One thing relied on: what it was ``then`` and what it is ``now``. ``tone`` permit (as it was), review or deny;
    ``url``: its page, '' for none."""

    what: str
    then: str
    now: str
    tone: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseToday:
    """Whether a release for a target would be allowed now. ``released_at`` None: it was not released for it."""

    target: str
    target_id: int
    released_at: datetime | None
    outcome: str
    duties: int
    summary: str


@dataclass(frozen=True, slots=True)
class PresentState:
    """How an output stands ``at``. ``lines``: everything it rests on, what changed first."""

    made_at: datetime
    at: datetime
    lines: tuple[Since, ...]
    releases: tuple[ReleaseToday, ...]

    @property
    def changed(self) -> bool:
        return any(line.tone != SAME for line in self.lines)


def present_state(output: Output, at: datetime, *, record_verified: bool) -> PresentState:
    """What became of everything ``output`` rests on. The evaluator is asked again for its targets.

    ``record_verified``: whether its record was found to hold. Reads ``cutout.decision``, ``cutout.job.target`` and
    ``cutout.job.model``: select them with the row.
    """
    decision: Decision = output.cutout.decision
    relied = set(made_under_verdict(decision).relied_upon)
    grants = tuple(grant for grant in grants_of(decision).values() if grant.ref in relied)
    asked = _asked(output, record_verified)
    held = {ref for _, _, verdict in asked for ref in verdict.decision.holds}
    lines = (
        *_rights(grants, at),
        *_readings(grants),
        *_texts(output),
        *_weights(output.cutout.job.weights_sha256, output.cutout.job.model),
        *_claims(decision),
        *_holds(held),
        _policy(decision, at),
        *_corrections(output),
    )
    worst = {GONE: 0, CHANGED: 1, SAME: 2}
    return PresentState(
        made_at=output.created_at,
        at=at,
        lines=tuple(sorted(lines, key=lambda line: worst[line.tone])),
        releases=tuple(_release(target, released_at, verdict) for target, released_at, verdict in asked),
    )


def _asked(output: Output, verified: bool) -> list[tuple[DeploymentTarget, datetime | None, Verdict]]:
    """The target it was made for, and those it was released for, each judged as for a release now."""
    rows = Release.objects.filter(output=output).select_related("target__project__client").order_by("pk")[:_TARGETS]
    places = {release.target: release.released_at for release in rows}
    places.setdefault(output.cutout.job.target, None)
    return [
        (target, released_at, judge_output(Stage.RELEASE, output, target, record_verified=verified))
        for target, released_at in places.items()
    ]


def _release(target: DeploymentTarget, released_at: datetime | None, verdict: Verdict) -> ReleaseToday:
    said = verdict.decision
    return ReleaseToday(target.name, target.pk, released_at, said.outcome.value, len(said.duties), said.summary)


def _rights(grants: Iterable[Grant], at: datetime) -> Iterator[Since]:
    """The purchased rights. The paper's reasons stay on its own page."""
    bought = [grant for grant in grants if grant.kind is not GrantKind.PUBLIC_LICENSE]
    found = versions_at({grant.ref for grant in bought}, at) if bought else ()
    for grant in bought:
        then = f"made under {grant.ref} v{grant.version}, {grant.title}"
        own = next((each for each in found if (each.row.ref, each.row.version) == (grant.ref, grant.version)), None)
        url = reverse("entitlement", args=[grant.ref])
        if own is None:
            yield Since("Entitlement", then, "that version is not on record any more", GONE, url)
        else:
            yield Since("Entitlement", then, *_standing(own, found), url)


def _standing(own: VersionAt, found: Iterable[VersionAt]) -> tuple[str, str]:
    row = own.row
    if own.status is GrantStatus.ACTIVE:
        return f"still in force, until {_last_day(row)}", SAME
    if own.status is GrantStatus.TERMINATED and own.end is not None:
        return f"since ended on {day(own.end.ended_at)}", GONE
    if own.status is GrantStatus.EXPIRED:
        return f"since ended on {_last_day(row)}, as agreed", GONE
    if own.status is GrantStatus.SUPERSEDED:
        later = next((each.row for each in found if each.row.ref == row.ref and each.counts), row)
        return f"since replaced by v{later.version}, which counts from {day(later.valid_from)}", CHANGED
    words, _ = STATUS[own.status]
    return words.lower(), CHANGED


def _last_day(row: Entitlement) -> str:
    return day(last_day(row.valid_until, time_zone(row.time_zone)))


def _readings(grants: Iterable[Grant]) -> Iterator[Since]:
    """Our readings of the licences; those of contracts were given what the contract says besides, and are no other."""
    today = encodings()
    read = dict.fromkeys(reading for grant in grants for reading in grant.readings)
    for reading in read:
        then = f"read as {reading.license_id}, revision {reading.revision}"
        now = today.get(reading.license_id)
        if now is None:
            said = "that reading was retired, and none took its place", GONE
        elif (now.revision, now.encoded_on) != (reading.revision, reading.encoded_on):
            said = f"superseded by revision {now.revision}, of {day(now.encoded_on)}", CHANGED
        else:
            said = "still the reading that counts", SAME
        yield Since("Licence reading", then, *said, reverse("license", args=[reading.license_id]))


def _texts(output: Output) -> Iterator[Since]:
    """Texts under the same name that nobody had seen when it was made: whoever publishes a licence may change it."""
    stated = Statement.from_bytes(bytes(output.provenance.payload)).predicate
    licenses = stated.weights_license.spdx_ids if isinstance(stated, CutoutProvenance) else ()
    texts = LicenseText.objects.filter(license__in=licenses)
    known = texts.filter(recorded_at__lte=output.created_at).values("sha256")
    for row in texts.filter(recorded_at__gt=output.created_at).exclude(sha256__in=known).order_by("pk"):
        now = f"another text stands at {row.source}, of {day(row.captured_on)}: SHA-256 {row.sha256[:8]}…"
        url = reverse("license", args=[row.license_id])
        yield Since("Licence text", f"the texts of {row.license_id} on record then", now, CHANGED, url)


def _weights(sha256: str, model: ModelVersion) -> Iterator[Since]:
    then = f"{model.title}, weights {sha256[:8]}…{sha256[-4:]}"
    current = runnable_weights(model)
    url = reverse("model", args=[model.pk])
    if not WeightsArtifact.objects.filter(sha256=sha256, model=model).exists():
        yield Since("Weights", then, "withdrawn: the catalogue does not list this file any more", GONE, url)
    elif current is None or current.sha256 != sha256:
        yield Since("Weights", then, "another file of this model is used today", CHANGED, url)
    else:
        yield Since("Weights", then, "still the file that is used", SAME, url)


def _claims(decision: Decision) -> Iterator[Since]:
    """What was said since against the claims about the model's training data."""
    made = decision.decided_at
    against = ClaimContradiction.objects.filter(claim__model=decision.model_id, recorded_at__gt=made)
    reviews = ClaimReview.objects.filter(claim__model=decision.model_id, reviewed_at__gt=made)
    fallen = reviews.exclude(conclusion=ClaimReview.Conclusion.ACCEPTED)
    restated = LineageClaim.objects.filter(model=decision.model_id, restated_at__gt=made)
    found = [
        *(_claim(row.claim, f"contradicted since, on {day(row.recorded_at)}: {row.counter}") for row in
          against.select_related("claim").order_by("pk")),
        *(_claim(row.claim, f"{row.get_conclusion_display().lower()} (review of {day(row.reviewed_at)})") for row in
          fallen.select_related("claim").order_by("pk")),
        *(_claim(row, f"stated otherwise by the catalogue since {day(row.restated_at)}") for row in restated),
    ]  # fmt: skip
    yield from found
    if not found:
        then = f"claims about the training data of {decision.model.title}"
        yield Since("Claims", then, "nothing was said against them since", SAME, reverse("claim-list"))


def _claim(claim: LineageClaim, now: str) -> Since:
    then = f"{claim.claimant}: {claim.predicate}, {claim.value}"
    return Since("Claim", then, now, CHANGED, reverse("claim", args=[claim.slug]))


def _holds(refs: Iterable[str]) -> Iterator[Since]:
    """The holds in the way now. None was when it was made."""
    for row in Hold.objects.filter(ref__in=list(refs)).order_by("pk"):
        now = f"{row.ref} was placed on {day(row.placed_at)}: {row.reason}"
        yield Since("Hold", "nothing was on hold", now, GONE, reverse("hold", args=[row.ref]))


def _policy(decision: Decision, at: datetime) -> Since:
    then = f"policy revision {decision.policy_revision}"
    enforced = policies_at(at).enforced
    if decision.policy_digest in ("", enforced.digest) and decision.policy_revision == enforced.policy.revision:
        return Since("Policy", then, "still in force", SAME)
    return Since("Policy", then, f"revision {enforced.policy.revision} is in force now", CHANGED)


def _corrections(output: Output) -> Iterator[Since]:
    rows = RecordCorrection.objects.filter(record=output.provenance).select_related("corrected_by")
    url = reverse("record", args=[output.record_id])
    for row in rows:
        now = f"corrected on {day(row.corrected_at)} by {row.corrected_by.get_username()}: {row.reason}"
        yield Since("Record", "as it was signed", now, CHANGED, url)
