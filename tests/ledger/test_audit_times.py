"""What a record claims of its time, against where it stands and what it quotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.audit_checkpoints import CheckpointTable, microseconds
from governance.ledger.audit_shapes import MERGE_WINDOW, TOLERANCE, AuditReport
from governance.ledger.audit_times import Times
from governance.ledger.checkpoint import Checkpoint
from tests.ledger.log_factories import MINUTE, START, Batch, WholeLog, make_timed_log
from tests.provenance.factories import ORIGIN

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LAST = 39


def daily(claims: datetime | None = None, quotes: int = LAST) -> WholeLog:
    """One entry a day, published a second later; what the last one claims and quotes is up to the test."""
    days = [Batch(START + day * DAY + SECOND, ((START + day * DAY, day),)) for day in range(LAST)]
    made = START + LAST * DAY
    return make_timed_log(*days, Batch(made + SECOND, ((claims or made, quotes),)))


def found(report: AuditReport) -> list[tuple[int | None, str]]:
    return [(finding.index, finding.message) for finding in report.step("order").findings]


def test_a_log_that_tells_the_truth_is_sound() -> None:
    assert daily().audit().verdict == "sound"


def test_attack_25_a_record_of_day_39_that_claims_day_2_and_quotes_its_checkpoint_is_back_dated() -> None:
    report = daily(START + 2 * DAY + timedelta(hours=1), quotes=3).audit()
    assert (report.verdict, report.exit_code) == ("tampered", 1)
    assert found(report) == [
        (
            LAST,
            "It stands at index 39, after a checkpoint of size 39 published at 2026-04-08T10:00:01.000000Z, but quotes "
            "size 3 that was superseded at 2026-03-04T10:00:01.000000Z: back-dated or withheld.",
        )
    ]


@pytest.mark.parametrize("claims", [START, START - 3650 * DAY])
def test_attack_25_quoting_the_empty_log_is_no_way_around_it(claims: datetime) -> None:
    report = daily(claims, quotes=0).audit()
    assert report.verdict == "tampered"
    assert ["quotes size 0 that was superseded at" in message for _, message in found(report)] == [True]


def test_attack_25_a_record_withheld_for_a_week_is_found_by_its_place() -> None:
    report = daily(START + 32 * DAY, quotes=32).audit()
    assert ["back-dated or withheld" in message for _, message in found(report)] == [True]


def test_attack_26_a_record_that_claims_a_time_when_what_it_quotes_was_superseded_is_found() -> None:
    report = daily(START + LAST * DAY, quotes=3).audit()
    assert "quotes size 3, which was not the newest checkpoint at the time it claims" in found(report)[0][1]


def test_attack_26_a_record_that_claims_tomorrow_is_post_dated() -> None:
    report = daily(START + (LAST + 1) * DAY).audit()
    assert [(at, message.endswith("post-dated.")) for at, message in found(report)] == [(LAST, True)]


def test_an_outage_of_an_hour_with_a_backlog_of_several_batches_is_sound() -> None:
    hour = 60 * MINUTE
    waiting = tuple((START + number * 10 * MINUTE, 1) for number in range(1, 6))
    log = make_timed_log(
        Batch(START, ((START - MINUTE, 0),)),
        Batch(START + hour, waiting[:2]),
        Batch(START + hour + 3 * SECOND, waiting[2:4]),
        Batch(START + hour + 6 * SECOND, (*waiting[4:], (START + hour + 4 * SECOND, 3))),
    )
    assert found(log.audit()) == []
    assert log.audit().verdict == "sound"


def waited(how_long: timedelta) -> WholeLog:
    """A record quotes the first checkpoint and gets its place so long after the second one."""
    second = START + MINUTE
    return make_timed_log(
        Batch(START, ((START - MINUTE, 0),)),
        Batch(second, ((second - SECOND, 1),)),
        Batch(second + how_long, ((second + how_long - SECOND, 2),)),
        Batch(second + how_long + SECOND, ((second - SECOND, 1),)),
    )


def test_a_record_that_waits_five_minutes_for_its_place_is_sound() -> None:
    assert waited(5 * MINUTE).audit().verdict == "sound"


def test_a_record_may_wait_for_the_merge_window_and_no_longer() -> None:
    assert waited(MERGE_WINDOW).audit().verdict == "sound"
    assert waited(MERGE_WINDOW + SECOND).audit().verdict == "tampered"
    assert waited(MERGE_WINDOW + SECOND).audit(merge_window=MERGE_WINDOW + SECOND).verdict == "sound"


def test_a_time_that_is_not_known_is_said_and_harms_nobody() -> None:
    report = daily().with_checkpoint(20, published_at=None).audit()
    assert report.verdict == "sound"
    # The entry it covers, and the one that quotes it.
    assert "those of 2 records not fully: publication times are not known" in report.step("order").detail


def test_attack_25_publication_times_that_run_back_are_found() -> None:
    log = daily(START + 2 * DAY + timedelta(hours=1), quotes=3)
    report = log.with_checkpoint(3, published_at=START + LAST * DAY).audit()
    assert report.verdict == "tampered"
    said = report.step("checkpoints").findings[0].message
    assert said.startswith("Checkpoint of size 5: Published at 2026-03-05T10:00:01.000000Z, but a smaller one at")


def test_a_clock_that_was_set_back_a_little_is_left_alone() -> None:
    log = make_timed_log(Batch(START, ((START, 0),)), Batch(START - SECOND, ((START, 1),)))
    assert log.audit().verdict == "sound"


def test_entries_without_checkpoints_are_held_against_nothing() -> None:
    report = replace(daily(), checkpoints=()).audit()
    assert report.step("order").detail == ""


@given(st.lists(st.integers(0, 3600), min_size=2, max_size=12), st.data())
def test_a_record_that_tells_the_truth_is_faulted_if_and_only_if_it_waited_too_long(
    gaps: list[int], data: st.DataObject
) -> None:
    times, table = [START], CheckpointTable()
    for gap in gaps:
        times.append(times[-1] + gap * SECOND)
    for size, when in enumerate(times[1:], start=1):
        table.add(Checkpoint(ORIGIN, size, bytes(32)), when)
    placed = data.draw(st.integers(1, len(gaps)), "batch")
    quoted = data.draw(st.integers(0, placed - 1), "quoted")
    issued_at = times[quoted] + data.draw(st.integers(0, gaps[quoted]), "issued") * SECOND
    faults = list(Times(table, TOLERANCE, MERGE_WINDOW).faults(placed - 1, microseconds(issued_at), quoted))
    too_long = placed > 1 and times[placed - 1] > times[quoted + 1] + MERGE_WINDOW
    assert (["back-dated or withheld" in fault for fault in faults] == [True]) if too_long else (faults == [])
