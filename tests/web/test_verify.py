"""A file somebody brings: known byte for byte, claimed and changed, or unknown; never a word of another client's."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from governance.adapters import blobs
from governance.ledger.bundle import MAX_RECEIPT_BYTES
from governance.models import Decision, Output, ProvenanceRecord
from governance.reports.evidence import proof_text, receipt_bytes
from governance.reports.file_check import FileCheck
from governance.services.accounts import add_user
from governance.web.uploads import HashedUpload
from governance.web.views import verify
from tests.conftest import Cast
from tests.factories import make_output
from tests.factories_relief import make_hold
from tests.web.sealing import seal

BrowserAs = Callable[[User], Browser]
UNKNOWN = "No record of these exact bytes is known here."
ALTERED = "but its bytes differ: altered, re-encoded or stripped."


@pytest.fixture
def output(cast: Cast) -> Output:
    return make_output(cast)


def bring(browser: Browser, data: bytes, receipt: bytes | None = None, name: str = "cup-cutout.png") -> HttpResponse:
    files = {"file": SimpleUploadedFile(name, data)}
    if receipt is not None:
        files["receipt"] = SimpleUploadedFile("cup.sigstore.json", receipt)
    return browser.post(reverse("verify"), files)  # type: ignore[return-value]


def said(answer: HttpResponse) -> FileCheck:
    check: FileCheck = answer.context["check"]  # type: ignore[attr-defined]
    return check


def file_of(output: Output) -> bytes:
    return blobs.get(output.sha256)


def stripped(data: bytes) -> bytes:
    """The same pixels, without a word about them."""
    stream = io.BytesIO()
    Image.frombytes("RGBA", (8, 6), Image.open(io.BytesIO(data)).tobytes()).save(stream, "PNG")
    return stream.getvalue()


def encoded_again(data: bytes) -> bytes:
    stream = io.BytesIO()
    Image.open(io.BytesIO(data)).save(stream, "WEBP", lossless=True)
    return stream.getvalue()


def one_pixel_changed(data: bytes) -> bytes:
    picture, stream = Image.open(io.BytesIO(data)), io.BytesIO()
    picture.putpixel((0, 0), (0, 0, 0, 255))
    picture.save(stream, "PNG")
    return stream.getvalue()


def changed_under_its_manifest(data: bytes) -> bytes:
    return data + b"\0"


def test_a_delivered_file_is_known_with_its_record_and_decision(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    answer = bring(browser_as(cast.owner), file_of(output))
    page, (known,) = answer.content.decode(), said(answer).known
    assert answer.status_code == 200
    assert "cup-cutout.png is a recorded file, byte for byte." in page
    assert (known.record, known.output, known.decision) == (output.record_id, output.pk, output.cutout.decision_id)
    for name, key in (("record", output.record_id), ("decision", known.decision), ("output", output.pk)):
        assert reverse(name, args=[key]) in page
    assert "All as it was" in page
    assert said(answer).sha256 == output.sha256


@pytest.mark.parametrize("who", ["owner", "colleague", "legal", "admin", "auditor"])
def test_every_role_that_sees_the_client_may_ask(cast: Cast, output: Output, browser_as: BrowserAs, who: str) -> None:
    assert len(said(bring(browser_as(getattr(cast, who)), file_of(output))).known) == 1


def test_it_says_what_changed_since(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    hold = make_hold(cast)
    page = bring(browser_as(cast.owner), file_of(output)).content.decode()
    assert "Not all that it rests on is as it was; see below." in page
    assert f"{hold.ref} was placed on" in page
    assert "Not allowed" in page


def test_before_the_log_took_it_in_the_receipt_cannot_tell(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    answer = bring(browser_as(cast.owner), file_of(output))
    assert said(answer).known[0].verified.verdict == "cannot-tell"
    assert "The receipt is signed but pending" in answer.content.decode()


def test_all_eight_steps_are_shown_once_it_is_in_the_log(
    committed_cast: Cast, browser_as: BrowserAs, tmp_path: Path
) -> None:
    output = make_output(committed_cast)
    seal(tmp_path)
    for receipt in (receipt_bytes(output), proof_text(output).encode()):
        answer = bring(browser_as(committed_cast.owner), file_of(output), receipt)
        report = said(answer).receipt
        assert report is not None
        assert (report.verdict, len(report.steps)) == ("sound", 8)
        page = answer.content.decode()
        assert page.count("Holds</span>") >= 16  # the receipt brought, and the one of the record
        assert "Holds for this file" in page


def test_a_sound_receipt_is_shown_even_where_the_record_is_not_the_readers(
    committed_cast: Cast, browser_as: BrowserAs, tmp_path: Path
) -> None:
    output = make_output(committed_cast)
    seal(tmp_path)
    answer = bring(browser_as(committed_cast.outsider), file_of(output), receipt_bytes(output))
    assert (said(answer).known, said(answer).claimed) == ((), None)
    assert "The record itself is not shown: it is of a client whose work you may not see" in answer.content.decode()
    assert "Holds for this file" in answer.content.decode()


@pytest.mark.parametrize("change", [stripped, encoded_again, one_pixel_changed])
def test_attack_41_other_bytes_are_not_the_recorded_file(
    cast: Cast, output: Output, browser_as: BrowserAs, change: Callable[[bytes], bytes]
) -> None:
    answer = bring(browser_as(cast.owner), change(file_of(output)), receipt_bytes(output))
    report = said(answer).receipt
    assert report is not None
    assert said(answer).known == ()
    assert UNKNOWN in answer.content.decode()
    assert (report.verdict, report.stopped_at and report.stopped_at.name) == ("tampered", "file digest")
    assert "This is not the recorded file: compare with the original delivery" in answer.content.decode()


def test_attack_41_a_changed_file_that_kept_its_manifest_is_led_to_its_record(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    answer = bring(browser_as(cast.owner), changed_under_its_manifest(file_of(output)))
    page, claimed = answer.content.decode(), said(answer).claimed
    assert claimed is not None
    assert (claimed.record, claimed.sha256, claimed.made_from) == (output.record_id, output.sha256, False)
    assert ALTERED in page
    assert reverse("record", args=[output.record_id]) in page
    assert "it does not prove it of this file" in page


def test_attack_42_the_receipt_of_one_picture_does_not_hold_for_another(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    other = make_output(cast)
    answer = bring(browser_as(cast.owner), file_of(other), receipt_bytes(output))
    report = said(answer).receipt
    assert report is not None
    stop = report.stopped_at
    assert stop is not None
    assert (report.verdict, stop.number) == ("tampered", 3)
    assert stop.detail.startswith(f"The file has SHA-256 {other.sha256}, the record speaks of {output.sha256}.")
    page = answer.content.decode()
    assert "Does not hold for this file" in page
    assert [known.record for known in said(answer).known] == [other.record_id]


def without_its_names(page: str, data: bytes, sha256: str) -> str:
    """The page without what follows from the file alone."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
    return page.replace(sha256, "").replace(f"{len(data)} bytes", "").replace(f"{len(data) / 1000:.1f} kB", "")


