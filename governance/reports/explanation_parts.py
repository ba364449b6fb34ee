"""The parts of an explanation: findings, grants and readings, in the words people read."""

from __future__ import annotations

from collections.abc import Mapping

from governance.licensing.catalogue_words import DeclarationStatus
from governance.licensing.terms import Term
from governance.policy.decision import Decision, Finding, GrantReport, Outcome, Tri
from governance.policy.grants import Grant
from governance.policy.phrases import ACTION, word
from governance.reports.explanation_shapes import ConsideredGrant, Reading, ReadTerm, Reason

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


def reason(finding: Finding) -> Reason:
    """One finding as a reader takes it."""
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


def asked_by(source: str) -> str:
    """Where a duty comes from, in words: "public licence CC-BY-4.0", "ENT-0017", "rule LIN-005"."""
    if source.startswith("public/"):
        return f"public licence {source.rpartition('/')[2].replace('+', ' and ')}"
    return source if source.startswith("ENT-") else f"rule {source}"


def considered(report: GrantReport, grants: Mapping[str, Grant]) -> ConsideredGrant:
    """One grant that was looked at."""
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


def readings(said: Decision, grants: Mapping[str, Grant]) -> tuple[Reading, ...]:
    """The readings of the grants that were looked at, each once."""
    looked_at = [grants[report.grant] for report in said.grants if report.grant in grants]
    found = {reading.license_id: reading for grant in looked_at for reading in grant.readings}
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
