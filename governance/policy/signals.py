"""How the rights statements found in picture files are named and what their values mean.

Sources: CAWG training and data mining assertion 1.1 (entries ``cawg.ai_inference`` …, values allowed, notAllowed,
constrained); PLUS License Data Format vocabularies, useplus.org (AL-…, MR-…, PR-…, DMI-…).
"""

from __future__ import annotations

import re

from governance.policy.decision import Tri
from governance.policy.facts_picture import RightsSignal

AI_INFERENCE = "ai_inference"
ALTERATION = "imagealterationconstraints"
RELEASES = ("modelreleasestatus", "propertyreleasestatus")
VALIDATION = "validation_state"
UNREADABLE = "unreadable"
TRAINING = ("data_mining", "ai_training", "ai_generative_training", "datamining")

# The alterations a cutout makes or prepares.
ALTERATIONS = {"AL-RET": "no retouching", "AL-MRG": "no merging", "AL-CRP": "no cropping"}
OTHER_ALTERATIONS = ("AL-CLR", "AL-DCL", "AL-FLP")
LIMITED = {"MR-LMR": "model release limited or incomplete", "PR-LPR": "property release limited or incomplete"}
CLEAR_RELEASES = ("MR-NAP", "MR-UMR", "PR-NAP", "PR-UPR")
_MINING_ALLOWED = ("DMI-ALLOWED", "DMI-UNSPECIFIED")
_SOUND = ("valid", "trusted")


def statement(name: str) -> str:
    """The name without what readers put before it: ``XMP-plus:DataMining`` and ``plus:DataMining`` are one."""
    return re.split(r"[:./]", name.strip().lower())[-1]


def value_code(value: str) -> str:
    """PLUS values come bare or as the URI of the vocabulary: …/ldf/vocab/AL-RET."""
    return value.strip().rstrip("/").rsplit("/", 1)[-1].upper()


def allows(signal: RightsSignal) -> Tri:
    """What a CAWG entry says: ``constrained`` without information counts as not allowed."""
    value = signal.value.strip().lower()
    if value == "allowed":
        return Tri.SATISFIED
    if value == "notallowed" or (value == "constrained" and not signal.constraint_info.strip()):
        return Tri.UNSATISFIED
    return Tri.UNKNOWN


def allows_training(signal: RightsSignal) -> Tri:
    """What a statement on training and mining says, in CAWG's words or in those of PLUS."""
    if statement(signal.property) != "datamining":
        return allows(signal)
    code = value_code(signal.value)
    if code in _MINING_ALLOWED:
        return Tri.SATISFIED
    return Tri.UNSATISFIED if code.startswith("DMI-PROHIBITED") else Tri.UNKNOWN


def doubt(signal: RightsSignal) -> str:
    """Why the file's statements cannot be relied upon, or nothing."""
    name = statement(signal.property)
    if name == UNREADABLE:
        why = "" if signal.value.strip().lower() == UNREADABLE else signal.value.strip()
        return f"cannot be read: {why}" if why else "cannot be read"
    if name == VALIDATION and signal.value.strip().lower() not in _SOUND:
        reasons = f" ({signal.constraint_info})" if signal.constraint_info else ""
        return f"do not check out: {signal.property} is {signal.value or 'not stated'}{reasons}"
    return ""
