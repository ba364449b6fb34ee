"""Whether a purchased right is in force, and what becomes of outputs when it ends: standing, survival, its agent.

Moments are compared as moments. Days are counted in the time zone the paper counts in.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from governance.licensing.time_zones import last_day, time_zone
from governance.policy.case import Case
from governance.policy.decision import Stop, Tri
from governance.policy.grants import Grant, Standing, Survival
from governance.policy.phrases import ago, day


def end_of(standing: Standing) -> datetime | None:
    """The earlier of the agreed and the actual end; None when there is neither."""
    ends = [moment for moment in (standing.ends_at, standing.ended_at) if moment is not None]
    return min(ends, default=None)


def in_zone(moment: datetime, standing: Standing) -> datetime:
    """The moment on the clock of the paper. Raises RequestError ``time_zone.unknown``."""
    return moment.astimezone(time_zone(standing.zone))


def standing_stops(grant: Grant, standing: Standing, case: Case) -> tuple[Stop, ...]:
    """Why the right is not in force for this work at this time, or not proven to be."""
    stops: list[Stop] = []
    if standing.evidence_count < 1:
        stops.append(Stop("ENT-006", "evidence", "a document", "none", Tri.UNSATISFIED))
    elif not standing.verified:
        stops.append(Stop("ENT-006", "evidence", "checked by a second person", "not checked yet", Tri.UNKNOWN))
    end = end_of(standing)
    if case.at < standing.starts_at:
        got = f"starts on {day(in_zone(standing.starts_at, standing))}"
        stops.append(Stop("ENT-001", "in force", "now", got, Tri.UNSATISFIED))
    elif end is not None and end <= case.at:
        stops.extend(_after_end(grant, standing, end, case))
    return tuple(stops)


def _after_end(grant: Grant, standing: Standing, end: datetime, case: Case) -> tuple[Stop, ...]:
    early = standing.ended_at is not None and standing.ended_at == end
    verb = "ended early" if early else "ended"
    reason = f" ({standing.ended_reason})" if early and standing.ended_reason else ""
    ended = f"{verb} on {day(in_zone(end, standing))}, {ago(end, case.at)}{reason}"
    if not case.releasing:
        return (Stop("ENT-001", "in force", "now", ended, Tri.UNSATISFIED),)
    return survival_stops(grant, standing, end, ended, case)


def survival_stops(grant: Grant, standing: Standing, end: datetime, ended: str, case: Case) -> tuple[Stop, ...]:
    """After the end only outputs made during the term, under this right, may outlive it, as far as the paper
    says."""
    output = case.facts.output
    if output is None or grant.ref not in output.made_under or not standing.starts_at <= output.made_at < end:
        got = f"{ended}; the output was not made under it during its term"
        return (Stop("ENT-001", "in force", "now, or when the output was made", got, Tri.UNSATISFIED),)
    if grant.survival is Survival.PERPETUAL:
        return ()
    if grant.survival is Survival.UNKNOWN:
        return (
            Stop(
                "ENT-007",
                "in force",
                "a term that says what becomes of outputs",
                f"{ended}; survival of outputs is not recorded",
                Tri.UNKNOWN,
            ),
        )
    last = _last_moment(grant, standing, end)
    if case.at < last:
        return ()
    got = f"the right to use them ended on {day(last)}"
    return (Stop("ENT-007", "in force", "a right to outputs that survives its end", got, Tri.UNSATISFIED),)


def placement_covered(grant: Grant, case: Case) -> Tri:
    """Whether outputs may stay where they go for as long as they stay there."""
    if grant.standing is None or grant.survival is Survival.PERPETUAL:
        return Tri.SATISFIED
    end = end_of(grant.standing)
    if end is None:
        return Tri.SATISFIED
    until = case.facts.target.valid_until
    if until is None:
        return Tri.UNKNOWN
    if until <= last_day_of_use(grant, grant.standing, end):
        return Tri.SATISFIED
    return Tri.UNKNOWN if grant.survival is Survival.UNKNOWN else Tri.UNSATISFIED


def last_day_of_use(grant: Grant, standing: Standing, end: datetime) -> date:
    """The last day on which outputs may be used, for a right that ends at ``end``."""
    return last_day(_last_moment(grant, standing, end), time_zone(standing.zone))


def _last_moment(grant: Grant, standing: Standing, end: datetime) -> datetime:
    days = grant.wind_down_days if grant.survival is Survival.WIND_DOWN else 0
    return in_zone(end, standing) + timedelta(days=days)


def silent_since(standing: Standing, case: Case) -> datetime | None:
    """Since when a demanded attribution agent has reported nothing, if longer than the organisation allows."""
    if standing.agent is None:
        return None
    heard = max(standing.agent.required_since, standing.agent.last_acknowledged_at or standing.agent.required_since)
    silent = case.at - heard > timedelta(days=case.facts.policy.agent_silent_days)
    return heard if silent else None
