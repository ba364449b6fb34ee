"""Every audit export is on record as it was handed out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import ProvenanceRecord, Report
from governance.provenance.canonical import parse_canonical, sha256_hex
from tests.conftest import Cast
from tests.factories import make_output

BrowserAs = Callable[[User], Browser]


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_the_report_on_record_is_the_one_that_was_sent(cast: Cast, browser_as: BrowserAs, ending: str) -> None:
    make_output(cast)
    asked = {"format": ending, "client": cast.client.pk}
    answer = browser_as(cast.auditor).get(reverse("audit-export"), asked)
    sent = answer.getvalue()
    report = Report.objects.get()
    assert (report.kind, report.sha256, report.size) == (f"audit-{ending}", sha256_hex(sent), len(sent))
    assert (report.client, report.made_by) == (cast.client, cast.auditor)
    scope = parse_canonical(report.scope.encode())
    assert isinstance(scope, dict)
    assert scope["client"] == cast.client.pk
    assert ProvenanceRecord.objects.about(f"report:{report.pk}").count() == 1


@pytest.mark.parametrize("asked", [{"format": "xls"}, {"client": "0"}])
def test_what_is_not_handed_out_is_not_on_record(cast: Cast, browser_as: BrowserAs, asked: dict[str, str]) -> None:
    assert browser_as(cast.auditor).get(reverse("audit-export"), asked).status_code == 400
    assert not Report.objects.exists()


def test_looking_at_the_page_makes_no_report(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.auditor).get(reverse("audit")).status_code == 200
    assert not Report.objects.exists()
