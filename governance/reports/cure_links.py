"""The steps that would unblock work, each with the page where this reader can take it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from governance.access import User, may
from governance.models import Decision
from governance.policy.decision import Cure, CureKind
from governance.policy.decision import Decision as Verdict
from governance.rights.facts import made_under_verdict

_ENTITLEMENT = re.compile(r"\bENT-[0-9]{4,}\b")
_HOLD = re.compile(r"\bHLD-[0-9]{4,}\b")
_PICTURE = re.compile(r"\bAST-([0-9]+)\b")


@dataclass(frozen=True, slots=True)
class CureLink:
    """One step, what follows from it, and its page ('' where the reader has none for it)."""

    title: str
    consequence: str
    url: str


@dataclass(frozen=True, slots=True)
class Steps:
    """What would unblock the work. ``waivers``: rules that a waiver would relax and that no cure names already."""

    cures: tuple[CureLink, ...]
    waivers: tuple[CureLink, ...]


def steps_of(user: User, row: Decision) -> Steps:
    """The steps a stored decision offers this reader, in its order. Reads ``target.project``."""
    verdict = made_under_verdict(row)
    cures = tuple(CureLink(cure.title, cure.consequence, _url(user, row, verdict, cure)) for cure in verdict.cures)
    return Steps(cures, _waivers(user, row, verdict))


def steps_of_decision(user: User, pk: int) -> Steps:
    """The same for the decision with this key, which the caller may show."""
    return steps_of(user, Decision.objects.select_related("target__project").get(pk=pk))


def _waivers(user: User, row: Decision, verdict: Verdict) -> tuple[CureLink, ...]:
    """A form for each rule in the way, where every one of them is ours to waive and the reader may ask."""
    if not verdict.waiver_can_help or not may(user, "waiver.request", row.target.project.client_id):
        return ()
    obstacles = {finding.code: finding.title for finding in verdict.findings if not finding.effect.allows}
    named = {_rule_of(verdict, cure) for cure in verdict.cures if cure.kind is CureKind.REQUEST_WAIVER}
    return tuple(
        CureLink(f"Ask for a waiver of {code}", title, _waiver_form(row, code))
        for code, title in sorted(obstacles.items())
        if code not in named
    )


def _rule_of(verdict: Verdict, cure: Cure) -> str:
    return next((finding.code for finding in verdict.findings if cure in finding.cures), "")


def _url(user: User, row: Decision, verdict: Verdict, cure: Cure) -> str:
    client, target = row.target.project.client_id, reverse("target", args=[row.target_id])
    code = _rule_of(verdict, cure)
    if cure.kind is CureKind.FIX_ENTITLEMENT:
        return _named(_ENTITLEMENT, cure.title, "entitlement")
    if cure.kind is CureKind.BUY_LICENSE:
        return reverse("entitlement-new") if may(user, "entitlement.enter") else ""
    if cure.kind in (CureKind.OTHER_ROUTE, CureKind.OTHER_MODEL):
        asks = may(user, "job.request", client)
        return f"{reverse('job-new')}?{urlencode({'target': row.target_id})}" if asks else ""
    if cure.kind is CureKind.CHANGE_TARGET:
        return target
    if cure.kind is CureKind.RECORD_FACT:
        if code.startswith(("LIN-", "LIC-")):
            return reverse("model", args=[row.model_id])
        if picture := _PICTURE.search(cure.title):
            return reverse("picture", args=[int(picture[1])])
        signs = code.startswith("USE-") and may(user, "use.determine", client)
        return reverse("determination-new", args=[row.target_id]) if signs else target
    if cure.kind is CureKind.REQUEST_WAIVER:
        return _waiver_form(row, code) if code and may(user, "waiver.request", client) else ""
    return _named(_HOLD, cure.title, "hold")


def _named(reference: re.Pattern[str], title: str, page: str) -> str:
    found = reference.search(title)
    return reverse(page, args=[found[0]]) if found else ""


def _waiver_form(row: Decision, code: str) -> str:
    asked = {"rule": code, "target": row.target_id, "model": row.model_id, "decision": row.pk}
    return f"{reverse('waiver-new')}?{urlencode(asked)}"
