"""The chain of custody: picture → target → route → grant → verdict → record, each link with its page and its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from governance.models import (
    Asset,
    Checkpoint,
    Decision,
    DeploymentTarget,
    Job,
    Output,
    ProvenanceRecord,
    SequencedEntry,
)
from governance.policy.decision import Decision as Verdict
from governance.policy.decision import GrantReport, Outcome
from governance.policy.words import UseClass
from governance.rights.facts import made_under_verdict

OK, NO, WAIT = "ok", "no", "wait"
_USE_WORDS = {
    UseClass.COMMERCIAL: "commercial",
    UseClass.NON_COMMERCIAL: "non-commercial",
    UseClass.UNDETERMINED: "use not determined",
}
VERDICT_WORDS = {
    Outcome.PERMIT: "Allowed",
    Outcome.DUTIES: "Allowed",
    Outcome.REVIEW: "Needs review",
    Outcome.DENY: "Not allowed",
}


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link: what it is, its name, a line below, ``state`` ok, no or wait, and its page ('' for none)."""

    label: str
    title: str
    note: str
    state: str
    url: str = ""


def chain_for_job(job: Job) -> tuple[ChainLink, ...]:
    """The chain of a job, on the decision of its submission or the newest one that changed it."""
    decision = job.decisions.exclude(stage=Decision.Stage.RELEASE).order_by("-id").first()
    assets = list(Asset.objects.filter(cutouts__job=job).order_by("cutouts__pk")[:2])
    outputs = list(Output.objects.filter(cutout__job=job).order_by("-id")[:2])
    made = Output.objects.filter(cutout__job=job).count()
    if made == 1:
        record = _record_of(outputs[0])
    elif made:
        record = ChainLink("Record", f"{made} records", "one per output", OK, f"{reverse('output-list')}?job={job.pk}")
    else:
        record = _no_record(decision)
    return (_pictures(assets, job.cutouts.count(), job), *_decided(job.target, decision, job.weights_sha256), record)


def chain_for_decision(decision: Decision) -> tuple[ChainLink, ...]:
    """The chain as this decision saw it; the record is the one of the output it led to, if there is one."""
    output = None
    if decision.cutout is not None:
        picture = _pictures([decision.cutout.asset], 1, decision.cutout.job)
        output = Output.objects.filter(cutout=decision.cutout).first()
    elif decision.job is not None:
        assets = list(Asset.objects.filter(cutouts__job=decision.job).order_by("cutouts__pk")[:2])
        picture = _pictures(assets, decision.job.cutouts.count(), decision.job)
        if decision.job.cutouts.count() == 1:
            output = Output.objects.filter(cutout__job=decision.job).first()
    else:
        picture = ChainLink("Picture", "None yet", "asked in advance", WAIT)
    record = _record_of(output) if output else _records_of_job(decision)
    weights = decision.job.weights_sha256 if decision.job else ""
    return (picture, *_decided(decision.target, decision, weights), record)


def chain_for_output(output: Output) -> tuple[ChainLink, ...]:
    """The chain of one output, on the decision its run relied on."""
    cutout = output.cutout
    links = _decided(cutout.job.target, cutout.decision, cutout.job.weights_sha256)
    return (_pictures([cutout.asset], 1, cutout.job), *links, _record_of(output))


def grant_names(verdict: Verdict) -> tuple[str, ...]:
    """What permits the work, by its title."""
    return tuple(dict.fromkeys(report.title for report in _relied_upon(verdict)))


def _relied_upon(verdict: Verdict) -> list[GrantReport]:
    return [report for report in verdict.grants if report.relied_upon]


def _pictures(assets: Sequence[Asset], count: int, job: Job) -> ChainLink:
    url = reverse("job", args=[job.pk])
    if count == 1 and assets:
        return ChainLink("Picture", assets[0].file_name, f"sha256 {_short(assets[0].sha256)}", OK, url)
    return ChainLink("Picture", f"{count} pictures", f"handed in with job {job.pk}", OK, url)


def _decided(target: DeploymentTarget, decision: Decision | None, weights_sha256: str) -> tuple[ChainLink, ...]:
    verdict = made_under_verdict(decision) if decision else None
    use = _USE_WORDS[verdict.use_class] if verdict else ""
    where = ChainLink("Target", target.name, use, OK, reverse("target", args=[target.pk]))
    if decision is None or verdict is None:
        return (where, *(ChainLink(label, "Not decided", "", WAIT) for label in ("Route", "Grant", "Verdict")))
    route = ChainLink(
        "Route",
        decision.model.title,
        f"weights {_short(weights_sha256)}" if weights_sha256 else "weights not on record",
        OK if weights_sha256 else WAIT,
        reverse("model", args=[decision.model_id]),
    )
    url = reverse("decision", args=[decision.pk])
    return (where, route, _grant(verdict, url), _verdict(verdict, decision, url))


def _grant(verdict: Verdict, url: str) -> ChainLink:
    names = grant_names(verdict)
    considered = f"{len(verdict.grants)} considered"
    if not names:
        return ChainLink("Grant", "None permits this", considered, NO, url)
    # The kind goes below, so that a narrow strip still shows the licence's own name.
    public = all(report.kind == "public_license" for report in _relied_upon(verdict))
    name = names[0].removeprefix("Public licence ")
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return ChainLink(
        "Grant", f"{name}{more}", f"{'public licence' if public else 'entitlement'}, {considered}", OK, url
    )


def _verdict(verdict: Verdict, decision: Decision, url: str) -> ChainLink:
    state = OK if verdict.outcome.allows else WAIT if verdict.outcome is Outcome.REVIEW else NO
    duties = len(verdict.duties)
    extra = f", {duties} {'duty' if duties == 1 else 'duties'}" if verdict.outcome is Outcome.DUTIES else ""
    return ChainLink("Verdict", f"{VERDICT_WORDS[verdict.outcome]}{extra}", f"decision {decision.pk}", state, url)


def _record_of(output: Output) -> ChainLink:
    record: ProvenanceRecord = output.provenance
    url = reverse("record", args=[record.pk])
    entry = SequencedEntry.objects.filter(record=record).first()
    if entry is None:
        return ChainLink("Record", "Signed, not yet in the log", "the log takes it in shortly", WAIT, url)
    note = f"entry {entry.seq:,}"
    if Checkpoint.objects.filter(size__gt=entry.seq).exists():
        return ChainLink("Record", "Signed and in the log", note, OK, url)
    return ChainLink("Record", "In the log, not yet sealed", note, WAIT, url)


def _records_of_job(decision: Decision) -> ChainLink:
    made = Output.objects.filter(cutout__job=decision.job).count() if decision.job else 0
    if made:
        return ChainLink(
            "Record", f"{made} records", "one per output", OK, f"{reverse('output-list')}?job={decision.job_id}"
        )
    return _no_record(decision)


def _no_record(decision: Decision | None) -> ChainLink:
    if decision is not None and decision.outcome == Decision.Outcome.DENY:
        return ChainLink("Record", "None", "no output was made", WAIT)
    return ChainLink("Record", "None yet", "made with the output", WAIT)


def _short(sha256: str) -> str:
    return f"{sha256[:8]}…{sha256[-4:]}"
