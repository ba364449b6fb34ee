"""Duties at a time: what is owed, what is overdue, when an attribution agent last answered. Derived, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from governance.licensing.terms import DutyKind
from governance.models import AgentAcknowledgement, Duty, DutyAct, Entitlement, EntitlementEnd

# Due when a right ends, and not while a later version of it carries it on.
ON_EXPIRY = (DutyKind.DELETE_WEIGHTS_ON_EXPIRY, DutyKind.DELETE_OUTPUTS_ON_EXPIRY, DutyKind.KEEP_RECORDS)


class DutyState(StrEnum):
    """How a duty stands at a time."""

    OPEN = "open"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    FULFILLED = "fulfilled"
    NOT_APPLICABLE = "not_applicable"


SETTLED = (DutyState.FULFILLED, DutyState.NOT_APPLICABLE)
_SAID = (DutyAct.State.FULFILLED, DutyAct.State.NOT_APPLICABLE, DutyAct.State.ESCALATED)


def duties_at(rows: QuerySet[Duty], at: datetime) -> QuerySet[Duty]:
    """``rows`` with how each stands ``at`` (no further query).

    ``stands`` is a DutyState; ``late`` whether its time has passed and nothing settled it; ``due_now`` when it is due,
    an early end of its right taken into account; ``carried_on`` whether a version of the right is in force, so that
    nothing has to be deleted yet.
    """
    acts = DutyAct.objects.filter(duty=OuterRef("pk"), acted_at__lte=at).order_by("-pk")
    found = rows.annotate(
        acted=Coalesce(Subquery(acts.values("state")[:1]), Value(""), output_field=CharField()),
        due_now=Case(When(kind__in=ON_EXPIRY, then=Least("due_at", _early_end())), default=F("due_at")),
        carried_on=Q(kind__in=ON_EXPIRY) & Exists(_in_force(at)),
    )
    passed = Q(due_now__lte=at, carried_on=False)
    return found.annotate(
        late=Q(passed) & ~Q(acted__in=SETTLED),
        stands=Case(
            When(acted__in=_SAID, then=F("acted")),
            When(passed, then=Value(DutyState.OVERDUE.value)),
            default=Value(DutyState.OPEN.value),
            output_field=CharField(),
        ),
    )


def _early_end() -> Case:
    """When the right really ended before its day; outputs have the days to wind down that the paper leaves."""
    ends = EntitlementEnd.objects.filter(
        Q(version=None) | Q(version=OuterRef("entitlement__version")), ref=OuterRef("entitlement__ref")
    )
    ended = Subquery(ends.order_by("ended_at").values("ended_at")[:1], output_field=DateTimeField())
    days = ExpressionWrapper(F("entitlement__wind_down_days") * Value(timedelta(days=1)), output_field=DurationField())
    wound_down = ExpressionWrapper(ended + days, output_field=DateTimeField())
    return Case(When(kind=DutyKind.DELETE_OUTPUTS_ON_EXPIRY, then=wound_down), default=ended)


def _in_force(at: datetime) -> QuerySet[Entitlement]:
    """The versions of a duty's right that are verified and in force."""
    ended = EntitlementEnd.objects.filter(
        Q(version=None) | Q(version=OuterRef("version")), ref=OuterRef("ref"), ended_at__lte=at
    )
    running = Entitlement.objects.filter(
        ref=OuterRef("entitlement__ref"),
        verification__verified_at__lte=at,
        valid_from__lte=at,
        valid_until__gt=at,
    )
    return running.exclude(Exists(ended))


def overdue_duties(refs: Iterable[str], at: datetime) -> Mapping[str, tuple[str, ...]]:
    """What should have been done for each entitlement by ``at`` and was not, by reference (one query, or none)."""
    wanted = list(refs)
    if not wanted:
        return {}
    owed = duties_at(Duty.objects.filter(entitlement__ref__in=wanted), at).filter(late=True)
    found: dict[str, list[str]] = {}
    for ref, text in owed.order_by("due_now", "pk").values_list("entitlement__ref", "text"):
        found.setdefault(ref, []).append(text)
    return {ref: tuple(texts) for ref, texts in found.items()}


def agents(refs: Iterable[str], at: datetime) -> Mapping[str, datetime | None]:
    """When the attribution agent of each entitlement last answered; None: never (one query, or none)."""
    wanted = list(refs)
    if not wanted:
        return {}
    heard = AgentAcknowledgement.objects.filter(entitlement_ref__in=wanted, acknowledged_at__lte=at)
    latest = dict(heard.values_list("entitlement_ref").annotate(Max("acknowledged_at")))
    return {ref: latest.get(ref) for ref in wanted}
