"""What waits for one person: alarms to look into, waivers to answer, review cases to decide, holds to lift or to look
at again, and what another person recorded that counts only once a second one stands behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from governance.access import User, may, visible_clients
from governance.models import DeclarationResolution, InputPermission, LicenseEncoding
from governance.reports.holds import HoldLine, hold_list
from governance.reports.ledger import open_alarms
from governance.reports.policies import policy_list
from governance.reports.reviews import review_list
from governance.reports.waivers import waiver_list

SHOWN = 8
_SECOND = "Second person to approve"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: its page, what it is, what is asked (with the tone of its chip), since when."""

    ref: str
    url: str
    about: str
    asked: str
    tone: str
    concerns: str
    since: datetime


def waiting_for(user: User, at: datetime) -> tuple[Waiting, ...]:
    """At most SHOWN, alarms before everything, then the oldest; only what ``user`` may act on."""
    found = [*_waivers(user, at), *_reviews(user, at), *_holds(user, at), *_drafts(user, at), *_recorded(user)]
    return (*_alarms(user), *sorted(found, key=lambda item: item.since))[:SHOWN]


def _alarms(user: User) -> Iterable[Waiting]:
    if not may(user, "alarm.acknowledge"):
        return
    url = f"{reverse('ledger')}#alarms"
    for line in open_alarms(user):
        yield Waiting(f"Alarm {line.pk}", url, line.message, "Say what it was", "deny", line.kind, line.raised_at)


def _waivers(user: User, at: datetime) -> Iterable[Waiting]:
    if not may(user, "waiver.answer"):
        return
    for line in waiver_list(user, at, state="asked").lines:
        if line.asked.by != user.get_username():
            url, about = reverse("waiver", args=[line.ref]), f"Waiver of {line.rule_code} {line.rule_title}"
            yield Waiting(line.ref, url, about, _SECOND, "review", line.client, line.asked.at)


def _reviews(user: User, at: datetime) -> Iterable[Waiting]:
    if not may(user, "review.decide"):
        return
    for line in review_list(user, at.date()).lines:
        if line.assignee in ("", user.get_username()):
            asked, tone = ("Overdue", "deny") if line.overdue else ("Your decision", "review")
            url, concerns = reverse("review", args=[line.ref]), f"{line.client}, {line.target}"
            yield Waiting(line.ref, url, line.summary, asked, tone, concerns, line.opened_at)


def _holds(user: User, at: datetime) -> Iterable[Waiting]:
    if not may(user, "hold.lift"):
        return
    for line in hold_list(user, at):
        asked = _asked_of(line, user)
        if asked:
            url, about = reverse("hold", args=[line.ref]), f"Hold: {line.reason}"
            yield Waiting(line.ref, url, about, asked, "review", line.subject.title, line.placed_at)


def _drafts(user: User, at: datetime) -> Iterable[Waiting]:
    """Policy revisions and licence readings that another person drafted."""
    if may(user, "policy.approve"):
        for line in policy_list(at):
            if line.state == "draft" and line.drafted_at and line.drafted_by != user.get_username():
                ref, url = f"Policy revision {line.revision}", reverse("policy", args=[line.revision])
                yield Waiting(ref, url, line.note, _SECOND, "review", "All work", line.drafted_at)
    if may(user, "encoding.approve"):
        rows = LicenseEncoding.objects.filter(drafted_by__isnull=False, approval=None, retirement=None)
        for row in rows.exclude(drafted_by=user.pk).select_related("license"):
            ref, url = f"Reading, revision {row.revision}", reverse("license-reading", args=[row.license_id, row.pk])
            yield Waiting(ref, url, row.rationale, _SECOND, "review", row.license.name, row.drafted_at)


def _recorded(user: User) -> Iterable[Waiting]:
    """What another person recorded of an owner's permission, and of which licence holds."""
    if may(user, "permission.verify"):
        permissions = InputPermission.objects.filter(verification=None, asset__client__in=visible_clients(user))
        for row in permissions.exclude(recorded_by=user.pk).select_related("asset__client"):
            url = reverse("picture", args=[row.asset_id])
            about, concerns = f"{row.granted_by}: {row.statement}", f"{row.asset.client}, {row.asset}"
            yield Waiting(f"PRM-{row.pk}", url, about, "Second person to verify", "review", concerns, row.recorded_at)
    if may(user, "resolution.approve"):
        newest = DeclarationResolution.objects.order_by("model_id", "subject", "-pk").distinct("model_id", "subject")
        waiting = DeclarationResolution.objects.filter(pk__in=newest.values("pk"), approval=None)
        for each in waiting.exclude(recorded_by=user.pk).select_related("model"):
            ref, url = "Which licence holds", reverse("model", args=[each.model_id])
            yield Waiting(ref, url, each.reason, _SECOND, "review", each.model.title, each.recorded_at)


def _asked_of(line: HoldLine, user: User) -> str:
    lifted_by = [lift.by for lift in line.lifts]
    if not line.in_force or user.get_username() in lifted_by:
        return ""
    if lifted_by:
        return "Second person to lift"
    return "To be looked at again" if line.overdue else ""