@pytest.mark.parametrize("change", [bytes, changed_under_its_manifest])
def test_another_clients_file_is_answered_exactly_as_an_unknown_one(
    cast: Cast, output: Output, browser_as: BrowserAs, change: Callable[[bytes], bytes]
) -> None:
    browser = browser_as(cast.outsider)
    theirs, nobodys = change(file_of(output)), stripped(file_of(output))
    pages = []
    for data in (theirs, nobodys):
        answer = bring(browser, data)
        assert UNKNOWN in answer.content.decode()
        pages.append(without_its_names(answer.content.decode(), data, said(answer).sha256))
    assert pages[0] == pages[1]
    assert str(output.record_id) not in pages[0]


def test_who_has_no_role_knows_no_file(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    assert UNKNOWN in bring(browser_as(add_user("newcomer", None)), file_of(output)).content.decode()


def test_a_stranger_is_sent_to_sign_in(cast: Cast) -> None:
    assert bring(Browser(), b"anything")["Location"].startswith(reverse("sign-in"))


def test_any_file_may_be_asked_about(cast: Cast, browser_as: BrowserAs) -> None:
    answer = bring(browser_as(cast.owner), b"not a picture at all", name="notes.txt")
    assert answer.status_code == 200
    assert UNKNOWN in answer.content.decode()


def test_asking_keeps_and_records_nothing(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    before = Decision.objects.count(), ProvenanceRecord.objects.count()
    data = stripped(file_of(output))
    check = said(bring(browser_as(cast.owner), data))
    assert (Decision.objects.count(), ProvenanceRecord.objects.count()) == before
    assert not blobs._path(check.sha256).exists()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "No file chosen. Choose the one you want to know about."),
        ({"file": SimpleUploadedFile("empty.png", b"")}, "The file is empty: there are no bytes to compare."),
        (
            {"file": SimpleUploadedFile("a.png", b"a"), "receipt": SimpleUploadedFile("r.json", b"")},
            "The receipt is empty.",
        ),
        (
            {
                "file": SimpleUploadedFile("a.png", b"a"),
                "receipt": SimpleUploadedFile("r", bytes(MAX_RECEIPT_BYTES + 1)),
            },
            f"a receipt has at most {MAX_RECEIPT_BYTES}. Is it the file itself?",
        ),
    ],
    ids=["no file", "empty file", "empty receipt", "huge receipt"],
)
def test_it_says_what_is_wrong_with_what_was_brought(
    cast: Cast, browser_as: BrowserAs, files: dict[str, SimpleUploadedFile], message: str
) -> None:
    for file in files.values():
        file.seek(0)
    answer = browser_as(cast.owner).post(reverse("verify"), files)
    assert answer.status_code == 400
    assert message in answer.content.decode()


