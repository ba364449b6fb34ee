"""A provenance record, explained and checkable."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import resolve, reverse

from governance.adapters import keys
from governance.ledger.verification import SOUND, verify_receipt
from governance.models import Hold, Output, ProvenanceRecord
from governance.reports.record_subjects import KIND_CHOICES, kind_words
from governance.reports.records import record_detail, visible_records
from governance.services.corrections import correct
from tests.conftest import Cast
from tests.factories import make_contract, make_output, make_target
from tests.factories_events import rich_history
from tests.factories_relief import make_hold
from tests.web.sealing import seal

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
    assert reverse("record-receipt", args=[output.record_id]) in html
    assert reverse("trust") in html
    assert reverse("verify") in html


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


def event(kind: str) -> ProvenanceRecord:
    return ProvenanceRecord.objects.filter(kind=kind).latest("created_at")


def url(record: ProvenanceRecord) -> str:
    return reverse("record", args=[record.pk])


def test_an_event_of_a_client_has_a_page_for_those_who_see_the_client(cast: Cast, browser_as: BrowserAs) -> None:
    hold = make_hold(cast, "client", f"CLI-{cast.client.pk}")
    html = browser_as(cast.owner).get(url(event("hold"))).content.decode()
    assert "Hold: placed" in html
    assert reverse("hold", args=[hold.ref]) in html
    assert "As they were" in html
    assert browser_as(cast.outsider).get(url(event("hold"))).status_code == 404


def test_an_event_of_the_organisation_has_a_page_for_oversight_only(cast: Cast, browser_as: BrowserAs) -> None:
    contract = make_contract(cast)
    html = browser_as(cast.auditor).get(url(event("contract"))).content.decode()
    assert reverse("contract", args=[contract.ref]) in html
    assert "the organisation's own" in html
    for person in (cast.owner, cast.outsider):
        assert browser_as(person).get(url(event("contract"))).status_code == 404
        assert browser_as(person).get(reverse("record-receipt", args=[event("contract").pk])).status_code == 404


def test_the_page_of_an_event_says_nothing_of_what_was_committed_to(cast: Cast) -> None:
    make_contract(cast, title="The secret agreement")
    assert "secret" not in record_detail(event("contract")).statement


def test_a_row_altered_since_is_said(cast: Cast) -> None:
    hold = make_hold(cast)
    record = event("hold")
    assert record_detail(record).altered == ""
    record.openings = record.openings.replace('"reason"', '"scope"', 1)
    assert f"hold:{hold.pk} is not what it was" in record_detail(record).altered


def test_a_row_that_is_gone_is_said(cast: Cast) -> None:
    make_hold(cast)
    record = event("hold")
    gone = Hold.objects.count() + 1000
    record.about = f"hold:{gone}"
    assert record_detail(record).about is not None
    assert f"hold:{gone}, which is gone" in str(record_detail(record).about)


def test_every_event_leads_to_what_it_is_about(cast: Cast, browser_as: BrowserAs) -> None:
    rich_history(cast)
    browser, seen = browser_as(cast.legal), set()
    for record in visible_records(cast.legal).exclude(about=""):
        table = record.about.partition(":")[0]
        if table in seen:
            continue
        seen.add(table)
        detail = record_detail(record)
        assert (detail.altered, detail.signature_holds) == ("", True)
        assert detail.about is not None
        if detail.about.url:
            resolve(detail.about.url)
            assert browser.get(detail.about.url).status_code == 200
        else:
            assert table in ("rolegrant", "report")
    assert len(seen) > 20


def test_every_kind_has_words() -> None:
    assert all(kind_words(kind) == words for kind, words in KIND_CHOICES)
    assert kind_words("of a later edition") == "of a later edition"


def test_legal_corrects_a_record_and_it_stays_as_it_was(cast: Cast, browser_as: BrowserAs) -> None:
    record = make_output(cast).provenance
    browser = browser_as(cast.legal)
    answer = browser.post(reverse("record-correct", args=[record.pk]), {"reason": "The wrong picture."}, follow=True)
    html = answer.content.decode()
    assert "The correction is signed and goes into the log. The record stays as it was." in html
    assert "by legal:</strong> The wrong picture." in html
    correction = event("correction")
    assert correction.corrects == record
    assert url(correction) in html
    told = browser.get(url(correction)).content.decode()
    assert url(record) in told
    assert "Correction: corrected" in told


def test_a_correction_may_be_corrected(cast: Cast, browser_as: BrowserAs) -> None:
    wrong = correct(cast.legal, make_output(cast).provenance, "The wrong picture.")
    correct(cast.second_legal, wrong, "It was the right one.")
    html = browser_as(cast.owner).get(url(wrong)).content.decode()
    assert "by second-legal:</strong> It was the right one." in html


def test_a_correction_needs_its_reasons(cast: Cast, browser_as: BrowserAs) -> None:
    record = make_output(cast).provenance
    browser, address = browser_as(cast.legal), reverse("record-correct", args=[record.pk])
    for reason in ("", "   "):
        answer = browser.post(address, {"reason": reason})
        assert answer.status_code == 400
        assert "This field is required." in answer.content.decode()
    assert not ProvenanceRecord.objects.filter(kind="correction").exists()


@pytest.mark.parametrize(("who", "status"), [("owner", 403), ("auditor", 403), ("admin", 403), ("outsider", 404)])
def test_nobody_but_legal_corrects(cast: Cast, browser_as: BrowserAs, who: str, status: int) -> None:
    record = make_output(cast).provenance
    browser = browser_as(getattr(cast, who))
    answer = browser.post(reverse("record-correct", args=[record.pk]), {"reason": "I know better."})
    assert answer.status_code == status
    assert "Sign the correction" not in browser.get(url(record)).content.decode()


def test_receipts_come_in_two_forms_and_both_verify(
    committed_cast: Cast, browser_as: BrowserAs, tmp_path: Path
) -> None:
    output = make_output(committed_cast)
    seal(tmp_path)
    browser, record = browser_as(committed_cast.owner), output.record_id
    for name, ending in (("record-receipt", "sigstore.json"), ("record-proof", "tlog-proof")):
        answer = browser.get(reverse(name, args=[record]))
        assert answer["Content-Disposition"] == f'attachment; filename="cup.{ending}"'
        receipt = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert verify_receipt(receipt, output.sha256, keys.trust()).verdict == SOUND
    assert "Download tlog-proof" in browser.get(reverse("record", args=[record])).content.decode()


def test_there_is_no_proof_before_the_log_sealed_the_record(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    browser = browser_as(cast.owner)
    answer = browser.get(reverse("record-proof", args=[output.record_id]))
    assert (answer.status_code, "proof.pending" in answer.content.decode()) == (400, True)
    assert "it says that the record is pending" in answer.content.decode()
    assert "Download tlog-proof" not in browser.get(url(output.provenance)).content.decode()


def test_the_receipt_of_an_event_can_be_had(cast: Cast, browser_as: BrowserAs) -> None:
    make_hold(cast, "target", f"TGT-{make_target(cast).pk}")
    record = event("hold")
    answer = browser_as(cast.owner).get(reverse("record-receipt", args=[record.pk]))
    assert answer["Content-Disposition"] == f'attachment; filename="record-{record.pk}.sigstore.json"'
    assert "dsseEnvelope" in json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]


def test_receipts_of_outputs_are_for_whoever_may_download(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    for name in ("record-receipt", "record-proof"):
        assert browser_as(cast.admin).get(reverse(name, args=[output.record_id])).status_code == 403
        assert browser_as(cast.outsider).get(reverse(name, args=[output.record_id])).status_code == 404


def test_who_may_not_download_is_offered_neither_receipt_nor_proof(cast: Cast, browser_as: BrowserAs) -> None:
    record = make_output(cast).record_id
    page = browser_as(cast.admin).get(reverse("record", args=[record])).content.decode()
    assert browser_as(cast.admin).get(reverse("record-receipt", args=[record])).status_code == 403
    assert reverse("record-receipt", args=[record]) not in page
    assert "Somebody who may download has to hand you both" in page
