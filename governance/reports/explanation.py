"""One decision, explained: what the page, the command line and the exports all show.

It is read from the decision's stored canonical text and nothing else, so it says what was known then, not
what the tables say today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from governance.models import Decision as Row
from governance.models import DeploymentTarget
from governance.policy.decision import Decision, Outcome, Tri
from governance.policy.difference import difference
from governance.policy.facts import Facts
from governance.policy.grants import Grant
from governance.policy.phrases import ACTION, word
from governance.provenance.canonical import JSON, canonical, parse_strict, sha256_hex
from governance.reports.explanation_parts import asked_by, considered, readings, reason
from governance.reports.explanation_shapes import (
    CureLine,
    DutyLine,
    Explanation,
    StoredDigest,
    TrialLine,
    WaiverLine,
)
from governance.reports.facts_in_words import facts_changed, facts_in_words
from governance.rights.verdicts import Verdict

# Our own stored text, not a stranger's: large workspaces have many grants, each with its whole reading.
_MAX_STORED = 64 * 1024 * 1024


def explain(row: Row) -> Explanation:
    """The explanation of a stored decision. Raises ShapeError or NotCanonical when its text is damaged.

    Reads ``target.project.client``, ``model``, ``actor`` and ``previous``: select them with the row.
    """
    said = Decision.from_json(stored(row.body))
    facts = Facts.from_json(stored(row.facts))
    return Explanation(
        number=row.pk,
        reference=str(row.opaque_id),
        stage=row.stage,
        stage_words=row.get_stage_display(),
        outcome_words=row.get_outcome_display(),
        decided_for=row.actor.get_username() if row.actor else "",
        job=row.job_id,
        model=row.model.title,
        policy_digest=row.policy_digest,
        trials=_trials(row),
        previous=row.previous_id,
        changes=_changes(row, said, facts),
        digests=digests(row, said),
        **_where(row.target),
        **_said(said, facts, grants_of(row)),
    )


def explain_verdict(verdict: Verdict, target: DeploymentTarget, asked_by: str = "") -> Explanation:
    """The same of a verdict that is stored nowhere: a dry run."""
    said = verdict.decision
    return Explanation(
        number=None,
        reference="",
        stage=said.stage.value,
        stage_words="As a dry run",
        outcome_words=str(Row.Outcome(said.outcome.value).label),
        decided_for=asked_by,
        job=None,
        model=verdict.model.title,
        policy_digest=verdict.policy.digest,
        trials=tuple(
            _trial(each.policy.policy.revision, each.policy.digest, each.decision.outcome, each.decision.summary)
            for each in verdict.trials
        ),
        previous=None,
        changes=(),
        digests=(),
        **_where(target),
        **_said(said, verdict.facts, {grant.ref: grant for grant in verdict.grants}),
    )


def _where(target: DeploymentTarget) -> dict[str, Any]:
    return {"target": target.name, "project": target.project.name, "client": target.project.client.name}


def _said(said: Decision, facts: Facts, grants: Mapping[str, Grant]) -> dict[str, Any]:
    """What the verdict, its facts and its grants say by themselves, stored or not."""
    return {
        "outcome": said.outcome.value,
        "summary": said.summary,
        "decided_at": said.at,
        "evaluator_version": said.evaluator_version,
        "rule_set_digest": said.rule_set_digest,
        "policy_revision": facts.policy.revision,
        "encodings": _encodings(grants.values()),
        "asked": tuple(ACTION[action] for action in said.actions),
        "use": word(said.use_class),
        "tally": tally(said),
        "concerns": tuple(reason(finding) for finding in said.concerns),
        "holding": tuple(reason(finding) for finding in said.findings if finding.raw is Tri.SATISFIED),
        "grants": tuple(considered(report, grants) for report in said.grants),
        "readings": readings(said, grants),
        "duties": tuple(
            DutyLine(word(duty.kind), duty.text, duty.source, asked_by(duty.source), duty.clause)
            for duty in said.duties
        ),
        "cures": tuple(CureLine(cure.title, cure.consequence) for cure in said.cures),
        "waiver_can_help": said.waiver_can_help,
        "waivers": tuple(WaiverLine(use.ref, use.rule_code, use.applied, use.note) for use in said.waivers),
        "holds": said.holds,
        "facts": facts_in_words(facts),
    }


def _encodings(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Every reading that was at hand, as in "CC-BY-NC-4.0 revision 2"."""
    read = {f"{reading.license_id} revision {reading.revision}" for grant in grants for reading in grant.readings}
    return tuple(sorted(read))


