"""What the files we make say they are: legal decides, everybody in oversight reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import SourceTypeSetting
from governance.rights.source_types import digital_source_type_for
from tests.conftest import Cast

BrowserAs = Callable[[User], Browser]
CHANGE = {"act": "cutout", "digital_source_type": "composite", "reason": "Counsel reads IPTC's note that way."}


def test_it_shows_what_ships_until_somebody_decides(cast: Cast, browser_as: BrowserAs) -> None:
    page = browser_as(cast.auditor).get(reverse("source-types")).content.decode()
    assert "algorithmicallyEnhanced" in page
    assert "nobody yet: as shipped" in page
    assert "Nobody has changed it" in page
    assert "Set it" not in page


def test_legal_sets_it_and_the_history_says_why(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.legal).post(reverse("source-types"), CHANGE, follow=True)
    page = answer.content.decode()
    assert "Set. Files made from now on say so; the decision goes into the log." in page
    assert "Counsel reads IPTC&#x27;s note that way." in page
    assert "legal, see below" in page
    assert digital_source_type_for("cutout") == "composite"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"reason": " "}, "This field is required."),
        ({"digital_source_type": "trainedAlgorithmicMedia"}, "is not one of the available choices"),
    ],
)
def test_it_refuses_what_is_no_decision(
    cast: Cast, browser_as: BrowserAs, changed: dict[str, str], message: str
) -> None:
    answer = browser_as(cast.legal).post(reverse("source-types"), CHANGE | changed)
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not SourceTypeSetting.objects.exists()


@pytest.mark.parametrize("who", ["owner", "admin", "auditor"])
def test_others_set_nothing(cast: Cast, browser_as: BrowserAs, who: str) -> None:
    assert browser_as(getattr(cast, who)).post(reverse("source-types"), CHANGE).status_code == 403
    assert not SourceTypeSetting.objects.exists()


def test_a_requester_does_not_read_it(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.owner).get(reverse("source-types")).status_code == 403
