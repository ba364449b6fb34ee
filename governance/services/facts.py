"""Corrected facts of projects and targets: the change and its row in one act, as the database demands.

A determination rests on a digest of the facts, so one that was signed before lapses by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from governance.access import User, require
from governance.errors import RequestError
from governance.licensing.territories import territories
from governance.models import (
    DeploymentTarget,
    FactChange,
    HostingMode,
    OutputDistribution,
    Project,
    Ternary,
    WeightsDistribution,
)
from governance.services.entries import record_event
from governance.services.reasons import check_reason
from governance.services.words import check_words

LONGEST_CHANNEL = 60


def restate_project(
    actor: User, project: Project, *, billable: str | None = None, for_profit: str | None = None, reason: str
) -> tuple[FactChange, ...]:
    """Correct what was said of a project; None leaves a fact as it is. Concerns every target of it.

    Raises NotAllowed, or RequestError ``<fact>.unknown``, ``fact.reason`` or ``fact.unchanged``.
    """
    require(actor, "fact.restate", project.client_id)
    given = {"billable": billable, "for_profit": for_profit}
    stated = {field: value for field, value in given.items() if value is not None}
    for field, value in stated.items():
        check_words(field, [value], Ternary.values)
    return _restate(actor, project, stated, reason)


def restate_target(
    actor: User, target: DeploymentTarget, changes: Mapping[str, Any], reason: str
) -> tuple[FactChange, ...]:
    """Correct facts of a target, by name: those of ``TARGET_FACTS``. Name and kind make another target.

    Raises NotAllowed, or RequestError ``fact.fixed``, ``<fact>.unknown``, ``territory.…``, ``channel.long``,
    ``valid_until.unusable``, ``fact.reason`` or ``fact.unchanged``.
    """
    require(actor, "fact.restate", target.project.client_id)
    fixed = sorted(set(changes) - set(TARGET_FACTS))
    if fixed:
        raise RequestError(
            f"{fixed[0]} of a target does not change; what can be restated: {', '.join(TARGET_FACTS)}.",
            how_to_fix="Add another target.",
            code="fact.fixed",
        )
    return _restate(actor, target, {field: TARGET_FACTS[field](value) for field, value in changes.items()}, reason)


def _restate(
    actor: User, subject: Project | DeploymentTarget, stated: Mapping[str, Any], reason: str
) -> tuple[FactChange, ...]:
    reason = check_reason("fact.reason", "A corrected fact", reason)
    with transaction.atomic():
        # Of two people who correct it at once, the second sees what the first wrote.
        row = type(subject).objects.select_for_update().get(pk=subject.pk)
        changed = {field: value for field, value in stated.items() if getattr(row, field) != value}
        if not changed:
            raise RequestError("Nothing changes: these are the facts on record.", code="fact.unchanged")
        named = {"project": row} if isinstance(row, Project) else {"target": row}
        changes = tuple(
            FactChange.objects.create(
                **named,
                field=field,
                before=_plain(getattr(row, field)),
                after=_plain(value),
                reason=reason,
                changed_by_id=actor.pk,
            )
            for field, value in changed.items()
        )
        type(subject).objects.filter(pk=row.pk).update(**changed)
        client_id = (subject if isinstance(subject, Project) else subject.project).client_id
        of = {"of": "project" if isinstance(subject, Project) else "target", "facts": len(changes)}
        record_event("determination", "restated", *changes, client_id=client_id, details=of)
    for field, value in changed.items():
        setattr(subject, field, value)
    return changes


def _plain(value: Any) -> Any:
    """As PostgreSQL's ``to_jsonb`` has the column."""
    return value.isoformat() if isinstance(value, date) else value


def _one_of(field: str, known: list[str]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        check_words(field, [value], known)
        return str(value)

    return check


def _channel(value: Any) -> str:
    text = str(value).strip()
    if len(text) > LONGEST_CHANNEL:
        raise RequestError(
            f"The channel has {len(text)} characters; expected at most {LONGEST_CHANNEL}.",
            how_to_fix="Shorten it.",
            code="channel.long",
        )
    return text


def _territories(value: Any) -> list[str]:
    return list(territories(value))


def _last_day(value: Any) -> date | None:
    if value is None or type(value) is date:
        return value
    raise RequestError(
        f"Got {value!r} as the last day; expected a date or nothing.",
        how_to_fix="Give the day the pictures are last in use.",
        code="valid_until.unusable",
    )


TARGET_FACTS: Mapping[str, Callable[[Any], Any]] = {
    "channel": _channel,
    "monetised": _one_of("monetised", Ternary.values),
    "territories": _territories,
    "hosting_mode": _one_of("hosting_mode", HostingMode.values),
    "output_distribution": _one_of("output_distribution", OutputDistribution.values),
    "weights_distribution": _one_of("weights_distribution", WeightsDistribution.values),
    "valid_until": _last_day,
}
