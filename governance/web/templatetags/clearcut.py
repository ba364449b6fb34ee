"""How values are shown: digests, sizes, verdicts, states. Presentation only."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.http import QueryDict
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from governance.models import Decision, Status
from governance.reports.explanation_parts import asked_by
from governance.reports.record_subjects import kind_words

register = template.Library()
# Where a duty comes from, in words.
register.filter("asked_by", asked_by)
# What kind of entry of the log it is, in words.
register.filter("kind_words", kind_words)

_VERDICTS = {"permit": "Allowed", "duties": "Allowed", "review": "Needs review", "deny": "Not allowed"}
_STATE_LABELS = dict(Status.choices) | {"partly": "Partly made"}
# State → the tone of its chip; each tone has its own icon, so that colour never speaks alone.
_STATE_TONES = {
    Status.REFUSED: "deny",
    Status.HELD: "review",
    Status.QUEUED: "neutral",
    Status.RUNNING: "active",
    Status.SUCCEEDED: "permit",
    Status.FAILED: "deny",
    Status.CANCELLED: "neutral",
    "partly": "duties",
}
_REF = re.compile(r"\b(WVR|HLD|REV)-[0-9]{4,}\b")
_REF_PAGES = {"WVR": "waiver", "HLD": "hold", "REV": "review"}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@register.filter
def short_digest(value: str) -> str:
    """A digest shortened in the middle: both ends are what people compare."""
    return f"{value[:8]}…{value[-4:]}" if len(value) > 16 else value


@register.filter
def file_size(size: int) -> str:
    """Decimal units, three figures at most: ``1 byte``, ``41.2 MB``."""
    if size == 1:
        return "1 byte"
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    figure = f"{amount:.0f}" if unit == 0 or amount >= 99.95 else f"{amount:.1f}"
    return f"{figure} {_UNITS[unit]}"


@register.filter
def linked_refs(text: str) -> SafeString:
    """The text, escaped, with every ``WVR-0001``, ``HLD-0001`` and ``REV-0001`` leading to its page."""
    return mark_safe(_REF.sub(_link, conditional_escape(text)))  # noqa: S308  (escaped; a reference is plain letters)


def _link(found: re.Match[str]) -> str:
    return format_html('<a href="{}">{}</a>', reverse(_REF_PAGES[found[1]], args=[found[0]]), found[0])


@register.filter
def figure(value: int) -> str:
    """A whole number with its thousands apart: ``71,204``."""
    return f"{value:,}"


@register.filter
def at_stage(stage: str) -> str:
    """Which gate decided, in words: ``At submission``."""
    return str(Decision.Stage(stage).label)


@register.filter
def places(territories: list[str]) -> str:
    """Country codes in a row; everywhere in words."""
    return "Worldwide" if "WORLD" in territories else ", ".join(territories)


@register.filter
def verdict_label(outcome: str, duties: int | None = None) -> str:
    """Allowed · Allowed, n duties · Needs review · Not allowed."""
    label = _VERDICTS[str(outcome)]
    if outcome != "duties":
        return label
    if duties is None:
        return f"{label} with duties"
    return f"{label}, {duties} {'duty' if duties == 1 else 'duties'}"


@register.inclusion_tag("components/verdict.html")
def verdict(outcome: str, duties: int | None = None) -> dict[str, Any]:
    """The verdict as a chip: icon and words."""
    return {"tone": str(outcome), "label": verdict_label(outcome, duties)}


@register.inclusion_tag("components/verdict.html")
def state(key: str) -> dict[str, Any]:
    """The state of a job or cutout as a chip: icon and words."""
    icon = {"failed": "failed", "running": "running", "succeeded": "permit", "partly": "partly"}.get(str(key))
    return {"tone": _STATE_TONES[key], "label": _STATE_LABELS[key], "icon": icon}


@register.inclusion_tag("components/verdict.html")
def chip(tone: str, label: str) -> dict[str, Any]:
    """Any other short state: tone is permit, duties, review, deny, active or neutral."""
    return {"tone": tone, "label": label}


@register.simple_tag(takes_context=True)
def query_with(context: RequestContext, **changes: object) -> str:
    """This page's query string with some values set; an empty value takes the key away."""
    query: QueryDict = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def older_url(context: RequestContext, before: int | None) -> str:
    """The older page of a list paged by key; empty when there is none."""
    return "" if before is None else query_with(context, before=before)


@register.simple_tag(takes_context=True)
def newest_url(context: RequestContext) -> str:
    """Back to the newest page; empty when this is it."""
    return query_with(context, before="") if "before" in context["request"].GET else ""
