"""Collects what an audit finds, step by step: all of it counted, the first few of each step kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from governance.errors import GovernanceError
from governance.ledger.audit_shapes import NOT_ASKED, STEPS, AuditReport, AuditStep, Finding
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.errors import CannotTell
from governance.ledger.verification import CANNOT_TELL, FAILED, OK, OPEN, SOUND, TAMPERED


@dataclass(slots=True)
class _Page:
    asked: bool = True
    checked: int = 0
    detail: str = ""
    failures: int = 0
    doubts: int = 0
    failed: list[Finding] = field(default_factory=list)
    open: list[Finding] = field(default_factory=list)

    @property
    def status(self) -> str:
        if not self.asked:
            return NOT_ASKED
        if self.failures:
            return FAILED
        return OPEN if self.doubts else OK

    def first(self, cap: int) -> tuple[Finding, ...]:
        return (*self.failed, *self.open)[:cap]


class Findings:
    """What was found so far. A step nobody marked as not asked is reported, with a count of what it checked.

    ``steps``: the names of the steps, numbered from ``first``.
    """

    def __init__(self, cap: int, steps: tuple[str, ...] = STEPS, first: int = 1) -> None:
        self._cap = cap
        self._first = first
        self._pages = {name: _Page() for name in steps}

    def add(
        self, step: str, message: str, *, index: int | None = None, record_id: str | None = None, status: str = FAILED
    ) -> None:
        """Note one finding; ``status`` OPEN for what cannot be judged."""
        page = self._pages[step]
        # Apart, so that many open matters cannot crowd out the failures.
        kept = page.failed if status == FAILED else page.open
        if status == FAILED:
            page.failures += 1
        else:
            page.doubts += 1
        if len(kept) < self._cap:
            kept.append(Finding(status, message, index, record_id))

    def add_error(self, step: str, error: Exception, *, index: int | None = None) -> None:
        """Note an error. One nobody foresaw leaves the matter open: it must never pass as sound."""
        message, status = judged(error)
        self.add(step, message, index=index, status=status)

    def checked(self, step: str, count: int = 1) -> None:
        """Count what a step has looked at."""
        self._pages[step].checked += count

    def detail(self, step: str, text: str) -> None:
        """Say in a few words what the step saw."""
        self._pages[step].detail = text

    def not_asked(self, step: str, why: str) -> None:
        """Mark a step that this audit leaves out."""
        self._pages[step] = _Page(asked=False, detail=why)

    def report(self, *, structure_only: bool, entries: int, lost: int, newest: Checkpoint | None) -> AuditReport:
        """Return the report; the verdict is the worst status of any step."""
        steps = self.steps()
        return AuditReport(worst(step.status for step in steps), structure_only, entries, lost, steps, newest)

    def steps(self) -> tuple[AuditStep, ...]:
        """Return the steps as they stand."""
        return tuple(
            AuditStep(
                number, name, page.status, page.checked, page.detail, page.first(self._cap), page.failures + page.doubts
            )
            for number, (name, page) in enumerate(self._pages.items(), start=self._first)
        )


def worst(statuses: Iterable[str]) -> str:
    """Return the verdict over steps of these statuses."""
    found = set(statuses)
    return TAMPERED if FAILED in found else CANNOT_TELL if OPEN in found else SOUND


def judged(error: Exception) -> tuple[str, str]:
    """Return the message and status of an error met while checking evidence."""
    if isinstance(error, CannotTell):
        return error.message, OPEN
    if isinstance(error, GovernanceError):
        return error.message, FAILED
    return f"The check itself failed ({type(error).__name__}: {error!s:.200}).", OPEN
