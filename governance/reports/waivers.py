"""Waivers: who may read them, how they stand at a given time, and which end soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from governance.access import User, visible_clients
from governance.models import Client, Cutout, Status, Waiver, WaiverUse
from governance.policy.phrases import count_of
from governance.policy.ruleset import STANDARD

# State → its words and the tone of its chip.
STATES = {
    "asked": ("Waits for approval", "review"),
    "active": ("In force", "permit"),
    "upcoming": ("Approved, not begun", "neutral"),
    "used_up": ("Used up", "duties"),
    "expired": ("Expired", "neutral"),
    "revoked": ("Revoked", "deny"),
    "declined": ("Declined", "deny"),
}
# How many days before its end a waiver is pointed out, and again, and again.
NOTICE_DAYS = (1, 7, 14, 30)
RECENT_USES = 10


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody did something, with what they said."""

    by: str
    at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """One waiver at a time. ``scope``: label and value, widest first. ``notice``: the days-before-end mark it has
    passed, None while its end is further off or it relaxes nothing."""

    pk: int
    ref: str
    rule_code: str
    rule_title: str
    reason: str
    safeguards: str
    client: str
    scope: tuple[tuple[str, str], ...]
    state: str
    state_words: str
    tone: str
    starts_at: datetime
    ends_at: datetime
    days_left: int
    notice: int | None
    uses: int
    max_uses: int | None
    asked: Act
    answer: Act | None
    approved: bool
    revocation: Act | None
    renews: str

    @property
    def used(self) -> str:
        """``3 of 10``, or ``3`` where nothing limits it."""
        return f"{self.uses} of {self.max_uses}" if self.max_uses is not None else str(self.uses)

    @property
    def ending(self) -> str:
        """``ends in 6 days``, for one that ends soon; empty for others."""
        if self.notice is None:
            return ""
        return f"ends in {count_of(self.days_left, 'day')}" if self.days_left else "ends within a day"


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """How many waivers in force end within so many days (and not within the next shorter mark); never none."""

    days: int
    count: int


@dataclass(frozen=True, slots=True)
class WaiverList:
    """The list, those that wait first; ``ending`` counts all that the reader may see, whatever was asked for."""

    lines: tuple[WaiverLine, ...]
    ending: tuple[NoticeLine, ...]


@dataclass(frozen=True, slots=True)
class UseLine:
    job: int
    picture: str
    used_at: datetime


@dataclass(frozen=True, slots=True)
class WaiverPage:
    """One waiver with its latest uses, what followed it, and the held jobs in its scope."""

    line: WaiverLine
    uses: tuple[UseLine, ...]
    renewals: tuple[str, ...]
    held_jobs: tuple[int, ...]


def visible_waivers(user: User) -> QuerySet[Waiver]:
    """Those about clients that ``user`` may see."""
    clients = visible_clients(user)
    scope = Q(client__in=clients) | Q(project__client__in=clients) | Q(target__project__client__in=clients)
    people = ("requested_by", "answer__answered_by", "revocation__revoked_by")
    places = ("client", "project__client", "target__project__client", "model", "renews")
    return Waiver.objects.filter(scope).select_related(*people, *places).annotate(used=Count("uses"))


def waiver_list(user: User, at: datetime, state: str = "", client: Client | None = None) -> WaiverList:
    """The visible waivers as they stand ``at``; those to answer first, then the nearest end."""
    lines = [_line(row, at) for row in visible_waivers(user)]
    wanted = [line for line in lines if state in ("", line.state) and (client is None or line.client == client.name)]
    order = list(STATES)
    wanted.sort(key=lambda line: (order.index(line.state), line.ends_at, line.pk))
    marks = (NoticeLine(days, sum(line.notice == days for line in lines)) for days in NOTICE_DAYS)
    return WaiverList(tuple(wanted), tuple(mark for mark in marks if mark.count))


