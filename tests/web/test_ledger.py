"""The ledger page and the trust file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.adapters import keys
from governance.adapters.signer import Signer
from governance.ledger.trust import Trust
from governance.reports.ledger import log_state
from governance.services.ledger import integrate_pending, publish_checkpoint
from tests.conftest import Cast
from tests.factories import make_output

BrowserAs = Callable[[User], Browser]


def test_an_empty_log_says_so(cast: Cast, browser_as: BrowserAs) -> None:
    html = browser_as(cast.owner).get(reverse("ledger")).content.decode()
    assert "No entries yet" in html
    assert "None has been signed yet." in html


def test_a_record_waits_in_sight(cast: Cast) -> None:
    make_output(cast)
    log = log_state(cast.auditor, timezone.now())
    assert (log.size, log.pending, log.late) == (0, 1, False)


def test_it_says_when_the_ledger_process_does_not_run(cast: Cast) -> None:
    make_output(cast)
    log = log_state(cast.auditor, timezone.now() + timedelta(minutes=3, seconds=5))
    assert (log.late, log.oldest_words) == (True, "3 minutes")


def test_an_entry_links_to_its_record_only_for_those_who_may_see_it(
    committed_cast: Cast, browser_as: BrowserAs, tmp_path: Path
) -> None:
    output = make_output(committed_cast)
    integrate_pending()
    publish_checkpoint(Signer(tmp_path, settings.LOG_ORIGIN, keys.log_key()))
    record = reverse("record", args=[output.record_id])
    for person, sees in ((committed_cast.owner, True), (committed_cast.outsider, False)):
        html = browser_as(person).get(reverse("ledger")).content.decode()
        assert (record in html, "of another client" in html) == (sees, not sees)
        assert f"{settings.LOG_ORIGIN}\n1\n" in html
    html = browser_as(committed_cast.owner).get(record).content.decode()
    assert "In the log, checkpoint signed, entry 0." in html


def test_the_trust_file_verifies_and_holds_public_keys_only(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).get(reverse("trust"))
    assert Trust.from_bytes(answer.content).record_keys[0].key_id == keys.trust().record_keys[0].key_id
    assert b"PRIVATE" not in answer.content
    assert answer["Content-Disposition"] == 'attachment; filename="trust.json"'


def test_the_page_asks_no_more_of_the_database_for_more_records(cast: Cast, browser_as: BrowserAs) -> None:
    browser, url = browser_as(cast.owner), reverse("ledger")
    make_output(cast)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    make_output(cast)
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_the_ledger_is_only_read(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.owner).post(reverse("ledger")).status_code == 405
