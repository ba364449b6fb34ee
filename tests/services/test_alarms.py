"""Alarms: on record whatever becomes of the request that met the fault, once each, and closed by a person."""

from __future__ import annotations

import logging

import pytest
from django.db import transaction

from governance.errors import NotAllowed, PlatformError, RequestError
from governance.models import Alarm
from governance.services.alarms import acknowledge, alarmed, open_alarms, raise_alarm
from tests.conftest import Cast

MESSAGE = "The stored file is not the recorded one."


def test_an_alarm_is_on_record_and_logged_as_an_error(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    alarm = raise_alarm("file", "output:17", MESSAGE)
    assert list(Alarm.objects.values_list("kind", "subject", "message")) == [("file", "output:17", MESSAGE)]
    assert (alarm.raised_at is not None, str(alarm)) == (True, "A stored file is not the recorded one: output:17")
    logged = [(entry.levelno, entry.getMessage()) for entry in caplog.records]
    assert logged == [(logging.ERROR, f"ALARM file output:17: {MESSAGE}")]


def test_an_open_alarm_is_not_raised_twice(cast: Cast) -> None:
    first = raise_alarm("file", "output:17", MESSAGE)
    assert raise_alarm("file", "output:17", "Once more.") == first
    raise_alarm("file", "output:18", MESSAGE)
    raise_alarm("record", "output:17", MESSAGE)
    assert Alarm.objects.count() == 3


def test_an_acknowledged_alarm_is_raised_again(cast: Cast) -> None:
    first = raise_alarm("file", "output:17", MESSAGE)
    acknowledge(cast.legal, first, "A disk failed; restored from the backup of Monday.")
    again = raise_alarm("file", "output:17", MESSAGE)
    assert again != first
    assert list(open_alarms()) == [again]


def test_it_outlives_the_request_that_failed(committed_cast: Cast) -> None:
    with pytest.raises(PlatformError, match="swapped"), alarmed("file", "output:17"), transaction.atomic():
        raise PlatformError("The file was swapped.", code="blob.damaged")
    assert open_alarms().get().message == "The file was swapped."


def test_it_is_refused_where_a_rollback_would_take_it_back(committed_cast: Cast) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable atomic block"):
        raise_alarm("file", "output:17", MESSAGE)


def test_the_process_of_the_ledger_can_raise_one_once_a_day(committed_cast: Cast) -> None:
    first = raise_alarm("signer", "log", "The signer refused.", "ledger")
    assert raise_alarm("signer", "log", "The signer refused.", "ledger") == first
    assert open_alarms().get() == first


def test_what_the_caller_did_wrong_is_no_alarm(cast: Cast) -> None:
    with pytest.raises(RequestError, match="Nothing chosen"), alarmed("file", "output:17"):
        raise RequestError("Nothing chosen.")
    assert not Alarm.objects.exists()


def test_only_the_errors_named_are_alarms(cast: Cast) -> None:
    with pytest.raises(PlatformError, match="No disk"), alarmed("file", "output:17", "blob.damaged"):
        raise PlatformError("No disk.", code="blob.scheme")
    assert not Alarm.objects.exists()


def test_an_alarm_is_acknowledged_once_with_a_note(cast: Cast) -> None:
    alarm = raise_alarm("file", "output:17", MESSAGE)
    given = acknowledge(cast.admin, alarm, "  A disk failed.  ")
    assert (given.note, given.acknowledged_by) == ("A disk failed.", cast.admin)
    with pytest.raises(RequestError, match=f"Alarm {alarm.pk} has been acknowledged already") as caught:
        acknowledge(cast.legal, alarm, "A second opinion.")
    assert (caught.value.code, "Reload the page" in caught.value.how_to_fix) == ("alarm.acknowledged", True)


def test_an_acknowledgement_without_a_note_is_refused(cast: Cast) -> None:
    with pytest.raises(RequestError, match="An acknowledgement needs its reasons") as caught:
        acknowledge(cast.legal, raise_alarm("file", "output:17", MESSAGE), " ")
    assert caught.value.code == "alarm.note"


def test_an_auditor_acknowledges_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="needs legal or licence admin"):
        acknowledge(cast.auditor, raise_alarm("file", "output:17", MESSAGE), "Looked into.")
