"""A purchased right as data, the same from everywhere: what it grants, and which field a refusal is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from governance.errors import RequestError
from governance.licensing.time_zones import day_start, end_of_day, time_zone
from governance.services.entitlement_terms import Grant
from governance.services.entry import EntryRefused, day_of, read

# Which field a refusal is about, by its code, where the code's own last word does not say.
_FIELDS = {
    "territory.none": "territories",
    "territory.unknown": "territories",
    "entitlement.dates": "valid_until",
    "entitlement.overlap": "valid_from",
    "entitlement.unknown": "ref",
    "entitlement.ended": "ref",
    "date.range": "valid_until",
    "entitlement.no_evidence": "evidence",
    "entitlement.no_hosting_mode": "hosting_modes",
    "hosting_mode.unknown": "hosting_modes",
    "target_kind.unknown": "target_kinds",
    "license.expression": "template",
    "license.unrecorded": "template",
    "template.unknown": "template",
    "weights.unknown": "weights_sha256s",
    "client.unknown": "clients",
    "project.unknown": "projects",
    "project.other_client": "projects",
    "quota.limit": "quotas",
    "quota.twice": "quotas",
    "quota_unit.unknown": "quotas",
    "quota_period.unknown": "quotas",
    "quota_overage.unknown": "quotas",
}
_NAMES = frozenset(field.name for field in fields(Grant))


def grant_of(data: object) -> Grant:
    """The right that ``data`` describes with the fields of ``Grant``. Days are meant in its ``time_zone``: the first
    from its beginning, the last to its end. Raises EntryRefused, or RequestError ``time_zone.unknown``."""
    if not isinstance(data, Mapping):
        return read(Grant, data)
    given = dict(data)
    first, last = day_of(given.get("valid_from")), day_of(given.get("valid_until"))
    if first is not None or last is not None:
        zone = time_zone(str(given.get("time_zone", "UTC")))
        given |= {"valid_from": day_start(first, zone)} if first is not None else {}
        given |= {"valid_until": end_of_day(last, zone)} if last is not None else {}
    return read(Grant, given)


def field_of(problem: RequestError) -> str:
    """The field of ``Grant`` (or ``ref``, ``evidence``) that a refusal is about; empty when it is about none."""
    if isinstance(problem, EntryRefused):
        return problem.field
    noun, _, last = problem.code.partition(".")
    return _FIELDS.get(problem.code) or next((name for name in (last, noun) if name in _NAMES), "")