def waiver_page(row: Waiver, at: datetime) -> WaiverPage:
    """One waiver, of ``visible_waivers``, as it stands ``at``."""
    uses = WaiverUse.objects.filter(waiver=row).select_related("cutout__asset").order_by("-pk")[:RECENT_USES]
    return WaiverPage(
        line=_line(row, at),
        uses=tuple(UseLine(use.cutout.job_id, use.cutout.asset.file_name, use.used_at) for use in uses),
        renewals=tuple(row.renewals.order_by("pk").values_list("ref", flat=True)),
        held_jobs=_held_jobs(row),
    )


def state_at(row: Waiver, at: datetime) -> str:
    """How a waiver stands ``at``: derived, never stored. ``row.used``: how often it was used. The evaluator judges
    the same facts by itself."""
    answer = getattr(row, "answer", None)
    revocation = getattr(row, "revocation", None)
    if answer is not None and not answer.approved:
        return "declined"
    if revocation is not None and revocation.revoked_at <= at:
        return "revoked"
    if row.ends_at <= at:
        return "expired"
    if answer is None:
        return "asked"
    if row.max_uses is not None and row.used >= row.max_uses:  # type: ignore[attr-defined]
        return "used_up"
    return "upcoming" if at < row.starts_at else "active"


def notice_of(state: str, ends_at: datetime, at: datetime) -> int | None:
    """The shortest mark of NOTICE_DAYS that the end lies within; None for one that relaxes nothing now."""
    if state != "active":
        return None
    return next((days for days in NOTICE_DAYS if ends_at - at <= timedelta(days=days)), None)


def waivable_rules() -> list[tuple[str, str]]:
    """Code and title of every rule that is ours to waive."""
    return [(rule.code, f"{rule.code} {rule.title}") for rule in STANDARD.rules if rule.waivable]


def _line(row: Waiver, at: datetime) -> WaiverLine:
    state = state_at(row, at)
    answer, revocation = getattr(row, "answer", None), getattr(row, "revocation", None)
    titles = {rule.code: rule.title for rule in STANDARD.rules}
    return WaiverLine(
        pk=row.pk,
        ref=row.ref,
        rule_code=row.rule_code,
        rule_title=titles.get(row.rule_code, "a rule that is no longer in force"),
        reason=row.reason,
        safeguards=row.safeguards,
        client=_scope(row)[0][1],
        scope=_scope(row),
        state=state,
        state_words=STATES[state][0],
        tone=STATES[state][1],
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        days_left=max(0, (row.ends_at - at).days),
        notice=notice_of(state, row.ends_at, at),
        uses=row.used,  # type: ignore[attr-defined]
        max_uses=row.max_uses,
        asked=Act(row.requested_by.get_username(), row.requested_at),
        answer=Act(answer.answered_by.get_username(), answer.answered_at, answer.note) if answer else None,
        approved=bool(answer and answer.approved),
        revocation=Act(revocation.revoked_by.get_username(), revocation.revoked_at, revocation.reason)
        if revocation
        else None,
        renews=row.renews.ref if row.renews else "",
    )


def _scope(row: Waiver) -> tuple[tuple[str, str], ...]:
    target = row.target
    project = target.project if target else row.project
    client = project.client if project else row.client
    pairs = [
        ("Client", client.name if client else ""),
        ("Project", project.name if project else ""),
        ("Target", target.name if target else ""),
        ("Model", row.model.title if row.model else ""),
        ("Weights", row.weights_sha256),
    ]
    return tuple((label, value) for label, value in pairs if value)


def _held_jobs(row: Waiver) -> tuple[int, ...]:
    """The newest held jobs in its scope: whom an approval might help. The evaluator says whom it does."""
    held = Cutout.objects.filter(status=Status.HELD)
    if row.target_id:
        held = held.filter(job__target=row.target_id)
    elif row.project_id:
        held = held.filter(job__target__project=row.project_id)
    else:
        held = held.filter(job__target__project__client=row.client_id)
    if row.model_id:
        held = held.filter(job__model=row.model_id)
    return tuple(held.order_by("-job_id").values_list("job_id", flat=True).distinct()[:RECENT_USES])
