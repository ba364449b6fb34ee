"""What the log committed to, against the rows as they are now: sound after a rich history, named once altered."""

from __future__ import annotations

import json

import pytest
from django.db import connections

from governance.models import Entitlement, ProvenanceRecord, Quota
from governance.reports.commitments import RowsAltered, check_entry_rows, rows_of
from governance.services.entitlement_terms import QuotaTerms
from governance.services.holds import place_hold
from tests.conftest import Cast
from tests.factories import make_entitlement, make_output
from tests.factories_events import rich_history
from tests.models.test_append_only import APPEND_ONLY, MUTABLE

QUOTAS = (QuotaTerms("output", "term", 10),)


def entered(right: Entitlement) -> ProvenanceRecord:
    return ProvenanceRecord.objects.about(f"entitlement:{right.pk}")[0]


def past_the_fence(table: str, sql: str) -> None:
    """As somebody who owns the server could."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(f"ALTER TABLE governance_{table} DISABLE TRIGGER ALL")
        cursor.execute(sql)
        cursor.execute(f"ALTER TABLE governance_{table} ENABLE TRIGGER ALL")


def test_every_event_of_a_rich_history_still_says_what_was_committed(cast: Cast) -> None:
    rich_history(cast)
    records = ProvenanceRecord.objects.exclude(about="")
    assert {record.kind: check_entry_rows(record) for record in records.iterator()} == dict.fromkeys(
        records.values_list("kind", flat=True)
    )


def test_it_commits_only_to_rows_that_cannot_change(cast: Cast) -> None:
    rich_history(cast)
    told = {type(row)._meta.db_table for row in rows_of(ProvenanceRecord.objects.all()).values()}
    assert told - {"governance_rolegrant"} <= set(APPEND_ONLY)
    assert MUTABLE["governance_rolegrant"] == {"ended_at"}


def test_the_rows_of_many_records_are_read_with_a_query_per_table(
    cast: Cast, django_assert_num_queries: object
) -> None:
    for _ in range(3):
        make_entitlement(cast, quotas=QUOTAS)
    records = list(ProvenanceRecord.objects.filter(kind="entitlement"))
    with django_assert_num_queries(3):  # type: ignore[operator]
        rows = rows_of(records)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert {check_entry_rows(record, rows) for record in records} == {None}


def test_attack_43_an_altered_row_is_named(committed_cast: Cast) -> None:
    right = make_entitlement(committed_cast)
    past_the_fence("entitlement", "UPDATE governance_entitlement SET wind_down_days = 90")
    with pytest.raises(RowsAltered) as caught:
        check_entry_rows(entered(right))
    assert caught.value.message == (
        f"Record {entered(right).pk} (entitlement, entitlement:{right.pk}): entitlement:{right.pk} is not what it was."
    )


def test_a_row_that_is_gone_is_named(committed_cast: Cast) -> None:
    right = make_entitlement(committed_cast, quotas=QUOTAS)
    quota = Quota.objects.get()
    past_the_fence("quota", "DELETE FROM governance_quota")
    with pytest.raises(RowsAltered, match=f"quota:{quota.pk} cannot be found"):
        check_entry_rows(entered(right))


def altered_opening(record: ProvenanceRecord, **changes: object) -> ProvenanceRecord:
    """The record as somebody left it who rewrote what opens its commitment."""
    (opening,) = json.loads(record.openings)
    record.openings = json.dumps([opening | changes])
    return record


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": {}}, "another shape than we gave it"),
        ({"rows": {"entitlement:x": ["pk"]}}, "entitlement:x cannot be found"),
        ({"rows": {"nothing:1": ["pk"]}}, "nothing:1 cannot be found"),
        ({"rows": {"provenancerecord:1": ["id"]}}, "provenancerecord:1 cannot be found"),
        ({"salt": "AAAA"}, "is not what it was"),
        ({"salt": "?"}, "is not what it was"),
        ({"field": "picture"}, "another shape than we gave it"),
    ],
)
def test_an_opening_that_was_rewritten_opens_nothing(cast: Cast, changes: dict[str, object], message: str) -> None:
    record = altered_opening(entered(make_entitlement(cast)), **changes)
    with pytest.raises(RowsAltered, match=message):
        check_entry_rows(record)


@pytest.mark.parametrize("columns", [["ref"], ["save"], ["no_such_column"], 7, "ref", [7]])
def test_other_columns_than_were_committed_to_open_nothing(cast: Cast, columns: object) -> None:
    right = make_entitlement(cast)
    record = altered_opening(entered(right), rows={f"entitlement:{right.pk}": columns})
    with pytest.raises(RowsAltered, match="is not what it was"):
        check_entry_rows(record)


def test_an_opening_that_is_no_json_is_said_to_be(cast: Cast) -> None:
    record = entered(make_entitlement(cast))
    record.openings = "{"
    with pytest.raises(RowsAltered, match="its opening is not readable"):
        check_entry_rows(record)


def test_one_unreadable_opening_does_not_keep_others_from_being_checked(cast: Cast) -> None:
    spoilt, sound = (entered(make_entitlement(cast)) for _ in range(2))
    spoilt.openings = "{"
    check_entry_rows(sound, rows_of([spoilt, sound]))


def test_the_record_of_a_cutout_commits_to_no_rows(cast: Cast) -> None:
    output = make_output(cast)
    check_entry_rows(output.provenance)
    assert rows_of([output.provenance]) == {}


def test_text_that_canonical_json_cannot_hold_is_committed_to_all_the_same(cast: Cast) -> None:
    hold = place_hold(cast.legal, "everything", "", "From a letter:\u200f שלום")
    (record,) = ProvenanceRecord.objects.about(f"hold:{hold.pk}")
    check_entry_rows(record)
