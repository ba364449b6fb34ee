"""What waits for whom: only what that person may act on, and not their own request."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from governance.models import Hold
from governance.reports.waiting import waiting_for
from governance.services.alarms import acknowledge, raise_alarm
from governance.services.reviews import assign
from tests.conftest import Cast
from tests.factories_relief import make_case, make_hold, make_waiver


def waits(user: User) -> dict[str, str]:
    return {item.ref: item.asked for item in waiting_for(user, timezone.now())}


def test_a_waiver_waits_for_another_person_of_legal(cast: Cast) -> None:
    make_waiver(cast, approved=None, actor=cast.legal)
    make_waiver(cast)
    people = (cast.legal, cast.second_legal, cast.admin, cast.owner, cast.auditor)
    assert [waits(person) for person in people] == [{}, {"WVR-0001": "Second person to approve"}, {}, {}, {}]


def test_a_review_waits_for_whom_it_was_given_to_or_for_anybody(cast: Cast) -> None:
    make_case(cast)
    assign(cast.legal, make_case(cast), cast.second_legal)
    assert waits(cast.legal) == {"REV-0001": "Your decision"}
    assert waits(cast.second_legal) == {"REV-0001": "Your decision", "REV-0002": "Your decision"}
    assert waits(cast.admin) == {}


def test_a_hold_waits_for_its_second_lift_or_to_be_looked_at_again(cast: Cast) -> None:
    make_hold(cast, lifted=1)
    make_hold(cast, lifted=2)
    make_hold(cast)
    Hold.objects.create(ref="HLD-0004", scope="everything", reason="x", review_on="2020-01-01", placed_by=cast.legal)
    assert waits(cast.legal) == {"HLD-0004": "To be looked at again"}
    assert waits(cast.admin) == {"HLD-0001": "Second person to lift", "HLD-0004": "To be looked at again"}
    assert waits(cast.owner) == {}


def test_an_open_alarm_comes_first_and_goes_with_its_acknowledgement(cast: Cast) -> None:
    make_case(cast)
    alarm = raise_alarm("file", "output:17", "The stored file is not the recorded one.")
    assert list(waits(cast.legal)) == [f"Alarm {alarm.pk}", "REV-0001"]
    assert waits(cast.admin) == {f"Alarm {alarm.pk}": "Say what it was"}
    assert waits(cast.auditor) == {}
    acknowledge(cast.admin, alarm, "A disk failed.")
    assert list(waits(cast.legal)) == ["REV-0001"]
