"""One purchased right, put in by page, API and command: what each says when it does not fit, in the same words."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse

PAPER = b"%PDF-1.7 order"
RIGHT: dict[str, Any] = {
    "title": "Bria self-host licence",
    "licensor": "Bria",
    "contract_reference": "C-17",
    "model": "rmbg-2.0",
    "valid_from": "2026-01-01",
    "valid_until": "2026-12-31",
    "time_zone": "Europe/Berlin",
    "territories": ["DE", "AT"],
    "hosting_modes": ["we_self_host"],
}


@dataclass(frozen=True, slots=True)
class Refused:
    """What a face said of what did not fit."""

    code: str
    field: str
    message: str


Face = Callable[[User, Path, dict[str, Any]], Refused | None]


def by_page(actor: User, folder: Path, right: dict[str, Any]) -> Refused | None:
    """The form, filled in as a person would."""
    browser = Browser()
    browser.force_login(actor)
    same = ("title", "licensor", "contract_reference", "model", "valid_from", "valid_until", "hosting_modes")
    form = {name: right[name] for name in same} | {
        "grant_kind": "self_host",
        "template": right.get("template", "LicenseRef-bria-selfhost"),
        "zone": right["time_zone"],
        "territories": ", ".join(right["territories"]),
        "output_survival": "unknown",
        "weights_survival": "unknown",
        "weights_distribution": "none",
        "evidence": SimpleUploadedFile("order.pdf", PAPER),
    }
    for number, quota in enumerate(right.get("quotas", []), 1):
        form |= {f"quota_{number}_{name}": value for name, value in quota.items()}
    ref = f"?ref={right['ref']}" if "ref" in right else ""
    answer = browser.post(reverse("entitlement-new") + ref, form)
    if answer.status_code == 302:
        return None
    assert answer.status_code == 400
    ((field, (error, *_)),) = answer.context["form"].errors.as_data().items()
    return Refused(error.code, re.sub(r"quota_\d_limit", "quotas", field), error.messages[0])


def by_api(actor: User, folder: Path, right: dict[str, Any]) -> Refused | None:
    browser = Browser()
    browser.force_login(actor)
    body = right | {"evidence": [base64.b64encode(PAPER).decode()]}
    answer = browser.post(reverse("api-entitlements"), json.dumps(body), content_type="application/json")
    if answer.status_code == 201:
        return None
    assert answer.status_code == 400
    error = answer.json()["error"]
    return Refused(error["code"], error["field"], f"{error['message']} {error['how_to_fix']}".strip())


def by_command(actor: User, folder: Path, right: dict[str, Any]) -> Refused | None:
    (folder / "order.pdf").write_bytes(PAPER)
    file = folder / "right.toml"
    file.write_text(toml(right | {"evidence": ["order.pdf"]}), encoding="utf-8")
    try:
        call_command("entitlement", "enter", str(file), "--as", actor.get_username())
    except CommandError as problem:
        text = str(problem)
    else:
        return None
    found = re.fullmatch(r"\[(\S+)\] (\w+): (.*)", text)
    assert found is not None, text
    return Refused(*found.groups())


def toml(values: dict[str, Any]) -> str:
    """Enough TOML for these fields; JSON's text, numbers and lists are TOML's too."""
    quotas = values.pop("quotas", [])
    lines = [f"{name} = {_day(value) or json.dumps(value)}" for name, value in values.items()]
    for quota in quotas:
        lines += ["[[quotas]]", *(f"{name} = {json.dumps(value)}" for name, value in quota.items())]
    return "\n".join(lines) + "\n"


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return ""


FACES: dict[str, Face] = {"page": by_page, "api": by_api, "command": by_command}
