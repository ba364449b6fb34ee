"""What a row says, read back: the same bytes whatever the session's time zone, and other bytes once it was altered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connections

from governance.models import Entitlement, RoleGrant
from governance.models.content import about, columns_of, row_content
from governance.provenance.canonical import canonical, sha256_hex
from tests.conftest import Cast
from tests.factories import make_entitlement


def bytes_of(row: Entitlement) -> bytes:
    return canonical(row_content(row, columns_of(row)))


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Australia/Lord_Howe"])
def test_attack_27_a_row_says_the_same_on_a_server_in_another_time_zone(committed_cast: Cast, zone: str) -> None:
    row = make_entitlement(committed_cast)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(f"ALTER DATABASE {connections['owner'].settings_dict['NAME']} SET timezone = '{zone}'")
    connections.close_all()
    assert bytes_of(Entitlement.objects.get(pk=row.pk)) == bytes_of(row)


def test_another_value_gives_other_bytes(cast: Cast) -> None:
    row = make_entitlement(cast)
    before = bytes_of(row)
    row.wind_down_days += 1
    assert bytes_of(row) != before


def test_a_row_is_named_by_its_model_and_key(cast: Cast) -> None:
    row = make_entitlement(cast)
    assert about(row) == f"entitlement:{row.pk}"


def test_what_an_act_fills_in_later_is_no_part_of_it(cast: Cast) -> None:
    assert "ended_at" not in columns_of(RoleGrant.objects.earliest("pk"))


def test_long_text_and_bytes_stand_as_their_digest(cast: Cast) -> None:
    row = make_entitlement(cast)
    row.title = "x" * 513
    row.licensor = b"paper"  # type: ignore[assignment]
    assert row_content(row, ["title", "licensor"]) == {
        "title": {"sha256": sha256_hex(b"x" * 513)},
        "licensor": {"sha256": sha256_hex(b"paper")},
    }


def test_times_numbers_and_lists_are_spelled_out(cast: Cast) -> None:
    row = make_entitlement(cast)
    row.valid_from = datetime(2026, 1, 2, 3, 4, 5, 60, UTC)
    row.territories = [UUID(int=1), Decimal("1.50"), None, True, {"a": 1}]
    assert row_content(row, ["valid_from", "territories"]) == {
        "valid_from": "2026-01-02T03:04:05.000060Z",
        "territories": ["00000000-0000-0000-0000-000000000001", "1.50", None, True, {"a": 1}],
    }


def test_refuses_what_no_column_holds(cast: Cast) -> None:
    row = make_entitlement(cast)
    row.title = 0.5  # type: ignore[assignment]
    with pytest.raises(TypeError, match="Got a float; expected what a column holds"):
        row_content(row, ["title"])