def test_a_receipt_that_is_none_fails_at_the_first_step(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    report = said(bring(browser_as(cast.owner), file_of(output), b"{}")).receipt
    assert report is not None
    assert (report.verdict, report.stopped_at and report.stopped_at.number) == ("tampered", 1)


def test_a_file_over_the_limit_is_refused_before_it_is_kept(cast: Cast, rf: RequestFactory) -> None:
    request = rf.post(reverse("verify"), {"file": SimpleUploadedFile("large.png", bytes(3_000_000))})
    request.user, request._dont_enforce_csrf_checks = cast.owner, True
    hashed = HashedUpload(request, 1_048_576)
    request.upload_handlers.insert(0, hashed)
    answer = verify._answer(request, hashed)
    assert answer.status_code == 400
    assert "The file is too large: at most 1 MB can be verified here." in answer.content.decode()
    assert "No file chosen" not in answer.content.decode()


def test_a_file_is_hashed_whatever_handler_keeps_it(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    """Beyond what Django keeps in memory the file goes through the disk; its digest is the same."""
    data = file_of(output) + bytes(9 * 1024 * 1024)
    assert said(bring(browser_as(cast.owner), data)).size == len(data)


def test_a_form_of_another_site_is_refused(cast: Cast, output: Output) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(cast.owner)
    assert bring(browser, file_of(output)).status_code == 403


def test_the_page_needs_no_script(cast: Cast, browser_as: BrowserAs) -> None:
    page = browser_as(cast.owner).get(reverse("verify")).content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert '<input type="file" name="file" id="id_file"' in page
    assert browser_as(cast.owner).put(reverse("verify")).status_code == 405


def test_it_asks_no_more_of_the_database_for_a_longer_history(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    browser, data = browser_as(cast.owner), file_of(output)
    bring(browser, data)
    with CaptureQueriesContext(connection) as few:
        bring(browser, data)
    for _ in range(3):
        make_output(cast)
    with CaptureQueriesContext(connection) as many:
        bring(browser, data)
    assert len(many) == len(few)
