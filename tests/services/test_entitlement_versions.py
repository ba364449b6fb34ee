"""Versions of a purchased right: none overlaps another, one can be ended to make room, the right one is judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from governance.errors import RequestError
from governance.models import Entitlement, EntitlementEnd
from governance.policy.grants import Grant
from governance.rights.grants import purchased
from governance.services.entitlement_terms import QuotaTerms
from governance.services.entitlements import end_entitlement
from tests.conftest import Cast
from tests.factories import make_entitlement

pytestmark = pytest.mark.django_db

YEAR = timedelta(days=365)
START = datetime(2026, 1, 1, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


def version(cast: Cast, start: datetime = START, end: datetime | None = None, **facts: Any) -> Entitlement:
    return make_entitlement(cast, valid_from=start, valid_until=end or start + YEAR, **facts)


def heard(at: datetime) -> Grant:
    (found,) = [each for each in purchased(at) if each.ref == "ENT-0001"]
    return found


def test_a_version_that_overlaps_another_is_refused_by_name(cast: Cast) -> None:
    version(cast)
    with pytest.raises(RequestError) as caught:
        version(cast, SUMMER, ref="ENT-0001")
    assert caught.value.code == "entitlement.overlap"
    assert caught.value.message == (
        "The period overlaps that of version 1 of ENT-0001, in force from 2026-01-01 to before 2027-01-01."
    )
    assert caught.value.how_to_fix == (
        "Let the new version start on 2027-01-01, or end version 1 when the new one starts."
    )
    assert Entitlement.objects.count() == 1


def test_the_database_refuses_an_overlap_too(cast: Cast) -> None:
    first = version(cast)
    first.pk, first.version, first.opaque_id = None, 2, "00000000-0000-0000-0000-000000000002"
    with pytest.raises(IntegrityError, match="overlaps that of version 1"), transaction.atomic():
        first.save(force_insert=True)


def test_a_version_may_start_the_instant_another_ends(cast: Cast) -> None:
    version(cast)
    assert version(cast, START + YEAR, ref="ENT-0001").version == 2


def test_a_version_ended_early_makes_room_for_the_next(cast: Cast) -> None:
    version(cast)
    end_entitlement(cast.admin, "ENT-0001", SUMMER, "Amended", version=1)
    assert version(cast, SUMMER, ref="ENT-0001").version == 2


def test_ended_for_good_it_takes_no_further_version(cast: Cast) -> None:
    version(cast)
    end_entitlement(cast.admin, "ENT-0001", SUMMER, "Terminated")
    with pytest.raises(RequestError, match="was ended for good on 2026-07-01") as caught:
        version(cast, START + YEAR, ref="ENT-0001")
    assert (caught.value.code, caught.value.how_to_fix) == ("entitlement.ended", "Enter a new entitlement.")


def test_each_version_ends_once(cast: Cast) -> None:
    version(cast)
    version(cast, START + YEAR, ref="ENT-0001")
    for number in (1, 2):
        end_entitlement(cast.admin, "ENT-0001", SUMMER, "Amended", version=number)
    with pytest.raises(RequestError, match="ENT-0001 v2 has ended already") as caught:
        end_entitlement(cast.admin, "ENT-0001", SUMMER, "Again", version=2)
    assert caught.value.code == "entitlement.ended"
    assert EntitlementEnd.objects.count() == 2


def test_a_version_that_is_not_there_cannot_end(cast: Cast) -> None:
    version(cast)
    with pytest.raises(RequestError, match="has no version 2; there are 1") as caught:
        end_entitlement(cast.admin, "ENT-0001", SUMMER, "Amended", version=2)
    assert caught.value.code == "entitlement.version_unknown"


def test_after_the_end_for_good_no_single_version_ends(cast: Cast) -> None:
    version(cast)
    end_entitlement(cast.admin, "ENT-0001", SUMMER, "Terminated")
    with pytest.raises(RequestError, match="ENT-0001 has ended already"):
        end_entitlement(cast.admin, "ENT-0001", SUMMER, "Amended", version=1)


def test_an_end_without_a_zone_is_refused(cast: Cast) -> None:
    version(cast)
    with pytest.raises(RequestError, match="without a zone") as caught:
        end_entitlement(cast.admin, "ENT-0001", SUMMER.replace(tzinfo=None), "Terminated")
    assert caught.value.code == "entitlement.ended_at"


def test_the_evaluator_hears_of_the_version_in_force(cast: Cast) -> None:
    version(cast, territories=("DE",))
    version(cast, START + YEAR, ref="ENT-0001", territories=("DE", "GB"), verified=False)
    first, second = heard(SUMMER), heard(SUMMER + YEAR)
    assert (first.version, first.scope.territories, first.standing.verified) == (1, ("DE",), True)
    assert (second.version, second.scope.territories, second.standing.verified) == (2, ("DE", "GB"), False)


def test_an_amendment_for_later_that_nobody_verified_takes_nothing_away(cast: Cast) -> None:
    version(cast)
    version(cast, START + YEAR, ref="ENT-0001", verified=False)
    assert heard(START + YEAR - timedelta.resolution).standing.verified


def test_the_end_of_one_version_leaves_the_others(cast: Cast) -> None:
    version(cast)
    end_entitlement(cast.admin, "ENT-0001", SUMMER, "Amended", version=1)
    version(cast, SUMMER, ref="ENT-0001")
    assert heard(SUMMER).standing.ended_at is None
    assert heard(SUMMER - timedelta(days=1)).standing.ended_at == SUMMER


def test_an_end_for_good_counts_for_every_version(cast: Cast) -> None:
    version(cast)
    version(cast, START + YEAR, ref="ENT-0001")
    end_entitlement(cast.admin, "ENT-0001", SUMMER, "Terminated")
    for at in (SUMMER, SUMMER + YEAR):
        assert (heard(at).standing.ended_at, heard(at).standing.ended_reason) == (SUMMER, "Terminated")


def test_of_two_ends_the_earlier_counts(cast: Cast) -> None:
    version(cast)
    end_entitlement(cast.admin, "ENT-0001", SUMMER + timedelta(days=30), "Amended", version=1)
    end_entitlement(cast.admin, "ENT-0001", SUMMER, "Terminated")
    assert heard(SUMMER).standing.ended_reason == "Terminated"


def test_more_entitlements_and_versions_ask_no_more_of_the_database(cast: Cast) -> None:
    quota = (QuotaTerms("output", "calendar_month", 10),)
    version(cast, quotas=quota, agent_required=True)
    purchased(SUMMER)
    with CaptureQueriesContext(connection) as few:
        purchased(SUMMER)
    for number in range(2, 6):
        version(cast, quotas=quota, agent_required=True)
        version(cast, START + YEAR, ref=f"ENT-{number:04d}", quotas=quota)
    with CaptureQueriesContext(connection) as many:
        found = purchased(SUMMER)
    assert len([grant for grant in found if grant.ref.startswith("ENT")]) == 5
    assert len(many) == len(few)
