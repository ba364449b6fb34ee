"""How the verifier says what it found: plain lines for people, stable JSON for programs."""

from __future__ import annotations

import json
from typing import TextIO

from governance.errors import GovernanceError
from governance.ledger.audit_shapes import NOT_ASKED, AuditReport, AuditStep
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.verification import CANNOT_TELL, FAILED, SOUND, TAMPERED, Report
from governance.provenance.canonical import JSON


def print_json(report: Report | AuditReport, output: TextIO) -> None:
    """Print a report as JSON."""
    print(json.dumps(report.as_json(), indent=2), file=output)


def print_report(report: Report, output: TextIO) -> None:
    """Print what was found in one receipt."""
    for step in report.steps:
        print(plain(f"{step.number} {step.name:<17} {step.status:<12} {step.detail}".rstrip()), file=output)
    print(file=output)
    stop = report.stopped_at
    if stop is None:
        print("SOUND: the file and its record are as they were issued. The record says:", file=output)
        for label, value in report.summary:
            print(plain(f"  {label:<10} {value}"), file=output)
    elif stop.status == FAILED:
        print(f"TAMPERED: step {stop.number}, {stop.name}, failed. Do not rely on this receipt.", file=output)
    else:
        print(f"CANNOT TELL: step {stop.number}, {stop.name}, is open.", file=output)


def print_audit(report: AuditReport, output: TextIO) -> None:
    """Print what was found in a whole log."""
    for step in report.steps:
        _print_step(step, output)
    print(file=output)
    verdict = f"SOUND: {_reach(report)}" if report.verdict == SOUND else _VERDICTS[report.verdict]
    print(plain(f"{verdict}{_scope(report)}"), file=output)


_VERDICTS = {
    TAMPERED: "TAMPERED: the steps marked failed say where. Keep this log and every signed checkpoint you have.",
    CANNOT_TELL: "CANNOT TELL: nothing was found changed, but the steps marked cannot tell are open.",
}


def _print_step(step: AuditStep, output: TextIO) -> None:
    checked = "" if step.status == NOT_ASKED else f"{step.checked} checked"
    said = "; ".join(part for part in (checked, step.detail) if part)
    print(plain(f"{step.number:>2} {step.name:<12} {step.status:<12} {said}".rstrip()), file=output)
    for finding in step.findings:
        where = "" if finding.index is None else f"entry {finding.index}"
        if finding.record_id is not None:
            where = f"{where}, record {finding.record_id}".removeprefix(", ")
        print(plain(f"     {finding.status}: {where}{': ' if where else ''}{finding.message}"), file=output)
    if (more := step.total - len(step.findings)) > 0:
        print(f"     and {more} more", file=output)


def _reach(report: AuditReport) -> str:
    """How far the verdict reaches: an audit knows nothing of what came after the newest checkpoint it was given."""
    if report.newest is None:
        return "there is no entry and no checkpoint, so nothing that could have been changed."
    if report.continuity_asked:
        return f"{_unchanged(report.newest)}. It continues the old checkpoint."
    return f"{_unchanged(report.newest)}; whether it went on can only be told with --old-checkpoint."


def _unchanged(newest: Checkpoint) -> str:
    signed = f"(checkpoint of size {newest.size}, root {newest.root.hex()})"
    return f"nothing changed up to entry {newest.size - 1} {signed}" if newest.size else f"the log is empty {signed}"


def _scope(report: AuditReport) -> str:
    if not report.structure_only:
        return ""
    return " Structure only: statements and their signatures were not looked at."


def print_error(error: GovernanceError, verdict: str, output: TextIO, *, as_json: bool) -> None:
    """Print why there is no report at all."""
    if as_json:
        found: dict[str, JSON] = {"code": error.code, "message": error.message, "how_to_fix": error.how_to_fix}
        print(json.dumps({"verdict": verdict, "steps": [], "summary": None, "error": found}), file=output)
    else:
        words = "TAMPERED" if verdict == TAMPERED else "CANNOT TELL"
        print(plain(f"{words}: {error}"), file=output)


def plain(text: str) -> str:
    """Return ``text`` without anything that could move the cursor or recolour a verdict on a terminal."""
    return "".join(c if c.isascii() and c.isprintable() else c.encode("unicode_escape").decode() for c in text)
