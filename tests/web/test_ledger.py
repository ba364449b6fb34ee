"""The ledger page and the trust file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.adapters import keys
from governance.ledger.merkle import leaf_hash
from governance.ledger.trust import Trust
from governance.models import AlarmAcknowledgement, PendingEntry, SequencedEntry
from governance.reports.ledger import entries, fence_state, log_state
from governance.services.alarms import raise_alarm
from governance.services.ledger import integrate_pending
from tests.conftest import Cast
from tests.dba import by_superuser
from tests.factories import make_contract, make_output
from tests.web.sealing import seal, take_in

BrowserAs = Callable[[User], Browser]


def test_an_empty_log_says_so(cast: Cast, browser_as: BrowserAs) -> None:
    html = browser_as(cast.owner).get(reverse("ledger")).content.decode()
    assert "No entries yet" in html
    assert "None has been signed yet." in html


def test_a_record_waits_in_sight(cast: Cast) -> None:
    waiting = PendingEntry.objects.count()
    make_output(cast)
    log = log_state(timezone.now())
    assert log.pending > waiting
    assert (log.size, log.signer_behind) == (0, False)


def test_it_says_when_the_ledger_process_does_not_run(committed_cast: Cast, browser_as: BrowserAs) -> None:
    take_in()
    make_output(committed_cast)
    log = log_state(timezone.now() + timedelta(minutes=3, seconds=5))
    assert (log.late, log.oldest_words) == (True, "3 minutes")
    assert not log_state(timezone.now()).late


def test_it_says_when_the_signer_is_behind(committed_cast: Cast, browser_as: BrowserAs, tmp_path: Path) -> None:
    seal(tmp_path)
    assert not log_state(timezone.now() + timedelta(days=1)).signer_behind
    make_output(committed_cast)
    take_in()
    log = log_state(timezone.now() + timedelta(hours=2, minutes=1))
    assert (log.signer_behind, log.unsigned_words) == (True, "2 hours")
    assert not log_state(timezone.now()).signer_behind
    assert "Signing" in browser_as(committed_cast.owner).get(reverse("ledger")).content.decode()


def test_an_entry_links_to_its_record_only_for_those_who_may_see_it(
    committed_cast: Cast, browser_as: BrowserAs, tmp_path: Path
) -> None:
    output = make_output(committed_cast)
    seal(tmp_path)
    record = reverse("record", args=[output.record_id])
    for person, sees in ((committed_cast.owner, True), (committed_cast.outsider, False)):
        html = browser_as(person).get(reverse("ledger")).content.decode()
        assert (record in html, "of another client" in html) == (sees, True)
        assert f"{settings.LOG_ORIGIN}\n{SequencedEntry.objects.count()}\n" in html
    html = browser_as(committed_cast.owner).get(record).content.decode()
    assert f"In the log, checkpoint signed, entry {output.provenance.entry.seq}." in html


def test_entries_of_the_organisation_are_read_by_oversight_only(committed_cast: Cast) -> None:
    make_contract(committed_cast)
    take_in()
    for person, sees in ((committed_cast.auditor, True), (committed_cast.owner, False)):
        newest = entries(person).lines[0]
        assert (newest.record is not None, newest.kind, newest.about.startswith("contract ")) == (
            (True, "contract", True) if sees else (False, "", False)
        )
        assert newest.whose == ("" if sees else "the organisation's")


def test_entries_are_filtered_by_kind_and_only_ones_own_are_found(committed_cast: Cast, browser_as: BrowserAs) -> None:
    make_output(committed_cast)
    make_contract(committed_cast)
    take_in()
    assert {line.kind for line in entries(committed_cast.auditor, "contract").lines} == {"contract"}
    assert entries(committed_cast.owner, "contract").lines == ()
    assert {line.kind for line in entries(committed_cast.owner, "cutout").lines} == {"cutout"}
    assert entries(committed_cast.outsider, "cutout").lines == ()
    page = browser_as(committed_cast.owner).get(reverse("ledger"), {"kind": "contract"}).content.decode()
    assert "No entry of this kind" in page
    assert browser_as(committed_cast.owner).get(reverse("ledger"), {"kind": "nonsense"}).status_code == 400


def test_older_entries_are_a_page_away(committed_cast: Cast, browser_as: BrowserAs) -> None:
    for _ in range(2):
        make_output(committed_cast)
    take_in()
    everything = SequencedEntry.objects.count()
    found, before = [], None
    while True:
        page = entries(committed_cast.auditor, before=before)
        found += [line.index for line in page.lines]
        before = page.before
        if before is None:
            break
    assert found == list(range(everything))[::-1]


def test_an_entry_whose_statement_was_lost_is_shown_as_such(committed_cast: Cast, browser_as: BrowserAs) -> None:
    take_in()
    SequencedEntry.objects.using("ledger").create(
        seq=SequencedEntry.objects.count(), leaf_hash=leaf_hash(b"a leaf"), recovered_leaf=b"a leaf"
    )
    assert entries(committed_cast.auditor).lines[0].lost
    page = browser_as(committed_cast.auditor).get(reverse("ledger")).content.decode()
    assert "statement lost in a restore" in page


def test_the_fence_is_shown_to_oversight(cast: Cast, browser_as: BrowserAs) -> None:
    assert "Database fence" in browser_as(cast.auditor).get(reverse("ledger")).content.decode()
    assert "Database fence" not in browser_as(cast.owner).get(reverse("ledger")).content.decode()


def test_what_is_not_as_pinned_is_said(committed: dict[str, str], committed_cast: Cast, browser_as: BrowserAs) -> None:
    by_superuser(committed, "ALTER TABLE governance_decision DISABLE TRIGGER clearcut_no_change")
    found = fence_state(committed_cast.auditor)
    assert found is not None
    assert any("clearcut_no_change on governance_decision" in sentence for sentence in found.differences)
    assert "Not as pinned" in browser_as(committed_cast.auditor).get(reverse("ledger")).content.decode()


def test_open_alarms_are_shown_to_oversight_and_acknowledged(cast: Cast, browser_as: BrowserAs) -> None:
    alarm = raise_alarm("file", "output:17", "The stored file is not the recorded one.")
    for person in (cast.legal, cast.admin, cast.auditor):
        assert "The stored file is not the recorded one." in browser_as(person).get(reverse("ledger")).content.decode()
    assert "Open alarms" not in browser_as(cast.owner).get(reverse("ledger")).content.decode()
    url = reverse("alarm-acknowledge", args=[alarm.pk])
    answer = browser_as(cast.admin).post(url, {"note": "A disk failed; restored on Monday."}, follow=True)
    assert f"Alarm {alarm.pk} is acknowledged. It is raised anew if the same is met again." in answer.content.decode()
    assert "Open alarms" not in answer.content.decode()
    assert AlarmAcknowledgement.objects.get().note == "A disk failed; restored on Monday."


def test_an_alarm_is_acknowledged_with_a_note_and_once(cast: Cast, browser_as: BrowserAs) -> None:
    url = reverse("alarm-acknowledge", args=[raise_alarm("file", "output:17", "Swapped.").pk])
    browser = browser_as(cast.legal)
    assert "An acknowledgement needs its reasons" in browser.post(url, follow=True).content.decode()
    browser.post(url, {"note": "A disk failed."})
    assert "has been acknowledged already" in browser.post(url, {"note": "Again."}, follow=True).content.decode()


@pytest.mark.parametrize("who", ["owner", "auditor"])
def test_others_acknowledge_no_alarm(cast: Cast, browser_as: BrowserAs, who: str) -> None:
    url = reverse("alarm-acknowledge", args=[raise_alarm("file", "output:17", "Swapped.").pk])
    browser = browser_as(getattr(cast, who))
    assert browser.post(url, {"note": "Nothing to see."}).status_code == 403
    assert browser.get(url).status_code == 405
    assert not AlarmAcknowledgement.objects.exists()


def test_the_trust_file_verifies_and_holds_public_keys_only(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).get(reverse("trust"))
    assert Trust.from_bytes(answer.content).record_keys[0].key_id == keys.trust().record_keys[0].key_id
    assert b"PRIVATE" not in answer.content
    assert answer["Content-Disposition"] == 'attachment; filename="trust.json"'


def test_the_page_asks_no_more_of_the_database_for_more_entries(committed_cast: Cast, browser_as: BrowserAs) -> None:
    browser, url = browser_as(committed_cast.auditor), reverse("ledger")
    integrate_pending(2)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    make_output(committed_cast)
    take_in()
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_the_ledger_is_only_read(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.owner).post(reverse("ledger")).status_code == 405
