"""Alarms: on record whatever becomes of the request that met the fault, once each, and closed by a person."""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import override_settings

from governance.errors import GovernanceError, NotAllowed, PlatformError, RequestError
from governance.models import Alarm, ProvenanceRecord
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement
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


def _details(record: ProvenanceRecord) -> dict[str, object]:
    event = Statement.from_bytes(bytes(record.payload)).predicate
    assert isinstance(event, LedgerEvent)
    return dict(event.details)


def entered(alarm: Alarm) -> list[dict[str, object]]:
    """What the log says of it."""
    records = ProvenanceRecord.objects.about(f"alarm:{alarm.pk}").order_by("created_at")
    return [_details(record) for record in records]


def test_what_becomes_of_an_alarm_is_told_in_the_log(cast: Cast) -> None:
    alarm = raise_alarm("file", "output:17", MESSAGE)
    raise_alarm("file", "output:17", MESSAGE)
    acknowledge(cast.legal, alarm, "A disk failed.")
    assert entered(alarm) == [{"act": "raised", "kind": "file"}, {"act": "acknowledged"}]


def without_key(folder: Path) -> override_settings:
    return override_settings(RECORD_KEY=f"file:{folder / 'no-such.pem'}")


def test_it_is_raised_though_the_key_of_records_cannot_be_read(
    cast: Cast, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with without_key(tmp_path):
        alarm = raise_alarm("record", "output:17", MESSAGE)
    assert (list(open_alarms()), entered(alarm)) == ([alarm], [])
    assert f"Alarm {alarm.pk} could not be entered in the log" in caplog.text


def test_what_missed_the_log_is_entered_when_it_is_met_again(cast: Cast, tmp_path: Path) -> None:
    with without_key(tmp_path):
        alarm = raise_alarm("record", "output:17", MESSAGE)
    assert raise_alarm("record", "output:17", MESSAGE) == alarm
    assert entered(alarm) == [{"act": "raised", "kind": "record"}]


def test_nobody_closes_an_alarm_that_missed_the_log(cast: Cast, tmp_path: Path) -> None:
    with without_key(tmp_path):
        alarm = raise_alarm("record", "output:17", MESSAGE)
        with pytest.raises(GovernanceError, match="no-such.pem"):
            acknowledge(cast.legal, alarm, "A disk failed.")
    acknowledge(cast.legal, alarm, "A disk failed.")
    assert entered(alarm) == [{"act": "raised", "kind": "record"}, {"act": "acknowledged"}]


def test_an_alarm_about_the_record_of_an_alarm_makes_no_further_record(cast: Cast) -> None:
    first = raise_alarm("record", f"provenancerecord:{uuid4()}", MESSAGE)
    (record,) = ProvenanceRecord.objects.about(f"alarm:{first.pk}")
    second = raise_alarm("record", f"provenancerecord:{record.pk}", MESSAGE)
    assert (len(entered(first)), entered(second)) == (1, [])
    assert open_alarms().count() == 2


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
