"""A statement that is not there counts as lost only if the log itself records the restore that lost it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.audit import audit
from governance.ledger.audit_lost import Judged, LostStatements, Restored, restored_by
from governance.ledger.audit_shapes import AuditedEntry, AuditOptions, AuditReport
from governance.ledger.errors import CannotTell
from tests.ledger.factories import make_trust
from tests.ledger.log_factories import SIZE, WholeLog, make_whole_log, with_event

LOG = make_whole_log()
UNACCOUNTED = "The statement is withheld or lost, and no later entry records a restore that lost it."


def without_statements(log: WholeLog, *indexes: int) -> WholeLog:
    for index in indexes:
        log = log.with_entry(index, envelope=None)
    return log


def restored(at: int, first: int, last: int, lost: int) -> WholeLog:
    return make_whole_log(make=with_event(at, "restore", first=first, last=last, statements_lost=lost))


def missing(report: AuditReport) -> list[tuple[int | None, str]]:
    return [(finding.index, finding.status) for finding in report.step("statements").findings]


def test_attack_05_a_withheld_statement_is_named() -> None:
    report = without_statements(LOG, 7).audit()
    assert (report.verdict, report.exit_code, report.lost) == ("tampered", 1, 1)
    assert missing(report) == [(7, "failed")]
    assert report.step("statements").findings[0].message == UNACCOUNTED


def test_attack_31_statements_lost_in_a_recorded_restore_stay_open() -> None:
    report = without_statements(restored(12, 6, 9, 2), 6, 8).audit()
    assert (report.verdict, report.exit_code, report.lost) == ("cannot-tell", 2, 2)
    assert missing(report) == [(6, "cannot tell"), (8, "cannot tell")]
    said = "The statement was lost in the restore recorded at index 12; its entry stands."
    assert report.step("statements").findings[0].message == said
    assert report.step("signatures").status == "ok"


def test_attack_31_a_restore_that_lost_nothing_is_sound() -> None:
    assert restored(12, 6, 9, 0).audit().verdict == "sound"


def test_attack_31_a_restore_accounts_for_its_own_entries_only() -> None:
    report = without_statements(restored(12, 6, 9, 2), 8, 10).audit()
    assert report.verdict == "tampered"
    assert missing(report) == [(10, "failed"), (8, "cannot tell")]


def test_attack_31_a_restore_accounts_for_no_more_than_it_counts() -> None:
    report = without_statements(restored(12, 6, 9, 2), 6, 7, 8).audit()
    assert missing(report) == [(6, "failed"), (7, "failed"), (8, "failed")]
    said = "the restore recorded at index 12 tells of 2 lost from entry 6 to 9, 3 are missing."
    assert report.step("statements").findings[0].message.endswith(said)


@pytest.mark.parametrize("at", [5, 9])
def test_attack_31_a_restore_cannot_speak_of_what_comes_after_it(at: int) -> None:
    assert missing(without_statements(restored(at, 6, 9, 4), 8).audit()) == [(8, "failed")]


def test_attack_31_a_restore_whose_own_statement_is_missing_accounts_for_nothing() -> None:
    report = without_statements(restored(12, 6, 9, 4), 8, 12).audit()
    assert missing(report) == [(8, "failed"), (12, "failed")]


def test_attack_31_an_altered_restore_accounts_for_nothing() -> None:
    log = without_statements(restored(12, 6, 6, 1), 8)
    report = log.with_entry(12, envelope=restored(12, 6, 9, 4).envelope(12)).audit()
    assert (8, "failed") in missing(report)


def test_a_log_that_could_not_be_read_to_its_end_leaves_a_missing_statement_open() -> None:
    def entries() -> Iterator[AuditedEntry]:
        yield from without_statements(LOG, 7).entries[:10]
        raise CannotTell("Cannot read tile/entries/000.")

    report = audit(entries(), LOG.checkpoints, make_trust(), AuditOptions(processes=1))
    assert (report.verdict, missing(report)) == ("cannot-tell", [(7, "cannot tell")])
    assert "the log could not be read to its end" in report.step("statements").findings[0].message


def test_without_statements_at_all_every_one_is_missed() -> None:
    bare = replace(LOG, entries=tuple(replace(entry, envelope=None) for entry in LOG.entries))
    report = bare.audit()
    assert (report.verdict, report.step("statements").total) == ("tampered", SIZE)


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"first": 2, "last": 4},
        {"first": 2, "last": 4, "statements_lost": "3"},
        {"first": None, "last": 4, "statements_lost": 3},
        {"first": -1, "last": 4, "statements_lost": 3},
        {"first": 5, "last": 4, "statements_lost": 3},
        {"first": 2, "last": 9, "statements_lost": 3},
        {"first": 2, "last": 4, "statements_lost": -1},
    ],
)
def test_a_restore_that_makes_no_sense_tells_of_nothing(details: dict[str, str | int | None]) -> None:
    assert restored_by(details, 9) is None


def test_a_restore_is_read_by_its_details() -> None:
    details = {"act": "replayed", "first": 2, "last": 4, "statements_lost": 3, "signed_size": 5}
    assert restored_by(details, 9) == Restored(2, 4, 3)


def by_definition(lost: list[int], restores: list[tuple[int, int, int, int]]) -> list[tuple[int, str]]:
    """The rule as it is said: some restore covers the index and counts at least what is missing in its range."""
    found = []
    for index in lost:
        told = any(
            first <= index <= last and sum(first <= other <= last for other in lost) <= count
            for first, last, count, _ in restores
        )
        found.append((index, "cannot tell" if told else "failed"))
    return found


@given(
    st.lists(st.integers(0, 40), unique=True).map(sorted),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 12)).filter(lambda it: it[0] <= it[1])),
)
def test_any_number_of_overlapping_restores_is_judged_as_the_rule_says(
    lost: list[int], spans: list[tuple[int, int, int]]
) -> None:
    restores = [(*span, 41 + number) for number, span in enumerate(spans)]
    statements = LostStatements()
    for index in lost:
        statements.add(index)
    for first, last, count, at in restores:
        statements.add_restore(Restored(first, last, count), at)
    judged: list[Judged] = list(statements.judged(complete=True))
    assert [(one.at, one.status) for one in judged] == by_definition(lost, restores)
