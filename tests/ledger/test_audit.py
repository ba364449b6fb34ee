from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from governance.ledger.audit import audit
from governance.ledger.audit_shapes import STEPS, AuditedEntry, AuditOptions, AuditReport
from governance.ledger.errors import CannotTell
from governance.ledger.log_lines import envelope_line
from governance.ledger.tile import tile_bytes
from governance.provenance.envelope import Envelope
from governance.provenance.references import CheckpointRef
from tests.ledger.factories import make_trust
from tests.ledger.log_factories import (
    EVERY,
    SIZE,
    START,
    WholeLog,
    make_entry,
    make_whole_log,
    publish,
    record_id,
    with_event,
)
from tests.provenance.factories import EMPTY_ROOT, ORIGIN

LOG = make_whole_log()


def statuses(report: AuditReport) -> dict[str, str]:
    return {step.name: step.status for step in report.steps}


def assert_finds(report: AuditReport, step: str, message: str, *, index: int | None = None) -> None:
    found = [finding for finding in report.step(step).findings if message in finding.message]
    assert found, report.step(step)
    assert (report.verdict, report.exit_code, report.step(step).status) == ("tampered", 1, "failed")
    assert index is None or index in [finding.index for finding in found]


def test_a_sound_log_passes_every_step_it_was_asked() -> None:
    report = LOG.audit()
    assert (report.verdict, report.exit_code, report.entries, report.lost) == ("sound", 0, SIZE, 0)
    assert statuses(report) == dict.fromkeys(STEPS, "ok") | {"tiles": "not asked", "continuity": "not asked"}
    assert [step.number for step in report.steps] == list(range(1, 11))


def test_it_counts_what_it_checked() -> None:
    report = LOG.audit(old_checkpoint=LOG.checkpoints[1].note)
    counted = {step.name: step.checked for step in report.steps}
    assert counted == {
        "checkpoints": SIZE // EVERY,
        "sequence": SIZE,
        "entries": SIZE,
        "roots": SIZE // EVERY,
        "tiles": 0,
        "statements": SIZE,
        "signatures": SIZE,
        "order": SIZE,
        "corrections": 0,
        "continuity": 1,
    }


def test_a_log_with_nothing_in_it_is_sound() -> None:
    report = WholeLog((), ()).audit()
    assert (report.verdict, report.entries) == ("sound", 0)


def test_entries_nobody_signed_for_cannot_be_judged() -> None:
    report = replace(LOG, checkpoints=()).audit()
    assert (report.verdict, report.exit_code, report.step("checkpoints").status) == ("cannot-tell", 2, "cannot tell")


def test_entries_after_the_newest_checkpoint_are_told_but_no_fault() -> None:
    report = replace(LOG, checkpoints=LOG.checkpoints[:-1]).audit()
    assert report.verdict == "sound"
    assert report.step("sequence").detail == "5 after the newest checkpoint, not signed yet"


def test_structure_only_leaves_statements_out_and_says_so() -> None:
    bare = replace(LOG, entries=tuple(replace(entry, envelope=None) for entry in LOG.entries))
    report = bare.audit(structure_only=True)
    assert (report.verdict, report.structure_only, report.lost) == ("sound", True, 0)
    left_out = [name for name, status in statuses(report).items() if status == "not asked"]
    assert left_out == ["tiles", "statements", "signatures", "order", "corrections", "continuity"]


@cache
def long_log() -> WholeLog:
    """Enough entries for the work to be spread at all."""
    return make_whole_log(2_100, every=700)


def test_any_number_of_processes_finds_the_same() -> None:
    log = long_log().with_entry(2_050, envelope=LOG.envelope(0))
    report = log.audit(processes=2)
    assert report.step("statements").findings[0].index == 2_050
    assert report.as_json() == log.audit(processes=1).as_json()


def test_statements_may_come_as_lines_of_an_export() -> None:
    lines = tuple(replace(e, envelope=envelope_line(e.index, LOG.envelope(e.index))) for e in LOG.entries)
    assert replace(LOG, entries=lines).audit().verdict == "sound"


def test_a_line_for_another_entry_is_found() -> None:
    log = LOG.with_entry(7, envelope=envelope_line(8, LOG.envelope(7)))
    assert_finds(log.audit(), "statements", "Got the statement of entry 8 in line 8, expected that of entry 7", index=7)


