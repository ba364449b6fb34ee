"""What is different between two decisions on the same work: for the gate that asks again, and for whoever
wonders why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from governance.licensing.jsonshape import to_plain
from governance.policy.decision import Change, Decision, Finding, GrantReport, Tri
from governance.policy.facts_picture import InputFacts


def difference(
    previous: Decision,
    current: Decision,
    facts_before: Mapping[str, Any] | None = None,
    facts_after: Mapping[str, Any] | None = None,
) -> tuple[Change, ...]:
    """Changes of outcome, grants, findings and, when both facts are given as JSON, of facts. Sorted; empty
    when equal.

    Stage and clock are expected to differ and are not reported.
    """
    changes = [*_outcome(previous, current), *_grants(previous, current), *_findings(previous, current)]
    if facts_before is not None and facts_after is not None:
        changes += [change for change in _facts(facts_before, facts_after, "") if change.subject != "stage"]
    return tuple(changes)


def changed_inputs(before: Iterable[InputFacts], after: Iterable[InputFacts]) -> tuple[str, ...]:
    """What is known otherwise of pictures that appear in both, in words, for ``OutputFacts.changed_inputs``.

    Permissions are left out: a new one takes nothing away, and one that is gone shows in what it answered.
    """
    old = {picture.ref: _about(picture) for picture in before}
    return tuple(
        change.message
        for picture in after
        if picture.ref in old
        for change in _facts(old[picture.ref], _about(picture), picture.ref)
    )


def _about(picture: InputFacts) -> dict[str, Any]:
    return {"signals": to_plain(picture.signals), "licensed_until": to_plain(picture.licensed_until)}


def _outcome(previous: Decision, current: Decision) -> list[Change]:
    if previous.outcome is current.outcome:
        return []
    before, after = previous.outcome.value, current.outcome.value
    message = f"The verdict at {previous.stage.value} was {before}; at {current.stage.value} it is {after}."
    return [Change("outcome", "outcome", before, after, message)]


def _grants(previous: Decision, current: Decision) -> list[Change]:
    old = {(report.grant, report.artefact): report for report in previous.grants}
    new = {(report.grant, report.artefact): report for report in current.grants}
    changes = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if _state(before) != _state(after):
            changes.append(Change("grant", key[0], _state(before), _state(after), _grant_text(key[0], before, after)))
    return changes


def _state(report: GrantReport | None) -> str:
    return "not considered" if report is None else report.where_it_stops or report.result.value


def _grant_text(ref: str, before: GrantReport | None, after: GrantReport | None) -> str:
    if after is None:
        return f"{ref} was considered at {_state(before)!r} and is no longer among the grants."
    if before is None:
        return f"{ref} was not among the grants before."
    if after.result is Tri.SATISFIED:
        return f"{ref} permits this now. Before: {before.where_it_stops}"
    earlier = "permitted this" if before.result is Tri.SATISFIED else "stopped elsewhere"
    return f"{ref} {earlier} before. Now: {after.where_it_stops}"


def _findings(previous: Decision, current: Decision) -> list[Change]:
    old = {(entry.code, entry.subject): entry for entry in previous.findings}
    new = {(entry.code, entry.subject): entry for entry in current.findings}
    changes = []
    for key in sorted(old.keys() | new.keys()):
        before, after = _result(old.get(key)), _result(new.get(key))
        if before == after or {before, after} == {"absent", Tri.SATISFIED.value}:
            continue
        entry = new.get(key) or old[key]
        message = f"{entry.code} {entry.title}: {before} before, {after} now. {entry.message}"
        changes.append(Change("finding", f"{key[0]} {key[1]}".strip(), before, after, message))
    return changes


def _result(finding: Finding | None) -> str:
    return "absent" if finding is None else finding.effective.value


def _facts(before: Any, after: Any, path: str) -> list[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        changes = []
        for key in sorted(before.keys() | after.keys()):
            here = f"{path}.{key}" if path else str(key)
            changes += _facts(before.get(key), after.get(key), here)
        return changes
    if before == after:
        return []
    return [Change("fact", path, _text(before), _text(after), f"{path}: {_text(before)} before, {_text(after)} now.")]


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return " ".join(_text(item) for item in value.values() if item not in ("", None))
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value) or "nothing"
    return str(value)
