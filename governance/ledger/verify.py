"""Check a receipt without trusting, or reaching, the service that issued it.

    python -m governance.ledger.verify RECEIPT --file OUTPUT [--trust TRUST] [--json]

needs neither Django nor a network. The steps and what they prove are listed in verification.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from governance.errors import GovernanceError
from governance.ledger.bundle import MAX_RECEIPT_BYTES
from governance.ledger.errors import CannotTell
from governance.ledger.trust import load_trust
from governance.ledger.verification import (
    CANNOT_TELL,
    EXIT_CODES,
    FAILED,
    Report,
    verify_receipt,
)

TRUST_VARIABLE = "CLEARCUT_TRUST"
DEFAULT_TRUST = Path("var/keys/trust.json")
_EPILOGUE = """\
steps:
  1 receipt           a Sigstore bundle v0.3: one DSSE envelope, at most one log entry
  2 statement         a canonical in-toto statement about one subject
  3 file digest       SHA-256 of OUTPUT is the subject's digest
  4 record signature  made by a record key of the trust file
  5 log entry         the entry commits to this very envelope and key
  6 checkpoint        signed by a log key of the trust file, for its origin
  7 inclusion         the entry is in the tree of the signed checkpoint
  8 order             the record quotes an earlier checkpoint; its key was in use

exit status:
  0 sound; 1 tampered, or not signed by a trusted key; 2 cannot tell: a file is missing or unreadable, or the
  receipt is pending

The trust file must reach you another way than the receipt. Without --trust it is taken from the environment
variable CLEARCUT_TRUST, else from var/keys/trust.json under the current directory; never from the receipt's
own folder.
"""


def main(arguments: Sequence[str] | None = None, output: TextIO | None = None) -> int:
    """Run the program; return its exit status (0 sound, 1 tampered, 2 cannot tell)."""
    options = _parser().parse_args(arguments)
    output = output or sys.stdout
    try:
        trust = load_trust(_trust_path(options.trust))
        receipt = _read(options.receipt)
        report = verify_receipt(receipt, _file_sha256(options.file), trust)
    except GovernanceError as error:
        _print_error(error, output, as_json=options.json)
        return EXIT_CODES[CANNOT_TELL]
    if options.json:
        print(json.dumps(report.as_json(), indent=2), file=output)
    else:
        _print_report(report, output)
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m governance.ledger.verify",
        description="Check that a file is the one a receipt speaks of, and that the receipt is sound.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("receipt", type=Path, metavar="RECEIPT", help="the receipt (JSON)")
    parser.add_argument("--file", type=Path, metavar="OUTPUT", required=True, help="the file it is for")
    parser.add_argument("--trust", type=Path, metavar="TRUST", help="the trust file (JSON)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def _trust_path(option: Path | None) -> Path:
    if option is not None:
        return option
    return Path(os.environ.get(TRUST_VARIABLE) or DEFAULT_TRUST)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte over the limit is enough for the receipt to be refused as too long.
            return file.read(MAX_RECEIPT_BYTES + 1)
    except OSError as error:
        raise CannotTell(f"Cannot read {path}: {error.strerror}.", how_to_fix="Correct the path.") from error


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CannotTell(f"Cannot read {path}: {error.strerror}.", how_to_fix="Correct the path.") from error


def _print_report(report: Report, output: TextIO) -> None:
    for step in report.steps:
        print(_plain(f"{step.number} {step.name:<17} {step.status:<12} {step.detail}".rstrip()), file=output)
    print(file=output)
    stop = report.stopped_at
    if stop is None:
        print("SOUND: the file and its record are as they were issued. The record says:", file=output)
        for label, value in report.summary:
            print(_plain(f"  {label:<10} {value}"), file=output)
    elif stop.status == FAILED:
        print(f"TAMPERED: step {stop.number}, {stop.name}, failed. Do not rely on this receipt.", file=output)
    else:
        print(f"CANNOT TELL: step {stop.number}, {stop.name}, is open.", file=output)


def _print_error(error: GovernanceError, output: TextIO, *, as_json: bool) -> None:
    if as_json:
        found = {"code": error.code, "message": error.message, "how_to_fix": error.how_to_fix}
        print(json.dumps({"verdict": CANNOT_TELL, "steps": [], "summary": None, "error": found}), file=output)
    else:
        print(_plain(f"CANNOT TELL: {error}"), file=output)


def _plain(text: str) -> str:
    """Return ``text`` without anything that could move the cursor or recolour a verdict on a terminal."""
    return "".join(c if c.isascii() and c.isprintable() else c.encode("unicode_escape").decode() for c in text)


if __name__ == "__main__":
    raise SystemExit(main())