def test_the_signature_of_a_lost_statement_is_still_checked() -> None:
    stranger = make_entry(7, CheckpointRef("ledger.example.com/prov-1", 5, LOG.checkpoints[0].root), seed=8)
    log = make_whole_log(make=lambda index, quoted: stranger if index == 7 else make_entry(index, quoted))
    report = log.with_entry(7, envelope=None).audit()
    assert report.step("signatures").checked == SIZE
    assert_finds(report, "signatures", "signed by a key that the trust file does not list", index=7)


def test_a_record_kept_under_another_id_is_found() -> None:
    report = LOG.with_entry(7, record_id=record_id(8)).audit()
    assert_finds(report, "statements", f"Kept as record {record_id(8)}, the statement is {record_id(7)}", index=7)


def test_findings_name_the_record() -> None:
    assert LOG.with_entry(7, record_id=record_id(8)).audit().step("statements").findings[0].record_id == record_id(7)


def test_findings_are_capped_but_all_are_counted() -> None:
    log = replace(LOG, entries=tuple(replace(entry, leaf=b"{}") for entry in LOG.entries))
    step = log.audit(cap=3).step("entries")
    assert (len(step.findings), step.total) == (3, SIZE)


def test_a_failure_counts_even_where_none_is_listed() -> None:
    report = LOG.with_entry(7, leaf=b"{}").audit(cap=0)
    assert (report.verdict, report.step("entries").findings, report.step("entries").total) == ("tampered", (), 1)


def test_open_matters_never_crowd_out_a_failure() -> None:
    log = replace(LOG, entries=tuple(replace(entry, envelope=None) for entry in LOG.entries[:-1]) + LOG.entries[-1:])
    report = log.with_entry(SIZE - 1, envelope=LOG.envelope(0)).audit(cap=3)
    assert report.step("statements").findings[0].status == "failed"


def test_an_unknown_correction_is_only_a_doubt_where_statements_were_lost() -> None:
    log = make_whole_log(make=correcting(record_id(3)))
    report = log.with_entry(3, envelope=None).audit()
    assert (report.step("corrections").status, report.step("corrections").total) == ("cannot tell", 1)


def correcting(target: str | None) -> Callable[[int, CheckpointRef], AuditedEntry]:
    return with_event(9, "correction", corrects=target)


def test_a_correction_of_an_earlier_record_is_sound() -> None:
    report = make_whole_log(make=correcting(record_id(3))).audit()
    assert (report.verdict, report.step("corrections").checked) == ("sound", 1)


@pytest.mark.parametrize("target", [record_id(9), record_id(12), record_id(999)])
def test_a_correction_of_no_earlier_record_is_found(target: str) -> None:
    report = make_whole_log(make=correcting(target)).audit()
    assert_finds(report, "corrections", f"It corrects record {target}, which is no earlier entry", index=9)


@pytest.mark.parametrize("target", [None, "no id"])
def test_a_correction_that_names_no_record_is_found(target: str | None) -> None:
    report = make_whole_log(make=correcting(target)).audit()
    assert_finds(report, "corrections", "expected the id of a record", index=9)


def test_times_within_the_tolerance_are_sound() -> None:
    late = timedelta(seconds=31, milliseconds=900)
    log = make_whole_log(make=lambda index, quoted: make_entry(index, quoted, **issued(index, 4, late)))
    assert log.audit().verdict == "sound"
    assert log.audit(tolerance=timedelta(seconds=1)).verdict == "tampered"


def issued(index: int, which: int, shift: timedelta) -> dict[str, object]:
    return {"issued_at": START + index * timedelta(minutes=1) + shift} if index == which else {}


def test_without_publication_times_only_the_order_of_sizes_counts() -> None:
    log = make_whole_log(make=lambda index, quoted: make_entry(index, quoted, **issued(index, 4, timedelta(days=9))))
    untimed = replace(log, checkpoints=tuple(replace(c, published_at=None) for c in log.checkpoints))
    assert (log.audit().verdict, untimed.audit().verdict) == ("tampered", "sound")
    said = f"and those of {SIZE} records not fully: publication times are not known"
    assert said in untimed.audit().step("order").detail


def test_it_says_that_times_rest_on_the_keeper_s_word() -> None:
    said = "the order is proved; times are held against the keeper's word only"
    assert LOG.audit().step("order").detail == said


