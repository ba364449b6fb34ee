"""Claims about training data: the queue, one claim, counter-evidence and its review."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import ClaimReview, LineageClaim
from governance.services.claims import review_claim
from tests.conftest import Cast
from tests.factories_licenses import PAPER, claim, make_contradiction

BrowserAs = Callable[[User], Browser]


def page(browser: Browser) -> str:
    return browser.get(reverse("claim", args=[claim().slug])).content.decode()


def queue(browser: Browser, show: str = "waiting") -> str:
    return browser.get(reverse("claim-list"), {"show": show}).content.decode()


def reviewed(cast: Cast, row: LineageClaim) -> None:
    make_contradiction(cast, row)
    review_claim(cast.legal, row, "accepted", "Read.")


def test_a_contradicted_claim_waits_until_it_is_reviewed(cast: Cast, browser_as: BrowserAs) -> None:
    link = reverse("claim", args=[claim().slug])
    assert link not in queue(browser_as(cast.legal))
    make_contradiction(cast)
    assert link in queue(browser_as(cast.legal))
    review_claim(cast.legal, claim(), "accepted", "Read.")
    assert link not in queue(browser_as(cast.legal))
    assert link in queue(browser_as(cast.legal), "all")


def test_the_catalogues_own_contradictions_wait_too(cast: Cast, browser_as: BrowserAs) -> None:
    weighing = LineageClaim.objects.filter(weighs=True)
    assert weighing.exists()
    html = queue(browser_as(cast.owner))
    assert all(reverse("claim", args=[row.slug]) in html for row in weighing)


def test_the_queue_asks_no_more_of_the_database_for_more_claims(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.legal)
    rows = LineageClaim.objects.all()
    reviewed(cast, rows[0])
    with CaptureQueriesContext(connection) as few:
        queue(browser, "all")
    for row in rows[1:5]:
        reviewed(cast, row)
    with CaptureQueriesContext(connection) as more:
        queue(browser, "all")
    assert len(more) == len(few)


def test_it_records_counter_evidence_and_its_review(cast: Cast, browser_as: BrowserAs) -> None:
    said = {"counter": "The list names none.", "source": "Letter", "evidence": SimpleUploadedFile("l.pdf", PAPER)}
    browser_as(cast.admin).post(reverse("claim-contradict", args=[claim().slug]), said)
    html = page(browser_as(cast.legal))
    assert "The list names none." in html
    assert "Contradicted, not reviewed: holds work" in html
    review = {"conclusion": "accepted", "rationale": "It is an older list.", "review_on": "2999-01-01"}
    browser_as(cast.legal).post(reverse("claim-review", args=[claim().slug]), review)
    html = page(browser_as(cast.owner))
    assert "It is an older list." in html
    assert "again on 1 Jan 2999" in html


def test_the_model_page_shows_how_its_claims_stand(cast: Cast, browser_as: BrowserAs) -> None:
    make_contradiction(cast)
    html = browser_as(cast.owner).get(reverse("model", args=["u2netp"])).content.decode()
    assert "Contradicted, not reviewed: holds work" in html
    assert reverse("claim", args=[claim().slug]) in html
    assert "grade:" in html


def test_refuses_half_a_review(cast: Cast, browser_as: BrowserAs) -> None:
    review = {"conclusion": "accepted", "rationale": "Read.", "review_on": "2020-01-01"}
    answer = browser_as(cast.legal).post(reverse("claim-review", args=[claim().slug]), review)
    assert answer.status_code == 400
    assert "has come already" in answer.content.decode()
    assert not ClaimReview.objects.exists()


def test_a_requester_reads_and_says_nothing(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.owner)
    assert reverse("claim-review", args=[claim().slug]) not in page(browser)
    said = {"counter": "No.", "source": "Letter"}
    assert browser.post(reverse("claim-contradict", args=[claim().slug]), said).status_code == 403


def test_an_unknown_claim_is_not_found(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.legal).get(reverse("claim", args=["nobody"])).status_code == 404
    assert browser_as(cast.legal).post(reverse("claim-review", args=["nobody"])).status_code == 404
