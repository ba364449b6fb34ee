"""A provenance record, explained and checkable."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import Output
from governance.reports.records import record_detail
from tests.conftest import Cast
from tests.factories import make_output

BrowserAs = Callable[[User], Browser]


def page(browser: Browser, output: Output) -> str:
    return browser.get(reverse("record", args=[output.record_id])).content.decode()


def test_it_explains_what_is_stated(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    html = page(browser_as(cast.owner), output)
    assert "Signature holds" in html
    assert "SHA-256 of the very bytes that were loaded" in html
    assert output.sha256 in html
    assert output.cutout.job.weights_sha256 in html


def test_it_gives_the_command_and_the_files_to_check_it_with(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    html = page(browser_as(cast.owner), output)
    assert "python -m governance.ledger.verify RECEIPT --file OUTPUT --trust trust.json" in html
    assert reverse("output-receipt", args=[output.pk]) in html
    assert reverse("trust") in html


def test_a_record_the_log_has_not_taken_in_says_so(cast: Cast, browser_as: BrowserAs) -> None:
    assert "Signed, waiting for the log" in page(browser_as(cast.owner), make_output(cast))


def test_the_statement_names_no_client_and_no_file(cast: Cast) -> None:
    stated = bytes(make_output(cast).provenance.payload).decode()
    assert "Harbour" not in stated
    assert "cup.png" not in stated


def test_a_record_signed_by_an_unknown_key_does_not_hold(cast: Cast) -> None:
    record = make_output(cast).provenance
    assert record_detail(record).signature_holds
    record.key_id = "0" * 64
    assert not record_detail(record).signature_holds


def test_a_record_whose_text_was_altered_does_not_hold(cast: Cast) -> None:
    record = make_output(cast).provenance
    record.payload = bytes(record.payload).replace(b"float32", b"float16")
    detail = record_detail(record)
    assert (detail.key_trusted, detail.signature_holds) == (True, False)


def test_it_hides_records_of_other_clients(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    assert browser_as(cast.outsider).get(reverse("record", args=[output.record_id])).status_code == 404
    assert browser_as(cast.auditor).get(reverse("record", args=[output.record_id])).status_code == 200


def test_a_record_is_only_ever_read(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    assert browser_as(cast.owner).post(reverse("record", args=[output.record_id])).status_code == 405
