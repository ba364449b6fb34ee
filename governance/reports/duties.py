"""Duties for people: what is mine to do, what is late, and how the reporting of a purchased right stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet

from governance.access import User, may, may_about, may_everywhere, visible_clients
from governance.licensing.periods import PeriodKind
from governance.licensing.terms import DutyKind
from governance.models import Duty, DutyAct
from governance.reports.agents import AgentLine, agent_of
from governance.reports.explanation_parts import asked_by
from governance.rights.duties import SETTLED, DutyState, duties_at

PAGE = 100
SOON = timedelta(days=30)
CHOICES = (
    ("mine", "Mine"),
    ("overdue", "Overdue"),
    ("soon", "Due within 30 days"),
    ("open", "All that is open"),
    ("done", "Done"),
)
KINDS: Mapping[str, str] = {
    DutyKind.ATTRIBUTE: "Attribution",
    DutyKind.INCLUDE_NOTICE: "Notice and licence text",
    DutyKind.SHARE_ALIKE: "Share alike",
    DutyKind.REPORT_USAGE: "Usage report",
    DutyKind.PAY: "Payment",
    DutyKind.DISCLOSE_AI: "Say that a machine made it",
    DutyKind.DELETE_WEIGHTS_ON_EXPIRY: "Weights at the end",
    DutyKind.DELETE_OUTPUTS_ON_EXPIRY: "Outputs at the end",
    DutyKind.KEEP_RECORDS: "Records",
    DutyKind.ALLOW_AUDIT: "Audit by the licensor",
    DutyKind.PASS_THROUGH_TERMS: "Terms to pass on",
    DutyKind.OBTAIN_CONSENT: "Consent",
}
# What a written notice fulfils.
NOTICED = (DutyKind.ATTRIBUTE, DutyKind.INCLUDE_NOTICE)
_RELATED = ("entitlement", "client", "release__target", "release__output__cutout__asset", "release__decision__model")
# In words, and the tone of the chip.
STATES: Mapping[DutyState, tuple[str, str]] = {
    DutyState.OPEN: ("Open", "duties"),
    DutyState.OVERDUE: ("Overdue", "deny"),
    DutyState.ESCALATED: ("Escalated", "review"),
    DutyState.FULFILLED: ("Done", "permit"),
    DutyState.NOT_APPLICABLE: ("Does not apply", "neutral"),
}


@dataclass(frozen=True, slots=True)
class DutyFilter:
    """What the list is narrowed to; empty means all."""

    which: str = "mine"
    client: int | None = None
    entitlement: str = ""


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty at a time. ``due_at`` is None where it is never late, or not while its right is ``carried_on``.

    ``asked_by``: what it comes from, in words; ``entitlement`` its reference when that was bought. ``output``,
    ``release`` and ``target``: the released file it is about, if it is about one.
    """

    pk: int
    kind: str
    kind_words: str
    text: str
    clause: str
    asked_by: str
    entitlement: str
    period: str
    output: int | None
    release: int | None
    file_name: str
    target: str
    client: str
    state: str
    state_words: str
    tone: str
    late: bool
    carried_on: bool
    due_at: datetime | None
    days_left: int | None
    opened_at: datetime

    @property
    def late_days(self) -> int:
        """For how many whole days it has been overdue."""
        return max(-(self.days_left or 0) - 1, 0)