def _trials(row: Row) -> tuple[TrialLine, ...]:
    tried = row.trials.select_related("policy_set").order_by("policy_set__revision")
    return tuple(
        _trial(each.policy_set.revision, each.policy_set.digest, Outcome(each.outcome), each.summary) for each in tried
    )


def _trial(revision: int, digest: str, outcome: Outcome, summary: str) -> TrialLine:
    return TrialLine(revision, digest, outcome.value, str(Row.Outcome(outcome.value).label), summary)


def tally(said: Decision) -> str:
    """As in "1 rule refuses, 22 hold": every rule counted once, by its worst finding."""
    worst: dict[str, int] = {}
    for finding in said.findings:
        rank = -1 if finding.raw is Tri.SATISFIED else finding.effect.rank
        worst[finding.code] = max(worst.get(finding.code, -1), rank)
    ranks = list(worst.values())
    words = (
        (Outcome.DENY.rank, "refuses", "refuse"),
        (Outcome.REVIEW.rank, "needs review", "need review"),
        (Outcome.DUTIES.rank, "sets duties", "set duties"),
        (Outcome.PERMIT.rank, "warns", "warn"),
        (-1, "holds", "hold"),
    )
    parts = [f"{count} {one if count == 1 else many}" for rank, one, many in words if (count := ranks.count(rank))]
    if parts:
        noun, rest = parts[0].split(" ", 1)
        parts[0] = f"{noun} {'rule' if noun == '1' else 'rules'} {rest}"
    return ", ".join(parts)


def stored(text: str) -> JSON:
    """The JSON of a stored canonical text."""
    return parse_strict(text.encode(), max_bytes=_MAX_STORED)


def digests(row: Row, said: Decision) -> tuple[StoredDigest, ...]:
    """Each stored text hashed again, beside the digest that was recorded for it."""
    named = (
        ("Facts", row.facts, row.facts_sha256),
        ("Grants", hashed_grants(row), said.grants_sha256),
        ("Decision", row.body, row.body_sha256),
    )
    return tuple(StoredDigest(name, sha256, sha256_hex(text.encode()) == sha256) for name, text, sha256 in named)


def hashed_grants(row: Row) -> str:
    """The stored grants as the text the evaluator hashed: in the order of their references, however they came."""
    entries = stored(row.grants_text)
    if not isinstance(entries, list):
        return row.grants_text
    return canonical(sorted(entries, key=lambda entry: str(entry["ref"]))).decode()  # type: ignore[index, call-overload]


def grants_of(row: Row) -> dict[str, Grant]:
    """The grants the decision was given, by reference."""
    entries = stored(row.grants_text)
    grants = [Grant.from_json(entry) for entry in (entries if isinstance(entries, list) else [])]
    return {grant.ref: grant for grant in grants}


def _changes(row: Row, said: Decision, facts: Facts) -> tuple[str, ...]:
    """What the engine recorded as changed (else how the two stored verdicts differ), and which facts did."""
    if row.previous is None:
        return tuple(change.message for change in said.changes)
    changes = said.changes or difference(Decision.from_json(stored(row.previous.body)), said)
    before = Facts.from_json(stored(row.previous.facts))
    return (*(change.message for change in changes), *facts_changed(before, facts))