def test_it_says_up_to_where_it_looked_and_what_was_not_asked() -> None:
    value = LOG.audit().as_json()
    root = LOG.checkpoints[-1].root
    assert value["up_to"] == {"last_entry": SIZE - 1, "size": SIZE, "root": root, "origin": ORIGIN}
    assert value["continuity_asked"] is False
    assert LOG.audit(old_checkpoint=LOG.checkpoints[0].note).as_json()["continuity_asked"] is True
    assert WholeLog((), ()).audit().as_json()["up_to"] is None
    assert WholeLog((), (publish([]),)).audit().as_json()["up_to"] == {
        "last_entry": None,
        "size": 0,
        "root": EMPTY_ROOT,
        "origin": ORIGIN,
    }


def broken_off(error: Exception) -> Iterator[AuditedEntry]:
    yield from LOG.entries[:7]
    raise error


@pytest.mark.parametrize("error", [CannotTell("Cannot read tile/entries/000."), MemoryError(), KeyError("leaf")])
def test_it_never_calls_sound_what_it_could_not_read(error: Exception) -> None:
    report = audit(broken_off(error), LOG.checkpoints, make_trust())
    assert (report.verdict, report.exit_code, report.step("sequence").status) == ("cannot-tell", 2, "cannot tell")


def test_it_never_calls_sound_checkpoints_it_could_not_read() -> None:
    def published() -> Iterator[object]:
        yield LOG.checkpoints[0]
        raise OSError("gone")

    report = audit(LOG.entries, published(), make_trust())  # type: ignore[arg-type]
    assert (report.verdict, report.step("checkpoints").status) == ("cannot-tell", "cannot tell")


class Deadly:
    """Ends the process that reads it."""

    def __reduce__(self) -> tuple[Callable[[int], object], tuple[int]]:
        return os._exit, (1,)


def test_it_never_calls_sound_what_a_worker_died_over() -> None:
    report = long_log().with_entry(2_050, envelope=Deadly()).audit(processes=2)
    assert (report.verdict, report.exit_code) == ("cannot-tell", 2)
    assert "The check itself failed (BrokenProcessPool" in report.step("sequence").findings[0].message


def test_an_accident_while_checking_one_record_is_no_verdict_on_it() -> None:
    # No envelope has a payload that is not bytes: whatever that breaks, the entry stays open.
    broken = Envelope("application/vnd.in-toto+json", None, LOG.envelope(7).key_id, b"x")  # type: ignore[arg-type]
    report = LOG.with_entry(7, envelope=broken).audit()
    assert (report.verdict, report.step("signatures").total) == ("cannot-tell", 1)
    assert "The check itself failed (TypeError" in report.step("signatures").findings[0].message


def test_a_false_tile_is_found_and_a_missing_one_is_open() -> None:
    log = make_whole_log(300, every=150)
    tree = log.tree

    def false(level: int, index: int, width: int) -> bytes:
        return bytes(32 * width) if (level, index) == (0, 1) else tile_bytes(level, index, width, tree.read)

    def missing(level: int, index: int, width: int) -> bytes:
        raise CannotTell("Cannot read it.")

    assert log.audit(read_tile=lambda *place: tile_bytes(*place, tree.read)).step("tiles").checked == 3
    assert_finds(log.audit(read_tile=false), "tiles", "tile/0/001.p/44 does not hold the hashes of the entries")
    assert log.audit(read_tile=missing).verdict == "cannot-tell"


def test_the_report_can_be_written_as_json() -> None:
    value = json.loads(json.dumps(LOG.with_entry(7, record_id=record_id(8)).audit().as_json()))
    assert list(value) == [
        "verdict",
        "structure_only",
        "entries",
        "lost",
        "up_to",
        "continuity_asked",
        "steps",
    ]
    assert value["steps"][5] == {
        "number": 6,
        "name": "statements",
        "status": "failed",
        "checked": SIZE,
        "detail": "",
        "total": 1,
        "findings": [
            {
                "status": "failed",
                "index": 7,
                "record_id": record_id(7),
                "message": f"Kept as record {record_id(8)}, the statement is {record_id(7)}.",
            }
        ],
    }


def test_the_options_have_the_stated_defaults() -> None:
    assert AuditOptions() == AuditOptions(False, None, None, None, timedelta(seconds=2), 20, timedelta(minutes=10))
