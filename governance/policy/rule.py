"""A rule: a small pure function with its name, its owner and what its answer does to the outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from governance.policy.case import Case
from governance.policy.decision import Cure, Duty, GrantReport, Layer, Outcome, Tri
from governance.policy.grants import Grant
from governance.policy.weighed import ArtefactVerdict
from governance.policy.words import Severity, Stage


@dataclass(frozen=True, slots=True)
class Weighing:
    """What rules look at: the case, the grants and the verdict for every artefact."""

    case: Case
    grants: tuple[Grant, ...]
    verdicts: tuple[ArtefactVerdict, ...]

    @property
    def relied(self) -> tuple[GrantReport, ...]:
        """The reports of the grants relied upon, one for each permitted artefact."""
        return tuple(verdict.relied.report for verdict in self.verdicts if verdict.relied is not None)


@dataclass(slots=True)
class Observation:
    """What a rule found. ``severity`` overrides the rule's own when this case is milder or graver.

    Not frozen: it becomes a frozen finding at once, and making it twice over would be a tenth of the evaluation.
    """

    result: Tri
    got: str
    required: str
    message: str
    clause: str = ""
    how_to_fix: str = ""
    subject: str = ""
    severity: Severity | None = None
    cures: tuple[Cure, ...] = ()
    duties: tuple[Duty, ...] = ()


Check = Callable[[Weighing], Iterable[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule with its metadata. ``stages`` empty means every stage; see ``Facts.gate`` for re-delivery and sweep.
    Only rules of the organisation's own policy may be ``waivable``; the rule set refuses any other. ``set_by``: the
    organisation's setting that decides the severity."""

    code: str
    title: str
    layer: Layer
    severity: Severity
    how_to_fix: str
    check: Check
    waivable: bool = False
    legal_reference: str = ""
    stages: tuple[Stage, ...] = ()
    set_by: str = ""

    @property
    def tests(self) -> str:
        """The test that runs the rule's examples, met and unmet: an argument for pytest."""
        return f"tests/policy/test_rule_book.py -k {self.code}"

    def metadata(self) -> dict[str, object]:
        """What the rule-set digest covers."""
        return {
            "code": self.code,
            "title": self.title,
            "layer": self.layer.value,
            "severity": self.severity.value,
            "how_to_fix": self.how_to_fix,
            "waivable": self.waivable,
            "legal_reference": self.legal_reference,
            "stages": [stage.value for stage in self.stages],
            "set_by": self.set_by,
        }


def effect_of(result: Tri, severity: Severity, duties: tuple[Duty, ...]) -> Outcome:
    """What a result does to the outcome. Unknown never does worse than review, and never passes a rule that
    matters."""
    if result is not Tri.SATISFIED and severity is not Severity.WARN:
        refuses = result is Tri.UNSATISFIED and severity is Severity.BLOCK
        return Outcome.DENY if refuses else Outcome.REVIEW
    return Outcome.DUTIES if duties else Outcome.PERMIT
