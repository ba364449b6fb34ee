"""Check a receipt, or a whole log, without trusting or reaching the service that issued it.

1. python -m governance.ledger.verify RECEIPT --file OUTPUT [--trust TRUST] [--json]
2. python -m governance.ledger.verify --log EXPORT [--trust TRUST] [--old-checkpoint NOTE] [--structure-only] [--json]

needs neither Django nor a network. The steps and what they prove are listed in verification.py and audit.py.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from governance.errors import GovernanceError
from governance.ledger.audit import audit
from governance.ledger.audit_shapes import AuditOptions, AuditReport
from governance.ledger.bundle import MAX_RECEIPT_BYTES
from governance.ledger.errors import CannotTell, TamperedError
from governance.ledger.log_folder import LogFolder
from governance.ledger.note import MAX_NOTE_BYTES
from governance.ledger.trust import Trust, load_trust
from governance.ledger.verification import CANNOT_TELL, EXIT_CODES, TAMPERED, Report, verify_receipt
from governance.ledger.verify_text import print_audit, print_error, print_json, print_report

TRUST_VARIABLE = "CLEARCUT_TRUST"
DEFAULT_TRUST = Path("var/keys/trust.json")
_EPILOGUE = """\
steps for a receipt:
  1 receipt           a Sigstore bundle v0.3 or a C2SP tlog-proof: one DSSE envelope, at most one log entry
  2 statement         a canonical in-toto statement about one subject
  3 file digest       SHA-256 of OUTPUT is the subject's digest
  4 record signature  made by a record key of the trust file
  5 log entry         the entry commits to this very envelope and key (a tlog-proof's is rebuilt from them)
  6 checkpoint        signed by a log key of the trust file, for its origin
  7 inclusion         the entry is in the tree of the signed checkpoint
  8 order             the record quotes an earlier checkpoint; its key was in use

steps for a log (a finding does not stop them; the first 20 of each step are listed, all are counted):
  1 checkpoints       each signed by a log key of the trust file, for its origin; sizes ascend
  2 sequence          indexes run from 0 without a gap and reach the newest checkpoint
  3 entries           each is well formed; no statement was entered twice
  4 roots             the recomputed root is the signed one at every checkpoint
  5 tiles             the published hash tiles hold the recomputed hashes
  6 statements        canonical; what their entries commit to; every record id once
  7 signatures        made by a record key of the trust file in use at that index
  8 order             each quotes a checkpoint the log signed, and claims a time that fits, give or take 2 seconds
  9 corrections       each names an earlier record
 10 continuity        the tree of NOTE is a prefix of this log

exit status:
  0 sound; 1 tampered, or not signed by a trusted key; 2 cannot tell: a file is missing or unreadable, the
  receipt is pending, a statement was lost in a restore, or the check itself failed

The trust file must reach you another way than the receipt or the log. Without --trust it is taken from the
environment variable CLEARCUT_TRUST, else from var/keys/trust.json under the current directory; never from the
receipt's own folder, nor from the log's.
"""


def main(arguments: Sequence[str] | None = None, output: TextIO | None = None) -> int:
    """Run the program; return its exit status (0 sound, 1 tampered, 2 cannot tell)."""
    options = _options(arguments)
    output = output or sys.stdout
    try:
        report = _report(options, load_trust(_trust_path(options.trust)))
    except TamperedError as error:
        print_error(error, TAMPERED, output, as_json=options.json)
        return EXIT_CODES[TAMPERED]
    except GovernanceError as error:
        print_error(error, CANNOT_TELL, output, as_json=options.json)
        return EXIT_CODES[CANNOT_TELL]
    except Exception as error:  # a fault of ours must read neither as sound nor as tampered
        found = CannotTell(f"The check itself failed ({type(error).__name__}: {error!s:.200}).")
        print_error(found, CANNOT_TELL, output, as_json=options.json)
        return EXIT_CODES[CANNOT_TELL]
    if options.json:
        print_json(report, output)
    elif isinstance(report, AuditReport):
        print_audit(report, output)
    else:
        print_report(report, output)
    return report.exit_code


def _report(options: argparse.Namespace, trust: Trust) -> Report | AuditReport:
    if options.log is None:
        receipt = _read(options.receipt, MAX_RECEIPT_BYTES)
        return verify_receipt(receipt, _file_sha256(options.file), trust)
    folder = LogFolder(options.log)
    structure_only: bool = options.structure_only
    return audit(
        folder.entries(with_statements=not structure_only),
        folder.checkpoints(needed=not structure_only),
        trust,
        AuditOptions(
            structure_only=structure_only,
            old_checkpoint=_old_checkpoint(options.old_checkpoint),
            read_tile=folder.read_tile,
        ),
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m governance.ledger.verify",
        description="Check that a file is the one a receipt speaks of and that the receipt is sound, or check a log.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "receipt", type=Path, metavar="RECEIPT", nargs="?", help="the receipt (Sigstore bundle or .tlog-proof)"
    )
    parser.add_argument("--file", type=Path, metavar="OUTPUT", help="the file the receipt is for")
    parser.add_argument("--log", type=Path, metavar="EXPORT", help="the folder of an exported or published log")
    parser.add_argument("--trust", type=Path, metavar="TRUST", help="the trust file (JSON)")
    parser.add_argument(
        "--old-checkpoint", type=Path, metavar="NOTE", help="with --log: a signed checkpoint you kept from earlier"
    )
    parser.add_argument(
        "--structure-only", action="store_true", help="with --log: leave out statements and their signatures"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    if options.log is None and (options.receipt is None or options.file is None):
        parser.error("expected RECEIPT and --file, or --log")
    if options.log is not None and (options.receipt is not None or options.file is not None):
        parser.error("got a receipt and a log, expected one of them")
    if options.log is None and (options.old_checkpoint is not None or options.structure_only):
        parser.error("--old-checkpoint and --structure-only go with --log only")
    return options


def _trust_path(option: Path | None) -> Path:
    if option is not None:
        return option
    return Path(os.environ.get(TRUST_VARIABLE) or DEFAULT_TRUST)


def _old_checkpoint(path: Path | None) -> str | None:
    return None if path is None else _read(path, MAX_NOTE_BYTES).decode("utf-8", errors="replace")


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte over the limit is enough for the content to be refused as too long.
            return file.read(limit + 1)
    except OSError as error:
        raise CannotTell(f"Cannot read {path}: {error.strerror}.", how_to_fix="Correct the path.") from error


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CannotTell(f"Cannot read {path}: {error.strerror}.", how_to_fix="Correct the path.") from error


if __name__ == "__main__":
    raise SystemExit(main())
