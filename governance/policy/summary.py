"""A decision in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from governance.policy.decision import Finding, Outcome
from governance.policy.entitled import names_model
from governance.policy.entitled_term import end_of, in_zone
from governance.policy.grants import Standing
from governance.policy.phrases import day
from governance.policy.rule import Weighing


def summary(outcome: Outcome, findings: Sequence[Finding], weighing: Weighing) -> str:
    """Why it is not allowed, or which right carries it and for how long. ``findings``: worst first."""
    if not outcome.allows:
        reasons = [entry for entry in findings if entry.effect is outcome]
        # A right bought for another model stops here too, but that is not why this work may not run.
        others = _for_other_models(weighing)
        reasons.sort(key=lambda entry: entry.code.startswith("ENT-") and entry.subject in others)
        return next((entry.message for entry in reasons), "No grant permits this.")
    texts = []
    for verdict in weighing.verdicts:
        if verdict.relied is None:
            continue
        grant = verdict.relied.grant
        title = verdict.artefact.title
        if grant.standing is None:
            texts.append(f"{grant.title} permits this use of {title}.")
        else:
            texts.append(f"{grant.ref} {_covers(grant.standing, title, weighing.case.at)}.")
    return " ".join(dict.fromkeys(texts))


def _covers(standing: Standing, title: str, at: datetime) -> str:
    end = end_of(standing)
    if end is not None and end <= at:
        return f"ended on {day(in_zone(end, standing))}; what was made with {title} during its term may still be used"
    return f"covers this use of {title}{_until(standing)}"


def _until(standing: Standing) -> str:
    """An end is exclusive: a right that ends at midnight covers the day before to its last moment."""
    if standing.ends_at is None:
        return ""
    end = in_zone(standing.ends_at, standing)
    if end.time() == time.min:
        return f" to the end of {day(end - timedelta(days=1))}"
    return f" until {day(end)}, {end:%H:%M} {end.tzname()}"


def _for_other_models(weighing: Weighing) -> frozenset[str]:
    route = weighing.case.facts.route
    scopes = [(grant.ref, grant.scope) for grant in weighing.grants if grant.scope is not None]
    return frozenset(ref for ref, scope in scopes if not names_model(scope, route))
