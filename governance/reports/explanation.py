"""One decision, explained: what the page, the command line and the exports all show.

It is read from the decision's stored canonical text and nothing else, so it says what was known then, not
what the tables say today.
"""

from __future__ import annotations

from governance.licensing.catalogue_words import DeclarationStatus
from governance.licensing.terms import Term
from governance.models import Decision as Row
from governance.policy.decision import Decision, Finding, GrantReport, Outcome, Tri
from governance.policy.difference import difference
from governance.policy.facts import Facts
from governance.policy.grants import Grant
from governance.policy.phrases import ACTION, word
from governance.provenance.canonical import JSON, canonical, parse_strict, sha256_hex
from governance.reports.explanation_shapes import (
    ConsideredGrant,
    CureLine,
    DutyLine,
    Explanation,
    Reading,
    ReadTerm,
    Reason,
    StoredDigest,
)
from governance.reports.facts_in_words import facts_changed, facts_in_words

# Our own stored text, not a stranger's: large workspaces have many grants, each with its whole reading.
_MAX_STORED = 64 * 1024 * 1024
LAYER = {
    "third_party_right": "a third party's right",
    "org_policy": "our own policy",
    "input_right": "rights in the picture",
    "technical": "what the evidence shows",
}
_EFFECT = {
    Outcome.DENY: "Refuses",
    Outcome.REVIEW: "Needs review",
    Outcome.DUTIES: "Allows, with a duty",
    Outcome.PERMIT: "Noted",
}
# Statements that were replaced or outranked are listed and weigh nothing.
_WITHOUT_EFFECT = (DeclarationStatus.SUPERSEDED, DeclarationStatus.SET_ASIDE)
_GRANT_RESULT = {Tri.SATISFIED: "Permits", Tri.UNKNOWN: "Cannot tell", Tri.UNSATISFIED: "Refuses"}
_GRANT_OUTCOME = {Tri.SATISFIED: "permit", Tri.UNKNOWN: "review", Tri.UNSATISFIED: "deny"}


def explain(row: Row) -> Explanation:
    """The explanation of a stored decision. Raises ShapeError or NotCanonical when its text is damaged.

    Reads ``target.project.client``, ``model``, ``actor`` and ``previous``: select them with the row.
    """
    said = Decision.from_json(stored(row.body))
    facts = Facts.from_json(stored(row.facts))
    grants = _grants(row)
    return Explanation(
        number=row.pk,
        reference=str(row.opaque_id),
        stage=row.stage,
        stage_words=row.get_stage_display(),
        outcome=said.outcome.value,
        outcome_words=row.get_outcome_display(),
        summary=said.summary,
        decided_at=said.at,
        decided_for=row.actor.get_username() if row.actor else "",
        job=row.job_id,
        target=row.target.name,
        project=row.target.project.name,
        client=row.target.project.client.name,
        model=row.model.title,
        evaluator_version=said.evaluator_version,
        rule_set_digest=said.rule_set_digest,
        policy_revision=facts.policy.revision,
        asked=tuple(ACTION[action] for action in said.actions),
        use=word(said.use_class),
        tally=tally(said),
        concerns=tuple(_reason(finding) for finding in said.concerns),
        holding=tuple(_reason(finding) for finding in said.findings if finding.raw is Tri.SATISFIED),
        grants=tuple(_considered(report, grants) for report in said.grants),
        readings=_readings(said, grants),
        duties=tuple(DutyLine(word(duty.kind), duty.text, duty.source, duty.clause) for duty in said.duties),
        cures=tuple(CureLine(cure.title, cure.consequence) for cure in said.cures),
        waiver_can_help=said.waiver_can_help,
        waivers=tuple(f"{use.ref} on {use.rule_code}: {use.note}" for use in said.waivers),
        holds=said.holds,
        previous=row.previous_id,
        changes=_changes(row, said, facts),
        facts=facts_in_words(facts),
        digests=digests(row, said),
    )


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
    entries = stored(row.grants)
    if not isinstance(entries, list):
        return row.grants
    return canonical(sorted(entries, key=lambda entry: str(entry["ref"]))).decode()  # type: ignore[index, call-overload]


def _grants(row: Row) -> dict[str, Grant]:
    entries = stored(row.grants)
    grants = [Grant.from_json(entry) for entry in (entries if isinstance(entries, list) else [])]
    return {grant.ref: grant for grant in grants}


def _reason(finding: Finding) -> Reason:
    holds = finding.raw is Tri.SATISFIED
    return Reason(
        code=finding.code,
        title=finding.title,
        layer=LAYER[finding.layer.value],
        outcome="permit" if holds else finding.effect.value,
        effect="Holds" if holds else _EFFECT[finding.effect],
        subject=finding.subject,
        found=finding.got,
        required=finding.required,
        clause=finding.clause,
        message=finding.message.removeprefix(finding.got).strip(),
        how_to_fix=finding.how_to_fix,
        waiver=finding.waiver or "",
    )


def _considered(report: GrantReport, grants: dict[str, Grant]) -> ConsideredGrant:
    grant = grants.get(report.grant)
    bought = grant is not None and grant.scope is not None
    result = _GRANT_RESULT[report.result]
    return ConsideredGrant(
        ref=report.grant,
        title=report.title,
        stated_in=_stated_in(grant),
        counts=grant is None or grant.status not in _WITHOUT_EFFECT,
        entitlement=report.grant if bought else "",
        version=grant.version if grant else 0,
        outcome="review" if report.outranked else _GRANT_OUTCOME[report.result],
        result=f"{result}, outranked" if report.outranked else result,
        relied_upon=report.relied_upon,
        where_it_stops=report.where_it_stops,
    )


def _stated_in(grant: Grant | None) -> str:
    """Where a public licence is stated and how that statement stands, as in "model card, accepted"."""
    if grant is None or grant.rank is None:
        return ""
    return ", ".join([word(grant.rank), *([word(grant.status)] if grant.status else [])])


def _readings(said: Decision, grants: dict[str, Grant]) -> tuple[Reading, ...]:
    considered = [grants[report.grant] for report in said.grants if report.grant in grants]
    found = {reading.license_id: reading for grant in considered for reading in grant.readings}
    return tuple(
        Reading(
            license_id=reading.license_id,
            title=reading.title,
            revision=reading.revision,
            encoded_on=reading.encoded_on.isoformat(),
            encoded_by=reading.encoded_by,
            approved_by=reading.approved_by,
            reading=reading.reading,
            source=reading.source,
            terms=tuple(_term(term) for term in reading.terms),
        )
        for reading in found.values()
    )


def _term(term: Term) -> ReadTerm:
    kind = f"{word(term.kind)}: {ACTION[term.action]}"
    return ReadTerm(kind.capitalize(), term.clause_ref, term.quote, term.paraphrase)


def _changes(row: Row, said: Decision, facts: Facts) -> tuple[str, ...]:
    """What the engine recorded as changed (else how the two stored verdicts differ), and which facts did."""
    if row.previous is None:
        return tuple(change.message for change in said.changes)
    changes = said.changes or difference(Decision.from_json(stored(row.previous.body)), said)
    before = Facts.from_json(stored(row.previous.facts))
    return (*(change.message for change in changes), *facts_changed(before, facts))
