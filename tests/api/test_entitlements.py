"""A purchased right comes in by page, API and command alike: what does not fit is refused in the same words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse

from governance.models import Entitlement
from tests.api_faces import FACES, RIGHT, Refused, by_api, toml
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

QUOTA = {"unit": "output", "period": "calendar_month", "limit": 0, "overage": "block"}
# What is wrong: the changes, and how each face has to say it.
BAD: dict[str, tuple[dict[str, Any], Refused]] = {
    "unknown territory": (
        {"territories": ["DE", "XX"]},
        Refused("territory.unknown", "territories", "Unknown territory: XX; expected ISO 3166-1 codes"),
    ),
    "end before start": (
        {"valid_until": "2025-06-30"},
        Refused("entitlement.dates", "valid_until", "The end (2025-07-01) is not after the start (2026-01-01)."),
    ),
    "no SPDX expression": (
        {"template": "MIT AND NotALicence"},
        Refused("license.expression", "template", "Found the licence expression 'MIT AND NotALicence', which cannot"),
    ),
    "licence without a reading": (
        {"template": "LicenseRef-nobody-read-it"},
        Refused("template.unknown", "template", "Unknown template 'LicenseRef-nobody-read-it'; expected one of"),
    ),
    "quota of nothing": (
        {"quotas": [QUOTA]},
        Refused("quota.limit", "quotas", "A quota of 0; expected 1 to 2,147,483,647."),
    ),
    "overlapping version": (
        {"ref": "ENT-0001", "valid_from": "2026-06-01", "valid_until": "2027-06-30"},
        Refused("entitlement.overlap", "valid_from", "The period overlaps that of version 1 of ENT-0001"),
    ),
}


@pytest.mark.parametrize("face", FACES)
def test_every_face_enters_the_same_right(cast: Cast, tmp_path: Path, face: str) -> None:
    assert FACES[face](cast.admin, tmp_path, RIGHT | {"quotas": [QUOTA | {"limit": 100}]}) is None
    row = Entitlement.objects.get()
    assert (row.ref, row.version, row.entered_by, row.territories) == ("ENT-0001", 1, cast.admin, ["AT", "DE"])
    assert (row.valid_from.isoformat(), row.valid_until.isoformat()) == (
        "2025-12-31T23:00:00+00:00",
        "2026-12-31T23:00:00+00:00",
    )
    assert row.quotas.get().limit == 100
    assert not hasattr(row, "verification")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused_alike(cast: Cast, tmp_path: Path, name: str, face: str) -> None:
    assert by_api(cast.admin, tmp_path, RIGHT) is None
    changes, expected = BAD[name]
    said = FACES[face](cast.admin, tmp_path, RIGHT | changes)
    assert said is not None
    assert (said.code, said.field) == (expected.code, expected.field)
    assert said.message.startswith(expected.message)
    assert said == by_api(cast.admin, tmp_path, RIGHT | changes)
    assert Entitlement.objects.count() == 1


def post(browser: Browser, body: object) -> tuple[int, dict[str, str]]:
    answer = browser.post(reverse("api-entitlements"), json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json().get("error", {})


@pytest.mark.parametrize(
    ("changes", "code", "field", "message"),
    [
        ({"colour": "red"}, "entry.unknown", "colour", "Found the field 'colour'; expected one of title, licensor"),
        ({"territories": "DE"}, "entry.type", "territories", "territories: got 'DE'; expected a list."),
        ({"clients": ["one"]}, "entry.type", "clients", "clients: got 'one'; expected a whole number."),
        ({"clients": [True]}, "entry.type", "clients", "clients: got 'True'; expected a whole number."),
        ({"valid_from": "soon"}, "entry.type", "valid_from", "valid_from: got 'soon'; expected a date, or a time"),
        ({"valid_from": "2026-01-01T00:00:00"}, "entitlement.dates", "valid_until", "Found a time without a zone"),
        ({"quotas": [{"unit": "output"}]}, "entry.missing", "quotas", "The field 'period' is missing."),
        ({"evidence": ["no base64"]}, "entry.type", "evidence", "evidence: got something else than base64"),
        ({"evidence": "order"}, "entry.type", "evidence", "evidence: got something else than base64"),
        ({"evidence": []}, "entitlement.no_evidence", "evidence", "No evidence file given"),
        ({"ref": 17}, "entry.type", "ref", "ref: got 17; expected text."),
        ({"ref": "ENT-0099", "evidence": ["YQ=="]}, "entitlement.unknown", "ref", "There is no entitlement ENT-0099."),
        ({"model": "rmbg-9", "evidence": ["YQ=="]}, "model.unknown", "model", "Unknown model 'rmbg-9'."),
        ({"time_zone": "Mars/Base"}, "time_zone.unknown", "time_zone", "Unknown time zone: 'Mars/Base'"),
    ],
)
def test_the_api_names_the_field(cast: Cast, changes: dict[str, Any], code: str, field: str, message: str) -> None:
    browser = Browser()
    browser.force_login(cast.admin)
    status, error = post(browser, RIGHT | {"evidence": ["YQ=="]} | changes)
    assert (status, error["code"], error["field"]) == (400, code, field)
    assert error["message"].startswith(message)
    assert not Entitlement.objects.exists()


@pytest.mark.parametrize("body", ["", "[1]", '{"title": NaN}', '{"title": "a", "title": "b"}', "[" * 100_000, "\xff"])
def test_what_is_no_json_object_is_said(cast: Cast, body: str) -> None:
    browser = Browser()
    browser.force_login(cast.admin)
    answer = browser.post(reverse("api-entitlements"), body.encode("latin-1"), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "body.json")


def test_who_may_not_enter_is_refused_before_anything_is_read(cast: Cast) -> None:
    browser = Browser()
    browser.force_login(cast.owner)
    status, error = post(browser, {"nonsense": True})
    assert (status, error["code"]) == (403, "access.denied")


def test_nobody_enters_without_a_token_against_forgery(cast: Cast) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(cast.admin)
    answer = browser.post(reverse("api-entitlements"), json.dumps(RIGHT), content_type="application/json")
    assert answer.status_code == 403
    assert not Entitlement.objects.exists()


def test_the_command_says_what_it_cannot_read(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "right.toml"
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("entitlement", "enter", str(file), "--as", "admin")
    file.write_text(toml(RIGHT | {"evidence": ["nowhere.pdf"]}), encoding="utf-8")
    with pytest.raises(CommandError, match=r"nowhere\.pdf"):
        call_command("entitlement", "enter", str(file), "--as", "admin")
    with pytest.raises(CommandError, match="There is no account 'nobody'"):
        call_command("entitlement", "enter", str(file), "--as", "nobody")
    file.write_text(toml(RIGHT | {"evidence": "order.pdf"}), encoding="utf-8")
    with pytest.raises(CommandError, match=r"\[entry\.type\] evidence: "):
        call_command("entitlement", "enter", str(file), "--as", "admin")
