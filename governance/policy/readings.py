"""Inside one reading of a licence: closed world, prohibition wins, three-valued.

What no term permits is not permitted. A prohibition that applies beats every permission; one that may apply
leaves the answer unknown.
"""

from __future__ import annotations

from governance.licensing.terms import Action, Constraint, Encoding, LeftOperand, Term, TermKind
from governance.policy.actions import Request
from governance.policy.case import Case
from governance.policy.conditions import all_of, any_of, check
from governance.policy.decision import Duty, Stop, Tri
from governance.policy.phrases import ACTION, OPERAND, words

IN_FORCE = "in force"
_ACTIONS = frozenset(action.value for action in Action)


def reading_stops(reading: Encoding, requests: tuple[Request, ...], case: Case) -> tuple[Stop, ...]:
    """Where this reading does not, or not certainly, permit what is asked for. Empty when it permits
    everything."""
    stops: list[Stop] = []
    for request in requests:
        for stop in _action_stops(reading, request, case):
            if stop not in stops:
                stops.append(stop)
    return tuple(stops)


def reading_duties(reading: Encoding, requests: tuple[Request, ...], case: Case, source: str) -> tuple[Duty, ...]:
    """The duties that arise with the requested actions; one whose constraints are not known to fail arises
    too."""
    asked = {request.action for request in requests}
    duties: dict[Duty, None] = {}
    for term in _terms(reading, TermKind.DUTY):
        if term.action in asked and term.duty and _constraints(term, case) is not Tri.UNSATISFIED:
            duties[Duty(term.duty, term.paraphrase, source, clause_of(reading, term))] = None
    return tuple(duties)


def clause_of(reading: Encoding, term: Term) -> str:
    """As in: CC BY-NC 4.0, section 2(a)(1): “for NonCommercial purposes only”."""
    quote = f": “{term.quote}”" if term.quote else ""
    return f"{reading.title}, {term.clause_ref}{quote}"


def _action_stops(reading: Encoding, request: Request, case: Case) -> tuple[Stop, ...]:
    permissions = [term for term in _terms(reading, TermKind.PERMISSION) if term.action is request.action]
    prohibitions = [term for term in _terms(reading, TermKind.PROHIBITION) if term.action is request.action]
    permitted = any_of(_constraints(term, case) for term in permissions)
    forbidden = any_of(_constraints(term, case) for term in prohibitions)
    if permitted is Tri.SATISFIED and forbidden is Tri.UNSATISFIED:
        return ()
    if forbidden is not Tri.UNSATISFIED:
        return tuple(
            _forbidden(reading, term, request, forbidden)
            for term in prohibitions
            if _constraints(term, case) is forbidden
        )
    if not permissions:
        return (_silent(reading, request),)
    best = max(permissions, key=lambda term: _constraints(term, case).rank)
    return tuple(
        _unmet(reading, best, constraint, request, case)
        for constraint in best.constraints
        if _check(constraint, case) is not Tri.SATISFIED
    )


def _forbidden(reading: Encoding, term: Term, request: Request, forbidden: Tri) -> Stop:
    result = Tri.UNSATISFIED if forbidden is Tri.SATISFIED else Tri.UNKNOWN
    return Stop(
        code=_code(request.action, None),
        left=request.action.value,
        required=f"leave to {ACTION[request.action]}",
        got=f"prohibited, {term.clause_ref}" if forbidden is Tri.SATISFIED else "perhaps prohibited",
        result=_soften(result, request),
        clause=clause_of(reading, term),
    )


def _silent(reading: Encoding, request: Request) -> Stop:
    return Stop(
        code="LIC-020" if request.action is Action.DISTRIBUTE_WEIGHTS else "LIC-010",
        left=request.action.value,
        required=f"leave to {ACTION[request.action]}",
        got="not granted",
        result=_soften(Tri.UNSATISFIED, request),
        clause=f"{reading.title}: no term grants it, and what is not granted is not permitted",
    )


def _unmet(reading: Encoding, term: Term, constraint: Constraint, request: Request, case: Case) -> Stop:
    found = case.found[constraint.left_operand]
    return Stop(
        code=_code(request.action, constraint.left_operand),
        left=constraint.left_operand.value,
        required=_requirement(constraint),
        got=words(found) if found is not None else "not determined",
        result=_soften(_check(constraint, case), request),
        clause=clause_of(reading, term),
    )


def _requirement(constraint: Constraint) -> str:
    negated = constraint.operator.value in ("neq", "isNoneOf")
    return f"{'not ' if negated else ''}{words(constraint.right_operand)}"


def _code(action: Action, operand: LeftOperand | None) -> str:
    if action is Action.DISTRIBUTE_WEIGHTS:
        return "LIC-020"
    commercial = action is Action.USE_OUTPUT_COMMERCIALLY or operand is LeftOperand.USE_CLASS
    return "LIC-011" if commercial else "LIC-010"


def _soften(result: Tri, request: Request) -> Tri:
    # What may not even be asked for cannot refuse; it can only leave the answer open.
    return result if request.certain or result is Tri.SATISFIED else Tri.UNKNOWN


def _terms(reading: Encoding, kind: TermKind) -> tuple[Term, ...]:
    return tuple(term for term in reading.terms if term.kind is kind)


def _constraints(term: Term, case: Case) -> Tri:
    return all_of(_check(constraint, case) for constraint in term.constraints)


def _check(constraint: Constraint, case: Case) -> Tri:
    return check(constraint, case.found[constraint.left_operand])


def stop_text(stop: Stop) -> str:
    """As in: territory: DE, AT, CH; found worldwide. What needs no label reads as a sentence of its own."""
    if stop.left in _ACTIONS:
        return f"to {ACTION[Action(stop.left)]}: {stop.got}"
    if stop.left == IN_FORCE:
        return stop.got
    return f"{OPERAND.get(stop.left) or stop.left}: {stop.required}; found {stop.got}"
