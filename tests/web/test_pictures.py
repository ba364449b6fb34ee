"""A picture's rights page: what the file says, what the owner allowed, until when we may use it."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from governance.models import Asset, AssetTerm, Decision, InputPermission, RightsReading, RightsSignal
from governance.reports.cure_links import steps_of
from governance.services.assets import ingest_asset
from tests.conftest import Cast
from tests.factories import make_asset, picture_job, png
from tests.factories_licenses import PAPER, make_permission

BrowserAs = Callable[[User], Browser]
INFERENCE = "cawg.ai_inference"
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/">'
    b"<plus:ImageAlterationConstraints><rdf:Bag><rdf:li>"
    b"http://ns.useplus.org/ldf/vocab/AL-RET</rdf:li></rdf:Bag></plus:ImageAlterationConstraints>"
    b'</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def signalled(asset: Asset, *, name: str = INFERENCE, value: str = "notAllowed") -> Asset:
    reading = RightsReading.objects.get(asset=asset)
    RightsSignal.objects.create(reading=reading, source="cawg", property=name, value=value)
    return asset


def page(browser: Browser, asset: Asset) -> str:
    return browser.get(reverse("picture", args=[asset.pk])).content.decode()


def permission(**changes: object) -> dict[str, object]:
    file = SimpleUploadedFile("letter.pdf", PAPER)
    said = {"property": "", "granted_by": "Harbour Coffee", "statement": "You may.", "evidence": file}
    return said | changes


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (INFERENCE, "notAllowed", "Does not allow it"),
        (INFERENCE, "allowed", "Allows it"),
        ("cawg.ai_training", "notAllowed", "a cutout trains nothing"),
        ("plus:ImageAlterationConstraints", "http://ns.useplus.org/ldf/vocab/AL-RET", "Asks for no retouching"),
        ("plus:ModelReleaseStatus", "MR-LMR", "Model release limited or incomplete"),
        ("dc:rights", "© Someone", "it decides nothing"),
    ],
)
def test_a_statement_stands_raw_beside_how_we_read_it(
    cast: Cast, browser_as: BrowserAs, name: str, value: str, words: str
) -> None:
    html = page(browser_as(cast.owner), signalled(make_asset(cast), name=name, value=value))
    assert f"<code>{value}</code>" in html
    assert words in html


def test_a_silent_file_is_said_to_be_silent(cast: Cast, browser_as: BrowserAs) -> None:
    assert "The file is silent" in page(browser_as(cast.owner), make_asset(cast))


def test_a_picture_nobody_has_read_is_an_open_question(cast: Cast, browser_as: BrowserAs) -> None:
    asset = Asset.objects.create(
        client=cast.client, sha256="0" * 64, file_name="old.png", media_type="image/png", size=1, width=1, height=1,
        mode="RGB", bits=8, orientation=1, uploaded_by=cast.owner,
    )  # fmt: skip
    assert "Nobody has read it yet" in page(browser_as(cast.owner), asset)


def test_what_could_not_be_read_is_said(cast: Cast, browser_as: BrowserAs) -> None:
    asset = Asset.objects.create(
        client=cast.client, sha256="1" * 64, file_name="old.png", media_type="image/png", size=1, width=1, height=1,
        mode="RGB", bits=8, orientation=1, uploaded_by=cast.owner,
    )  # fmt: skip
    RightsReading.objects.create(asset=asset, reader="r", reader_version="1", problems=["XMP is cut off"])
    html = page(browser_as(cast.owner), asset)
    assert "XMP is cut off" in html
    assert "The file is silent" not in html


def test_the_owner_allows_it_and_a_second_person_verifies(cast: Cast, browser_as: BrowserAs) -> None:
    asset = signalled(make_asset(cast))
    browser = browser_as(cast.owner)
    browser.post(reverse("permission-new", args=[asset.pk]), permission(property=INFERENCE))
    row = InputPermission.objects.get()
    verifying = reverse("permission-verify", args=[row.pk])
    assert verifying not in page(browser, asset)
    assert "Waits for a second person" in page(browser, asset)
    browser_as(cast.legal).post(verifying)
    assert "verified by legal" in page(browser, asset)


def test_only_statements_of_the_file_can_be_answered(cast: Cast, browser_as: BrowserAs) -> None:
    asset = make_asset(cast)
    answer = browser_as(cast.owner).post(reverse("permission-new", args=[asset.pk]), permission(property=INFERENCE))
    assert answer.status_code == 400
    assert not InputPermission.objects.exists()


def test_refuses_a_permission_without_a_paper(cast: Cast, browser_as: BrowserAs) -> None:
    asset = make_asset(cast)
    answer = browser_as(cast.owner).post(reverse("permission-new", args=[asset.pk]), permission(evidence=""))
    assert answer.status_code == 400
    assert not InputPermission.objects.exists()


def test_it_says_until_when_we_may_use_it(cast: Cast, browser_as: BrowserAs) -> None:
    asset, browser = make_asset(cast), browser_as(cast.owner)
    browser.post(reverse("term-new", args=[asset.pk]), {"licensed_until": "2027-03-31", "source": "Invoice 77"})
    assert AssetTerm.objects.get().source == "Invoice 77"
    assert "31 Mar 2027: Invoice 77" in page(browser, asset)
    assert browser.post(reverse("term-new", args=[asset.pk]), {"source": ""}).status_code == 400


def test_it_has_no_picture_of_other_clients(cast: Cast, browser_as: BrowserAs) -> None:
    asset, browser = make_asset(cast), browser_as(cast.outsider)
    row = make_permission(cast, asset, verified=False)
    assert browser.get(reverse("picture", args=[asset.pk])).status_code == 404
    assert browser.get(reverse("picture-preview", args=[asset.pk])).status_code == 404
    assert browser.post(reverse("permission-new", args=[asset.pk]), permission()).status_code == 404
    assert browser.post(reverse("term-new", args=[asset.pk]), {"source": "S"}).status_code == 404
    assert browser.post(reverse("permission-verify", args=[row.pk])).status_code == 404


def test_the_preview_is_a_picture_that_keeps(cast: Cast, browser_as: BrowserAs) -> None:
    url, browser = reverse("picture-preview", args=[make_asset(cast).pk]), browser_as(cast.owner)
    answer = browser.get(url)
    assert answer["Content-Type"] == "image/webp"
    assert browser.get(url, headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_the_job_leads_to_its_pictures(cast: Cast, browser_as: BrowserAs) -> None:
    job = picture_job(cast, {"cup.png": png()})
    html = browser_as(cast.owner).get(reverse("job", args=[job.pk])).content.decode()
    assert reverse("picture", args=[job.cutouts.get().asset_id]) in html


def test_a_refusal_leads_to_the_picture_it_is_about(cast: Cast) -> None:
    data = with_xmp(png())
    job = picture_job(cast, {"marked.png": data})
    decision = Decision.objects.filter(job=job).latest("id")
    asset = job.cutouts.get().asset_id
    assert reverse("picture", args=[asset]) in {step.url for step in steps_of(cast.owner, decision).cures}


def with_xmp(data: bytes) -> bytes:
    """The PNG with an XMP packet in an iTXt chunk before its pixels."""
    body = b"iTXt" + b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    at = data.index(b"IDAT") - 4
    return data[:at] + chunk + data[at:]


def test_a_statement_in_the_file_reaches_the_page(cast: Cast, browser_as: BrowserAs) -> None:
    asset = ingest_asset(cast.owner, cast.client, "marked.png", with_xmp(png()))
    assert "Asks for no retouching" in page(browser_as(cast.owner), asset)
