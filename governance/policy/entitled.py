"""What a purchased right covers, and how much of it is left: scope and quota."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from governance.licensing.catalogue_words import HostingMode
from governance.licensing.terms import LeftOperand, Operator
from governance.policy.case import Case
from governance.policy.conditions import Value, any_of, holds
from governance.policy.decision import Stop, Tri
from governance.policy.facts_route import RouteFacts
from governance.policy.grants import Grant, ModelScope, Overage, Quota, Scope
from governance.policy.phrases import count_of, word, words
from governance.policy.words import Answer, OutputDistribution, WeightsDistribution

HOSTED = (HostingMode.VENDOR_API, HostingMode.RESELLER_API)


_Side = tuple[LeftOperand, Callable[[Scope], tuple[str, ...] | None]]
_NAMED: tuple[_Side, ...] = (
    (LeftOperand.HOSTING_MODE, attrgetter("hosting_modes")),
    (LeftOperand.TARGET_KIND, attrgetter("target_kinds")),
    (LeftOperand.CHANNEL, attrgetter("channels")),
    (LeftOperand.END_CLIENT, attrgetter("clients")),
    (LeftOperand.PROJECT, attrgetter("projects")),
)
_NAMED_WHEN_HOSTED: tuple[_Side, ...] = (*_NAMED, (LeftOperand.PROVIDER, attrgetter("providers")))
_FURTHER = (
    WeightsDistribution.NONE,
    WeightsDistribution.INTERNAL,
    WeightsDistribution.TO_CLIENT,
    WeightsDistribution.PUBLIC,
)


def scope_stops(scope: Scope, case: Case) -> list[Stop]:
    """Every side of the scope that the work lies outside of, or may lie outside of."""
    model = _model_stop(scope, case.facts.route)
    stops = [] if model is None else [model]
    for operand, side in _NAMED_WHEN_HOSTED if case.facts.route.hosting_mode in HOSTED else _NAMED:
        values = side(scope)
        found = case.found[operand]
        if values is None or (found is not None and found in values):
            continue
        _outside(stops, operand, Operator.IS_ANY_OF, values, _found(operand, scope, case))
    if scope.territories is not None:
        territories = case.found[LeftOperand.TERRITORY]
        _outside(stops, LeftOperand.TERRITORY, Operator.IS_PART_OF, scope.territories, territories)
    most, wanted = scope.weights_distribution, case.facts.target.weights_distribution
    if most is not None and _FURTHER.index(wanted) > _FURTHER.index(most):
        stops.append(Stop("ENT-002", LeftOperand.WEIGHTS_DISTRIBUTION, word(most), word(wanted), Tri.UNSATISFIED))
    return stops


def _outside(
    stops: list[Stop], operand: LeftOperand, operator: Operator, values: tuple[str, ...], found: Value
) -> None:
    result = holds(operand, operator, values, found)
    if result is not Tri.SATISFIED:
        stops.append(Stop("ENT-002", operand, words(values), words(found), result))


def evaluation_stops(case: Case) -> tuple[Stop, ...]:
    """A right to try a model out covers nothing that is billed, earns money or leaves the house, whatever else its
    paper grants."""
    target = case.facts.target
    stops = []
    for answer, found in ((target.billable, "billed to the client"), (target.monetised, "a target that earns money")):
        if answer is not Answer.NO:
            result = Tri.UNSATISFIED if answer is Answer.YES else Tri.UNKNOWN
            got = found if answer is Answer.YES else f"perhaps {found}"
            stops.append(Stop("ENT-002", LeftOperand.USE_CLASS.value, "trying it out", got, result))
    if target.output_distribution is not OutputDistribution.INTERNAL:
        got = word(target.output_distribution)
        stops.append(Stop("ENT-002", LeftOperand.OUTPUT_DISTRIBUTION.value, "internal", got, Tri.UNSATISFIED))
    return tuple(stops)


def _found(operand: LeftOperand, scope: Scope, case: Case) -> Value:
    found = case.found[operand]
    if scope.affiliates and operand is LeftOperand.END_CLIENT and found is not None:
        # The client, or a company it belongs to: whichever of them the paper names.
        return (str(found), *case.facts.target.client_group)
    return found


def names_model(scope: Scope, route: RouteFacts) -> bool:
    """Whether the paper names this model and version (or file) at all."""
    return any_of([_names(model, route) for model in scope.models]) is Tri.SATISFIED


def _model_stop(scope: Scope, route: RouteFacts) -> Stop | None:
    result = any_of([_names(model, route) for model in scope.models])
    if result is Tri.SATISFIED:
        return None
    required = ", ".join(_model_text(model) for model in scope.models) or "no model"
    got = route.title
    if route.weights_sha256 and any(model.slug == route.model for model in scope.models):
        got = f"{route.title}, version {route.version}, weights {route.weights_sha256[:8]}…"
    return Stop("ENT-002", LeftOperand.MODEL, required, got, result)


def _names(model: ModelScope, route: RouteFacts) -> Tri:
    if route.weights_sha256 is not None and route.weights_sha256 in model.digests:
        # A file named by its digest is that file under whatever name it goes.
        return Tri.SATISFIED
    if model.slug != route.model:
        return Tri.UNSATISFIED
    if model.digests:
        return Tri.UNKNOWN if route.weights_sha256 is None else Tri.UNSATISFIED
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


def quota_stops(grant: Grant, case: Case) -> tuple[Stop, ...]:
    """Where the work needs more than is left. An existing output needs nothing."""
    if case.releasing or not grant.quotas:
        return ()
    return tuple([stop for quota in grant.quotas if (stop := _quota_stop(quota, case)) is not None])


def over_quota(quota: Quota, case: Case) -> bool:
    """Whether the work needs more than is left of this quota."""
    return quota.remaining < _needed(quota, case)


def _needed(quota: Quota, case: Case) -> int:
    per_output = quota.unit in ("output", "api_call")
    return case.facts.requested_outputs if per_output else 1 if quota.unit == "job" else 0


def _quota_stop(quota: Quota, case: Case) -> Stop | None:
    counted = quota.unit in _COUNTED
    if counted and (quota.overage is Overage.ALLOW_AND_REPORT or not over_quota(quota, case)):
        return None
    got = f"{max(quota.remaining, 0)} left of {quota.limit}"
    if not counted:
        return Stop("ENT-003", "quota", f"a quota counted in outputs, not in {quota.unit}", got, Tri.UNKNOWN)
    period = quota.period.replace("_", " ")
    required = f"{count_of(_needed(quota, case), quota.unit.replace('_', ' '))} left in this {period}"
    result = Tri.UNSATISFIED if quota.overage is Overage.BLOCK else Tri.UNKNOWN
    return Stop("ENT-003", "quota", required, got, result)


_COUNTED = ("output", "api_call", "job", "seat", "instance")
