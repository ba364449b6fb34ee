"""A reading as an ODRL 2.2 policy in JSON-LD, for others to read; we decide by our own evaluator.

Our words narrow ODRL's, so each says which one it narrows (``includedIn``). A duty hangs on the permissions of its
action. ``conflict: prohibit`` says what our evaluator does: a prohibition wins. The policy is a Set: it is our reading
of a licence, neither an offer nor an agreement.
"""

from __future__ import annotations

from typing import Any

from governance.licensing.encodings import EncodingRefused
from governance.licensing.jsonshape import to_plain
from governance.licensing.terms import Action, Constraint, DutyKind, Encoding, LeftOperand, Operator, Term, TermKind

PROFILE = "urn:clearcut:odrl:profile:v1"
CONTEXT: list[Any] = [
    "http://www.w3.org/ns/odrl.jsonld",
    {
        "clearcut": f"{PROFILE}#",
        "cc": "http://creativecommons.org/ns#",
        "dct": "http://purl.org/dc/terms/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    },
]
_LISTS = (Operator.IS_ANY_OF, Operator.IS_NONE_OF, Operator.IS_ALL_OF, Operator.IS_PART_OF)
# ODRL's own term for commercial use is spelt wrongly (cc:CommericalUse); Creative Commons' is meant.
_ACTIONS: dict[Action, str] = {
    Action.RUN_INFERENCE: "odrl:use",
    Action.OFFER_AS_SERVICE: "odrl:grantUse",
    Action.DISTRIBUTE_WEIGHTS: "odrl:distribute",
    Action.MODIFY_WEIGHTS: "odrl:derive",
    Action.FINE_TUNE: "odrl:derive",
    Action.USE_OUTPUT_INTERNALLY: "odrl:use",
    Action.USE_OUTPUT_COMMERCIALLY: "cc:CommercialUse",
    Action.DISTRIBUTE_OUTPUT: "odrl:distribute",
    Action.TRAIN_ON_OUTPUT: "odrl:derive",
    Action.BENCHMARK_PUBLISH: "odrl:present",
}
_DUTIES: dict[DutyKind, str] = {
    DutyKind.ATTRIBUTE: "cc:Attribution",
    DutyKind.INCLUDE_NOTICE: "cc:Notice",
    DutyKind.SHARE_ALIKE: "cc:ShareAlike",
    DutyKind.REPORT_USAGE: "odrl:inform",
    DutyKind.PAY: "odrl:compensate",
    DutyKind.DISCLOSE_AI: "odrl:inform",
    DutyKind.DELETE_WEIGHTS_ON_EXPIRY: "odrl:delete",
    DutyKind.DELETE_OUTPUTS_ON_EXPIRY: "odrl:delete",
    DutyKind.KEEP_RECORDS: "odrl:archive",
    DutyKind.ALLOW_AUDIT: "odrl:acceptTracking",
    DutyKind.PASS_THROUGH_TERMS: "odrl:nextPolicy",
    DutyKind.OBTAIN_CONSENT: "odrl:obtainConsent",
}
_OPERANDS: dict[LeftOperand, str] = {
    LeftOperand.TERRITORY: "spatial",
    LeftOperand.DATE: "dateTime",
    LeftOperand.CHANNEL: "deliveryChannel",
    LeftOperand.OUTPUT_COUNT: "count",
}


def as_odrl(encoding: Encoding, target: str) -> dict[str, Any]:
    """The policy on ``target`` (an IRI: what the licence is on). Plain JSON without floats, in a stable order."""
    uid = f"urn:clearcut:reading:{encoding.license_id}:{encoding.revision}"
    policy = {
        "@context": CONTEXT,
        "@type": "Set",
        "uid": uid,
        "profile": PROFILE,
        "conflict": "prohibit",
        "dct:title": encoding.title,
        "dct:description": encoding.reading,
        "dct:issued": {"@type": "xsd:date", "@value": encoding.encoded_on.isoformat()},
        "dct:creator": encoding.encoded_by,
        "clearcut:approvedBy": encoding.approved_by,
        "clearcut:license": encoding.license_id,
        "clearcut:revision": encoding.revision,
    }
    if encoding.source:
        policy["dct:source"] = encoding.source
    if encoding.text_sha256:
        policy["clearcut:textSha256"] = encoding.text_sha256
    if encoding.open_questions:
        policy["clearcut:openQuestion"] = list(encoding.open_questions)
    return policy | _rules(encoding, uid, target)


def _rules(encoding: Encoding, uid: str, target: str) -> dict[str, Any]:
    duties = [(number, term) for number, term in enumerate(encoding.terms) if term.kind is TermKind.DUTY]
    permitted = {term.action for term in encoding.terms if term.kind is TermKind.PERMISSION}
    rules: dict[str, list[Any]] = {"permission": [], "prohibition": [], "obligation": []}
    for number, term in enumerate(encoding.terms):
        rule = {"uid": f"{uid}#term-{number}", "target": target, "action": _action(term.action), **_common(term)}
        if term.kind is TermKind.PROHIBITION:
            rules["prohibition"].append(rule)
        elif term.kind is TermKind.PERMISSION:
            hanging = [_duty(uid, at, duty) for at, duty in duties if duty.action is term.action]
            rules["permission"].append(rule | ({"duty": hanging} if hanging else {}))
        elif term.action not in permitted:
            # Nothing to hang it on; what brings it about is said beside it, for an obligation is owed by itself.
            arises = {"clearcut:arisesWith": _action(term.action), "target": target}
            rules["obligation"].append(_duty(uid, number, term) | arises)
    return {name: found for name, found in rules.items() if found}


def _duty(uid: str, number: int, term: Term) -> dict[str, Any]:
    if term.duty is None:
        raise EncodingRefused(
            f"{term.clause_ref}: duty: found nothing; expected the kind of the duty.",
            how_to_fix="Read the encoding with parse_encoding, which refuses it.",
        )
    kind = {"@id": f"clearcut:{term.duty.value}", "includedIn": _DUTIES[term.duty]}
    return {"uid": f"{uid}#term-{number}", "action": kind, **_common(term)}


def _action(action: Action) -> dict[str, str]:
    return {"@id": f"clearcut:{action.value}", "includedIn": _ACTIONS[action]}


def _common(term: Term) -> dict[str, Any]:
    common: dict[str, Any] = {"clearcut:clause": term.clause_ref, "dct:description": term.paraphrase}
    if term.quote:
        common["clearcut:quote"] = term.quote
    if term.constraints:
        common["constraint"] = [_constraint(constraint) for constraint in term.constraints]
    return common


def _constraint(constraint: Constraint) -> dict[str, Any]:
    operand, value = constraint.left_operand, to_plain(constraint.right_operand)
    if operand is LeftOperand.DATE and isinstance(value, str):
        value = {"@type": "xsd:date", "@value": value}
    return {
        "leftOperand": _OPERANDS.get(operand, f"clearcut:{operand.value}"),
        "operator": constraint.operator.value,
        "rightOperand": {"@list": value} if constraint.operator in _LISTS else value,
    }
