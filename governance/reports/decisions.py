"""Decisions: which a person may see, the list of them, and one as a document outsiders can hash again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from governance.access import User, visible_clients
from governance.errors import PlatformError
from governance.licensing.jsonshape import ShapeError
from governance.models import Client, Decision
from governance.policy.decision import Decision as Verdict
from governance.policy.decision import Tri
from governance.provenance.canonical import canonical, timestamp
from governance.provenance.errors import NotCanonical
from governance.reports.explanation import explain, hashed_grants, stored
from governance.reports.explanation_shapes import Explanation

PAGE = 50
# What an explanation and the chain of custody read.
_SHOWN = ("target__project__client", "model", "job", "cutout__asset", "actor", "previous")
FORMAT = "urn:clearcut:decision-export:v1"


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """What the list is narrowed to; empty means all. ``before``: the last key of the page before."""

    stage: str = ""
    outcome: str = ""
    client: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One row of the list. ``rules`` are the codes that made the verdict what it is."""

    number: int
    outcome: str
    duties: int
    stage: str
    decided_at: datetime
    client: str
    target: str
    model: str
    job: int | None
    rules: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """A page of the list, newest first; ``next_before`` is None on the last one."""

    lines: tuple[DecisionLine, ...]
    next_before: int | None
    clients: tuple[Client, ...]


def visible_decisions(user: User) -> QuerySet[Decision]:
    """The decisions about targets of clients that ``user`` may see, with what an explanation reads."""
    return Decision.objects.filter(target__project__client__in=visible_clients(user)).select_related(*_SHOWN)


def decision_page(user: User, wanted: DecisionFilter) -> DecisionPage:
    """One page of decisions. The number of queries does not depend on how many there are."""
    rows = visible_decisions(user).select_related(None)
    rows = rows.select_related("target__project__client", "model").defer("facts", "grants").order_by("-pk")
    if wanted.stage:
        rows = rows.filter(stage=wanted.stage)
    if wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.client is not None:
        rows = rows.filter(target__project__client_id=wanted.client)
    if wanted.before is not None:
        rows = rows.filter(pk__lt=wanted.before)
    page = list(rows[: PAGE + 1])
    return DecisionPage(
        lines=tuple(_line(row) for row in page[:PAGE]),
        next_before=page[PAGE - 1].pk if len(page) > PAGE else None,
        clients=tuple(visible_clients(user).order_by("name")),
    )


def _line(row: Decision) -> DecisionLine:
    body = json.loads(row.body)
    return DecisionLine(
        number=row.pk,
        outcome=row.outcome,
        duties=len(body["duties"]),
        stage=row.get_stage_display(),
        decided_at=row.decided_at,
        client=row.target.project.client.name,
        target=row.target.name,
        model=row.model.title,
        job=row.job_id,
        rules=deciding_codes(body),
        summary=body["summary"],
    )


def deciding_codes(body: dict[str, Any]) -> tuple[str, ...]:
    """The codes of a stored decision's findings that made its verdict what it is, each once, worst first."""
    decisive = ("deny", "review") if body["outcome"] in ("deny", "review") else ("duties",)
    return tuple(
        dict.fromkeys(
            finding["code"]
            for finding in body["findings"]
            if finding["raw"] != Tri.SATISFIED.value and finding["effect"] in decisive
        )
    )


def published(row: Decision, *, with_grants: bool) -> bytes:
    """The decision for outsiders (RFC 8785): each stored text as a JSON string beside its SHA-256.

    ``with_grants``: with the terms of the grants too, which name contracts; without, only their digest.

    The texts are strings, not nested objects: whoever decodes the string has exactly the bytes that
    were hashed, whatever JSON library they use.
    """
    said = Verdict.from_json(stored(row.body))
    return canonical(
        {
            "format": FORMAT,
            "how_to_check": (
                "Each 'text' is a JSON string. Decode it to UTF-8 bytes and take SHA-256: it is the 'sha256'"
                " beside it. 'body' names the digests of facts and grants; a provenance record names those of"
                " body and facts."
            ),
            "decision": str(row.opaque_id),
            "number": row.pk,
            "stage": row.stage,
            "outcome": row.outcome,
            "decided_at": timestamp(row.decided_at),
            "evaluator_version": row.evaluator_version,
            "rule_set_digest": row.rule_set_digest,
            "previous": str(row.previous.opaque_id) if row.previous else None,
            "facts": {"sha256": row.facts_sha256, "text": row.facts},
            "grants": {"sha256": said.grants_sha256} | ({"text": hashed_grants(row)} if with_grants else {}),
            "body": {"sha256": row.body_sha256, "text": row.body},
        }
    )


def explained(row: Decision) -> Explanation:
    """The explanation. Raises PlatformError ``decision.unreadable`` when the stored text has no such shape."""
    try:
        return explain(row)
    except (ShapeError, NotCanonical) as problem:
        raise PlatformError(
            f"The stored text of decision {row.pk} cannot be read: {problem.message}",
            how_to_fix="Compare its SHA-256 with the one on record and in the provenance record.",
            code="decision.unreadable",
            permanent=True,
        ) from problem


def decisions_of_job(job: int) -> tuple[Decision, ...]:
    """The decisions of a job, newest first, whoever its client is: for the command line."""
    rows = Decision.objects.filter(job_id=job).order_by("-pk")
    return tuple(rows.select_related(*_SHOWN))
