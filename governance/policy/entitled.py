"""What a purchased right covers, and whether it is in force: scope, standing, quota, survival of outputs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from governance.licensing.catalogue_words import HostingMode
from governance.licensing.terms import Constraint, LeftOperand, Operator
from governance.policy.case import Case
from governance.policy.conditions import check, fact_value
from governance.policy.decision import Stop, Tri
from governance.policy.facts import RouteFacts
from governance.policy.grants import Grant, ModelScope, Overage, Quota, Scope, Standing, Survival
from governance.policy.phrases import ago, count_of, day, words

HOSTED = (HostingMode.VENDOR_API, HostingMode.RESELLER_API)


def scope_stops(scope: Scope, case: Case) -> tuple[Stop, ...]:
    """Every side of the scope that the work lies outside of, or may lie outside of."""
    stops = [_model_stop(scope, case.facts.route)]
    for constraint in _scope_constraints(scope, case):
        found = fact_value(constraint.left_operand, case.facts, case.use, case.at)
        result = check(constraint, found)
        if result is not Tri.SATISFIED:
            required = words(constraint.right_operand)
            stops.append(Stop("ENT-002", constraint.left_operand.value, required, words(found), result))
    return tuple(stop for stop in stops if stop is not None)


def _scope_constraints(scope: Scope, case: Case) -> Iterable[Constraint]:
    sides: list[tuple[LeftOperand, Operator, tuple[str, ...] | None]] = [
        (LeftOperand.HOSTING_MODE, Operator.IS_ANY_OF, scope.hosting_modes),
        (LeftOperand.TARGET_KIND, Operator.IS_ANY_OF, scope.target_kinds),
        (LeftOperand.CHANNEL, Operator.IS_ANY_OF, scope.channels),
        (LeftOperand.TERRITORY, Operator.IS_PART_OF, scope.territories),
        (LeftOperand.END_CLIENT, Operator.IS_ANY_OF, scope.clients),
        (LeftOperand.PROJECT, Operator.IS_ANY_OF, scope.projects),
    ]
    if case.facts.route.hosting_mode in HOSTED:
        sides.insert(1, (LeftOperand.PROVIDER, Operator.IS_ANY_OF, scope.providers))
    for operand, operator, values in sides:
        if values is not None:
            yield Constraint(operand, operator, tuple(str(value) for value in values))


def names_model(scope: Scope, route: RouteFacts) -> bool:
    """Whether the paper names this model and version (or file) at all."""
    return _model_stop(scope, route) is None


def _model_stop(scope: Scope, route: RouteFacts) -> Stop | None:
    required = ", ".join(_model_text(model) for model in scope.models) or "no model"
    results = [_names(model, route) for model in scope.models if model.slug == route.model]
    if Tri.SATISFIED in results:
        return None
    result = Tri.UNKNOWN if Tri.UNKNOWN in results else Tri.UNSATISFIED
    got = route.title
    if results and route.weights_sha256:
        got = f"{route.title}, version {route.version}, weights {route.weights_sha256[:8]}…"
    return Stop("ENT-002", LeftOperand.MODEL.value, required, got, result)


def _names(model: ModelScope, route: RouteFacts) -> Tri:
    if model.digests:
        if route.weights_sha256 is None:
            return Tri.UNKNOWN
        return Tri.SATISFIED if route.weights_sha256 in model.digests else Tri.UNSATISFIED
    if not model.versions:
        return Tri.SATISFIED
    if not route.version:
        return Tri.UNKNOWN
    return Tri.SATISFIED if route.version in model.versions else Tri.UNSATISFIED


def _model_text(model: ModelScope) -> str:
    name = model.title or model.slug
    if model.digests:
        return f"{name} (named files only)"
    # "rmbg-2.0" and "RMBG-2.0" already say their version.
    missing = [version for version in model.versions if version not in name]
    return f"{name} {words(missing)}" if missing else name


def end_of(standing: Standing) -> datetime | None:
    """The earlier of the agreed and the actual end; None when there is neither."""
    ends = [moment for moment in (standing.ends_at, standing.ended_at) if moment is not None]
    return min(ends, default=None)


def standing_stops(grant: Grant, standing: Standing, case: Case) -> tuple[Stop, ...]:
    """Why the right is not in force for this work at this time, or not proven to be."""
    stops: list[Stop] = []
    if standing.evidence_count < 1:
        stops.append(Stop("ENT-006", "evidence", "a document", "none", Tri.UNSATISFIED))
    elif not standing.verified:
        stops.append(Stop("ENT-006", "evidence", "checked by a second person", "not checked yet", Tri.UNKNOWN))
    end = end_of(standing)
    if case.at < standing.starts_at:
        got = f"starts on {day(standing.starts_at)}"
        stops.append(Stop("ENT-001", "in force", "now", got, Tri.UNSATISFIED))
    elif end is not None and end <= case.at:
        stops.extend(_after_end(grant, standing, end, case))
    return tuple(stops)


def _after_end(grant: Grant, standing: Standing, end: datetime, case: Case) -> tuple[Stop, ...]:
    early = standing.ended_at is not None and standing.ended_at == end
    verb = "ended early" if early else "ended"
    reason = f" ({standing.ended_reason})" if early and standing.ended_reason else ""
    ended = f"{verb} on {day(end)}, {ago(end, case.at)}{reason}"
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
    last = end + timedelta(days=grant.wind_down_days if grant.survival is Survival.WIND_DOWN else 0)
    if case.at < last:
        return ()
    got = f"the right to use them ended on {day(last)}"
    return (Stop("ENT-007", "in force", "a right to outputs that survives its end", got, Tri.UNSATISFIED),)


def quota_stops(grant: Grant, case: Case) -> tuple[Stop, ...]:
    """Where the work needs more than is left. An existing output needs nothing."""
    stops = [] if case.releasing else [_quota_stop(quota, case) for quota in grant.quotas]
    return tuple(stop for stop in stops if stop is not None)


def over_quota(quota: Quota, case: Case) -> bool:
    """Whether the work needs more than is left of this quota."""
    return quota.remaining < _needed(quota, case)


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
    if until < last_day(grant, end):
        return Tri.SATISFIED
    return Tri.UNKNOWN if grant.survival is Survival.UNKNOWN else Tri.UNSATISFIED


def last_day(grant: Grant, end: datetime) -> date:
    """The day on which outputs may no longer be used, for a right that ends at ``end``."""
    return (end + timedelta(days=grant.wind_down_days if grant.survival is Survival.WIND_DOWN else 0)).date()


def blemishes(grant: Grant, case: Case) -> int:
    """How many matters are open about relying on this grant: overdue duties, outputs that would outlive
    it."""
    overdue = grant.standing is not None and bool(grant.standing.overdue_duties)
    return int(overdue) + int(placement_covered(grant, case) is not Tri.SATISFIED)


def _needed(quota: Quota, case: Case) -> int:
    per_output = quota.unit in ("output", "api_call")
    return case.facts.requested_outputs if per_output else 1 if quota.unit == "job" else 0


def _quota_stop(quota: Quota, case: Case) -> Stop | None:
    period = quota.period.replace("_", " ")
    required = f"{count_of(_needed(quota, case), quota.unit.replace('_', ' '))} left in this {period}"
    got = f"{max(quota.remaining, 0)} left of {quota.limit}"
    if quota.unit not in ("output", "api_call", "job", "seat", "instance"):
        return Stop("ENT-003", "quota", f"a quota counted in outputs, not in {quota.unit}", got, Tri.UNKNOWN)
    if not over_quota(quota, case) or quota.overage is Overage.ALLOW_AND_REPORT:
        return None
    result = Tri.UNSATISFIED if quota.overage is Overage.BLOCK else Tri.UNKNOWN
    return Stop("ENT-003", "quota", required, got, result)