@dataclass(frozen=True, slots=True)
class DutyList:
    """At most PAGE duties, the most urgent first (done: the newest); ``total`` is how many fit."""

    lines: tuple[DutyLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ActLine:
    state_words: str
    note: str
    evidence: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EntitlementDuties:
    """What a purchased right asks for, for its page. ``agent`` is None where it demands none."""

    ref: str
    lines: tuple[DutyLine, ...]
    open: int
    agent: AgentLine | None


def visible_duties(user: User) -> QuerySet[Duty]:
    """Those of the clients ``user`` may see; those of a right as a whole for whoever oversees rights."""
    seen = Q(client__in=visible_clients(user))
    if may(user, "rights.read"):
        seen |= Q(client=None)
    return Duty.objects.filter(seen).select_related(*_RELATED)


def duty_list(user: User, at: datetime, wanted: DutyFilter) -> DutyList:
    """The duties of one choice. The number of queries does not depend on how many there are."""
    rows = duties_at(visible_duties(user), at)
    if wanted.client is not None:
        rows = rows.filter(client=wanted.client)
    if wanted.entitlement:
        rows = rows.filter(entitlement__ref=wanted.entitlement)
    if wanted.which == "done":
        found = rows.filter(stands__in=SETTLED).order_by("-pk")
    else:
        waiting = rows.exclude(stands__in=SETTLED)
        found = _chosen(waiting, user, at, wanted.which).order_by(F("due_now").asc(nulls_last=True), "pk")
    return DutyList(tuple(_line(row, at) for row in found[:PAGE]), found.count())


def _chosen(waiting: QuerySet[Duty], user: User, at: datetime, which: str) -> QuerySet[Duty]:
    if which == "overdue":
        return waiting.filter(late=True)
    if which == "soon":
        return waiting.filter(due_now__lte=at + SOON, carried_on=False)
    if which == "open":
        return waiting
    mine = Q(release__released_by=user.pk)
    if may_everywhere(user, "duty.oversee"):
        mine |= Q(client=None)
    return waiting.filter(mine, due_at__isnull=False)


def duty_line(row: Duty, at: datetime) -> DutyLine:
    """One of ``visible_duties`` at a time."""
    return _line(duties_at(Duty.objects.filter(pk=row.pk).select_related(*_RELATED), at).get(), at)


def acts_of(row: Duty) -> tuple[ActLine, ...]:
    """What was done about it, newest first."""
    acts = row.acts.select_related("acted_by").order_by("-pk")
    return tuple(
        ActLine(
            state_words=each.get_state_display(),
            note=each.note,
            evidence=tuple(each.evidence_sha256s),
            by=each.acted_by.get_username(),
            at=each.acted_at,
        )
        for each in acts
    )


def is_evidence(row: Duty, sha256: str) -> bool:
    """Whether this digest is a proof on record for the duty."""
    return DutyAct.objects.filter(duty=row, evidence_sha256s__contains=[sha256]).exists()


def may_act(user: User, row: Duty) -> bool:
    """Whether ``user`` may say anything of the duty but that it does not apply."""
    return may_about(user, "duty.act" if row.client_id else "duty.oversee", row.client_id)


def duties_of_entitlement(user: User, ref: str, at: datetime) -> EntitlementDuties:
    """The duties of a right that the caller may see, those that wait first, and its agent's last sign."""
    rows = duties_at(visible_duties(user).filter(entitlement__ref=ref), at)
    waiting = rows.exclude(stands__in=SETTLED)
    newest = waiting.order_by(F("due_now").asc(nulls_last=True), "pk")
    return EntitlementDuties(ref, tuple(_line(row, at) for row in newest[:8]), waiting.count(), agent_of(ref, at))


def _line(row: Duty, at: datetime) -> DutyLine:
    state = DutyState(row.stands)  # type: ignore[attr-defined]
    words, tone = STATES[state]
    release = row.release
    due = None if row.carried_on else row.due_now  # type: ignore[attr-defined]
    return DutyLine(
        pk=row.pk,
        kind=row.kind,
        kind_words=KINDS[row.kind],
        text=row.text,
        clause=row.clause,
        asked_by=str(row.entitlement) if row.entitlement else asked_by(row.source),
        entitlement=row.entitlement.ref if row.entitlement else "",
        period=_period(row),
        output=release.output_id if release else None,
        release=release.pk if release else None,
        file_name=release.output.cutout.asset.file_name if release else "",
        target=release.target.name if release else "",
        client=row.client.name if row.client else "",
        state=state.value,
        state_words=words,
        tone=tone,
        late=row.late,  # type: ignore[attr-defined]
        carried_on=row.carried_on and state not in SETTLED,  # type: ignore[attr-defined]
        due_at=due,
        days_left=(due - at).days if due is not None and state not in SETTLED else None,
        opened_at=row.opened_at,
    )


def _period(row: Duty) -> str:
    """The period a duty is about, in words: "October 2026", "the year from 2026-03-01", "the whole term"."""
    if row.release is not None or row.period_key.startswith("v"):
        return ""
    if row.period_key == PeriodKind.TERM:
        return "the whole term"
    if row.period_key.startswith("from "):
        return f"the year {row.period_key}"
    return f"{date.fromisoformat(f'{row.period_key}-01'):%B %Y}"
