"""Three-valued constraints: does what was found meet what a term requires? Unknown is never quietly yes or
no."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from governance.licensing.terms import Constraint, LeftOperand, Operator, RightOperand
from governance.policy.decision import Tri
from governance.policy.facts import Facts
from governance.policy.use import UseAssessment
from governance.policy.words import UseClass

WORLD = "WORLD"
Value = str | int | tuple[str, ...] | None


def fact_value(operand: LeftOperand, facts: Facts, use: UseAssessment, at: datetime) -> Value:
    """What was found for a left operand; None when it is not known."""
    return _READERS[operand](facts, use, at)


_Reader = Callable[[Facts, UseAssessment, datetime], Value]

_READERS: dict[LeftOperand, _Reader] = {
    LeftOperand.USE_CLASS: lambda _f, use, _at: None if use.use_class is UseClass.UNDETERMINED else use.use_class.value,
    LeftOperand.TARGET_KIND: lambda f, _u, _at: f.target.kind.value,
    LeftOperand.CHANNEL: lambda f, _u, _at: f.target.channel or None,
    LeftOperand.TERRITORY: lambda f, _u, _at: f.target.territories or None,
    LeftOperand.DATE: lambda _f, _u, at: at.date().isoformat(),
    LeftOperand.HOSTING_MODE: lambda f, _u, _at: f.route.hosting_mode.value,
    LeftOperand.PROVIDER: lambda f, _u, _at: f.route.provider,
    LeftOperand.END_CLIENT: lambda f, _u, _at: f.target.client_ref or None,
    LeftOperand.PROJECT: lambda f, _u, _at: f.target.project_ref or None,
    LeftOperand.MODEL: lambda f, _u, _at: f.route.model,
    LeftOperand.PRODUCT_VERSION: lambda f, _u, _at: f.route.version or None,
    LeftOperand.WEIGHTS_SHA256: lambda f, _u, _at: f.route.weights_sha256,
    LeftOperand.WEIGHTS_DISTRIBUTION: lambda f, _u, _at: f.target.weights_distribution.value,
    LeftOperand.OUTPUT_DISTRIBUTION: lambda f, _u, _at: f.target.output_distribution.value,
    LeftOperand.OUTPUT_COUNT: lambda f, _u, _at: f.requested_outputs,
}


def check(constraint: Constraint, found: Value) -> Tri:
    """Whether ``found`` meets the constraint. Values that cannot be compared are unknown, never satisfied."""
    return holds(constraint.left_operand, constraint.operator, constraint.right_operand, found)


def holds(operand: LeftOperand, operator: Operator, required: RightOperand, found: Value) -> Tri:
    """``check`` for a constraint given in its parts."""
    if found is None:
        return Tri.UNKNOWN
    if operand is LeftOperand.TERRITORY and operator not in _ORDER:
        return _tri(_territory(operator, _as_set(found), _as_set(required)))
    if operator is Operator.IS_ANY_OF and isinstance(found, str) and isinstance(required, tuple):
        return _tri(found in required)  # the commonest, without building sets
    if operator in _ORDER:
        return _ordered(operator, found, required)
    return _tri(_SETS[operator](_as_set(found), _as_set(required)))


def all_of(results: Iterable[Tri]) -> Tri:
    """Kleene "and": the worst; satisfied for nothing."""
    worst = Tri.SATISFIED
    for result in results:
        if result is Tri.UNSATISFIED:
            return result
        if result is Tri.UNKNOWN:
            worst = result
    return worst


def any_of(results: Iterable[Tri]) -> Tri:
    """Kleene "or": the best; unsatisfied for nothing."""
    best = Tri.UNSATISFIED
    for result in results:
        if result is Tri.SATISFIED:
            return result
        if result is Tri.UNKNOWN:
            best = result
    return best


_ORDER = frozenset((Operator.LT, Operator.LTEQ, Operator.GT, Operator.GTEQ))

_SETS: dict[Operator, Callable[[frozenset[str], frozenset[str]], bool]] = {
    Operator.EQ: lambda left, right: left == right,
    Operator.NEQ: lambda left, right: left != right,
    Operator.IS_ANY_OF: lambda left, right: bool(left & right),
    Operator.IS_NONE_OF: lambda left, right: not left & right,
    Operator.IS_ALL_OF: lambda left, right: right <= left,
    Operator.IS_PART_OF: lambda left, right: left <= right,
}


def _territory(operator: Operator, left: frozenset[str], right: frozenset[str]) -> bool:
    # Worldwide contains every country: it lies inside nothing but itself, and meets every list of countries.
    if operator is Operator.IS_PART_OF:
        return WORLD in right or left <= right
    if operator in (Operator.IS_ANY_OF, Operator.IS_NONE_OF):
        meets = bool(left & right) or (bool(left and right) and WORLD in left | right)
        return meets is (operator is Operator.IS_ANY_OF)
    if operator is Operator.IS_ALL_OF:
        return WORLD in left or right <= left
    return _SETS[operator](left, right)


def _ordered(operator: Operator, found: Value, required: object) -> Tri:
    if isinstance(found, int) and isinstance(required, int):
        return _tri(_compare(operator, found - required))
    if isinstance(found, str) and isinstance(required, str):
        try:
            days = date.fromisoformat(found).toordinal() - date.fromisoformat(required).toordinal()
        except ValueError:
            return Tri.UNKNOWN
        return _tri(_compare(operator, days))
    return Tri.UNKNOWN


def _compare(operator: Operator, difference: int) -> bool:
    if operator is Operator.LT:
        return difference < 0
    if operator is Operator.LTEQ:
        return difference <= 0
    return difference > 0 if operator is Operator.GT else difference >= 0


def _as_set(value: object) -> frozenset[str]:
    return frozenset(value) if isinstance(value, tuple) else frozenset((str(value),))


def _tri(answer: bool) -> Tri:
    return Tri.SATISFIED if answer else Tri.UNSATISFIED
