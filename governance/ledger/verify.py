"""Check a receipt, or a whole log, without trusting or reaching the service that issued it.

1. python -m governance.ledger.verify RECEIPT [--file OUTPUT] [--trust TRUST] [--json]
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
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.errors import CannotTell, TamperedError
from governance.ledger.files import open_regular
from governance.ledger.log_folder import LogFolder
from governance.ledger.note import MAX_NOTE_BYTES
from governance.ledger.trust import Trust, load_trust
from governance.ledger.verification import CANNOT_TELL, EXIT_CODES, TAMPERED, Report, verify_receipt
from governance.ledger.verify_text import print_audit, print_error, print_json, print_report

TRUST_VARIABLE = "CLEARCUT_TRUST"
_EPILOGUE = """\
steps for a receipt:
  1 receipt           a Sigstore bundle v0.3 or a C2SP tlog-proof: one DSSE envelope, at most one log entry
  2 statement         a canonical in-toto statement about one subject
  3 file digest       SHA-256 of OUTPUT is the subject's digest (an event has no file: leave --file out)
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
  6 statements        canonical; what their entries commit to; every record id once; a missing one must have been
                      lost in a restore that a later entry records
  7 signatures        made by a record key of the trust file in use at that index
  8 order             each quotes a checkpoint the log signed, the newest at the time it claims, give or take 2 seconds,
                      and took its place within 10 minutes of the log going on after that
  9 corrections       each names an earlier record
 10 continuity        the tree of NOTE is a prefix of this log

exit status:
  0 sound; 1 tampered, withheld, or not signed by a trusted key; 2 cannot tell: a file is missing or unreadable,
  no trust file was named, the receipt is pending, a statement was lost in a recorded restore, or the check failed

Sound means up to the newest checkpoint in the log; whether the log went on, or was cut back, can only be told with a
checkpoint you kept (--old-checkpoint). Times are the issuer's and the keeper's word: without a witness or a time stamp
you learn the order of records, not their time.

The trust file must reach you another way than the receipt or the log. Name it with --trust, or in the environment
variable CLEARCUT_TRUST; there is no other place it is looked for.
"""


def main(arguments: Sequence[str] | None = None, output: TextIO | None = None) -> int:
    """Run the program; return its exit status (0 sound, 1 tampered, 2 cannot tell)."""
    options = _options(arguments)
    output = output or sys.stdout
    try:
        status = _answer(options, output)
        output.flush()
    except OSError:  # nobody reads the answer, or the disk is full: that is no verdict on the evidence
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 -- else the interpreter flushes once more
        return EXIT_CODES[CANNOT_TELL]
    return status


def _answer(options: argparse.Namespace, output: TextIO) -> int:
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
        return verify_receipt(receipt, None if options.file is None else _file_sha256(options.file), trust)
    old_checkpoint = _old_checkpoint(options.old_checkpoint)
    folder = LogFolder(options.log)
    structure_only: bool = options.structure_only
    return audit(
        folder.entries(with_statements=not structure_only),
        folder.checkpoints(needed=not structure_only),
        trust,
        AuditOptions(
            structure_only=structure_only,
            old_checkpoint=old_checkpoint,
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
    parser.add_argument("--file", type=Path, metavar="OUTPUT", help="the file the receipt is for; an event has none")
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
    if options.log is None and options.receipt is None:
        parser.error("expected RECEIPT (and --file, for the receipt of a file), or --log")
    if options.log is not None and (options.receipt is not None or options.file is not None):
        parser.error("got a receipt and a log, expected one of them")
    if options.log is None and (options.old_checkpoint is not None or options.structure_only):
        parser.error("--old-checkpoint and --structure-only go with --log only")
    return options


def _trust_path(option: Path | None) -> Path:
    if option is not None:
        return option
    if named := os.environ.get(TRUST_VARIABLE):
        return Path(named)
    raise CannotTell(
        f"No trust file was named: got neither --trust nor {TRUST_VARIABLE}.",
        how_to_fix="Get it from the log's operator, by another way than the receipt or the log, and name it.",
    )


def _old_checkpoint(path: Path | None) -> str | None:
    if path is None:
        return None
    note = _read(path, MAX_NOTE_BYTES).decode("utf-8", errors="replace")
    try:
        Checkpoint.claimed_in(note)
    except GovernanceError as error:
        raise CannotTell(f"{path} is no checkpoint: {error.message}", how_to_fix="Name one you kept.") from error
    return note


def _read(path: Path, limit: int) -> bytes:
    try:
        with open_regular(path) as file:
            # One byte over the limit is enough for the content to be refused as too long.
            return file.read(limit + 1)
    except OSError as error:
        raise CannotTell(f"Cannot read {path}: {error.strerror}.", how_to_fix="Correct the path.") from error


def _file_sha256(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CannotTell(f"Cannot read {path}: {error.strerror}.", how_to_fix="Correct the path.") from error


if __name__ == "__main__":
    raise SystemExit(main())
