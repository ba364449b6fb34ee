"""What the scheduler looks at every minute, with a database that is tampered with for real."""

from __future__ import annotations

import logging

import pytest
from django.core.management import call_command

from governance.management.watch import Watch
from governance.models import Alarm
from governance.services.alarms import acknowledge
from governance.services.ledger import integrate_pending
from tests import dba
from tests.conftest import Cast
from tests.factories import make_output

TRIGGER = "trigger clearcut_no_change on governance_decision"


def open_fence(database: dict[str, str]) -> None:
    dba.tamper(database, "ALTER TABLE governance_decision DISABLE TRIGGER clearcut_no_change")


def close_fence(database: dict[str, str]) -> None:
    dba.tamper(database, "ALTER TABLE governance_decision ENABLE ALWAYS TRIGGER clearcut_no_change")


def let_wait(database: dict[str, str]) -> None:
    dba.tamper(
        database,
        "ALTER TABLE governance_pendingentry DISABLE TRIGGER ALL",
        "UPDATE governance_pendingentry SET queued_at = now() - interval '2 minutes'",
    )


def look_twice(watch: Watch) -> None:
    watch.look()
    watch.look()


def alarms() -> list[str]:
    return list(Alarm.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def watch(committed: dict[str, str], committed_cast: Cast) -> Watch:
    """A watch that has looked once at a database that is as it should be."""
    dba.lock(committed)
    integrate_pending()
    watch = Watch()
    watch.look()
    return watch


def test_a_database_as_it_should_be_raises_no_alarm(watch: Watch) -> None:
    look_twice(watch)
    assert alarms() == []


def test_attack_55_a_fence_that_was_opened_raises_an_alarm(watch: Watch, committed: dict[str, str]) -> None:
    open_fence(committed)
    look_twice(watch)
    found = Alarm.objects.get()
    assert (found.kind, found.subject) == ("fence", TRIGGER)
    assert found.message == f"{TRIGGER} is DISABLED, not ALWAYS."


def test_the_scheduler_says_nothing_of_a_database_as_it_should_be(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "governance"):
        call_command("scheduler", once=True)
    assert caplog.records == []


def test_what_was_put_right_by_the_next_round_raises_none(watch: Watch, committed: dict[str, str]) -> None:
    """While `setup` migrates, the schema is open for some seconds."""
    open_fence(committed)
    watch.look()
    close_fence(committed)
    watch.look()
    assert alarms() == []


def test_what_was_explained_is_not_said_again_while_it_stays_so(
    watch: Watch, committed_cast: Cast, committed: dict[str, str]
) -> None:
    open_fence(committed)
    look_twice(watch)
    acknowledge(committed_cast.legal, Alarm.objects.get(), "A repair, see the change record.")
    watch.look()
    assert alarms() == ["fence"]


def test_what_was_explained_is_told_again_after_a_restart(
    watch: Watch, committed_cast: Cast, committed: dict[str, str]
) -> None:
    open_fence(committed)
    look_twice(watch)
    acknowledge(committed_cast.legal, Alarm.objects.get(), "A repair, see the change record.")
    look_twice(Watch())
    assert alarms() == ["fence", "fence"]


def test_what_nobody_explained_is_not_repeated_by_a_restart(watch: Watch, committed: dict[str, str]) -> None:
    open_fence(committed)
    look_twice(watch)
    look_twice(Watch())
    assert alarms() == ["fence"]


def test_a_breach_among_many_decoys_is_told_too(watch: Watch, committed: dict[str, str]) -> None:
    dba.tamper(committed, *(f"CREATE FUNCTION a_decoy_{n}() RETURNS int LANGUAGE sql AS 'SELECT 1'" for n in range(12)))
    open_fence(committed)
    look_twice(watch)
    assert any(TRIGGER in message for message in Alarm.objects.values_list("message", flat=True))


def test_a_fence_opened_a_second_time_is_told_again(
    watch: Watch, committed_cast: Cast, committed: dict[str, str]
) -> None:
    for _ in range(2):
        open_fence(committed)
        look_twice(watch)
        acknowledge(committed_cast.legal, Alarm.objects.latest("pk"), "A repair, see the change record.")
        close_fence(committed)
        watch.look()
    assert alarms() == ["fence", "fence"]


def test_a_database_that_nobody_locked_is_told(committed_cast: Cast) -> None:
    look_twice(Watch())
    assert "event trigger clearcut_no_ddl" in Alarm.objects.values_list("subject", flat=True)


def test_records_that_nobody_takes_in_raise_an_alarm(
    watch: Watch, committed_cast: Cast, committed: dict[str, str]
) -> None:
    make_output(committed_cast)
    let_wait(committed)
    watch.look()
    assert "outbox" in Alarm.objects.values_list("subject", flat=True)


def test_records_that_wait_a_moment_raise_none(watch: Watch, committed_cast: Cast) -> None:
    make_output(committed_cast)
    look_twice(watch)
    assert alarms() == []
