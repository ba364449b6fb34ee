"""The whole way as people walk it: a real browser, web server, worker, ledger process and scheduler.

Screenshots are kept under ``var/screenshots``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect, sync_playwright

from governance.adapters import keys
from governance.management.processes import process_specs
from governance.management.supervisor import ProcessSpec, Supervisor
from governance.models import Role
from governance.services.accounts import add_user, grant_role
from tests.conftest import Cast, make_cast
from tests.factories import PHOTOS, acquire_weights, make_target

PASSWORD = "correct horse battery"
SHOTS = settings.ROOT / "var" / "screenshots"
# Playwright's own event loop thread makes Django refuse the ORM; the tests use it between the browser's steps only.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    cast: Cast


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        started = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield started
        started.close()


@pytest.fixture
def site(committed: dict[str, str], browser: Browser) -> Iterator[Site]:
    """Everything running on a database of its own, with the cast able to sign in."""
    cast = make_cast()
    for user in (cast.owner, cast.legal, cast.admin, cast.second_admin, cast.auditor, cast.outsider):
        add_user(user.username, PASSWORD)
    grant_role(cast.owner, Role.REQUESTER, cast.client)
    acquire_weights()
    make_target(cast, name="Web shop")
    call_command("collectstatic", interactive=False, verbosity=0)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    specs = [with_environment(spec, committed) for spec in process_specs(port=port)]
    url = f"http://127.0.0.1:{port}"
    with Supervisor(specs, emit=print):
        wait_for_health(url)
        yield Site(url, cast)


def with_environment(spec: ProcessSpec, environment: dict[str, str]) -> ProcessSpec:
    return ProcessSpec(spec.name, spec.command, {**spec.environment, **environment}, 15.0, spec.folder)


def wait_for_health(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not come up")


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """A page whose console must stay clean: an error there is a broken script or a content-policy violation."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    yield opened
    context.close()
    assert not problems


def sign_in(page: Page, username: str) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("complementary").get_by_text(username, exact=True)).to_be_visible()


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def start_job(page: Page, files: list[Path | dict[str, object]]) -> None:
    page.goto("/jobs/new/")
    page.locator("#id_target").select_option(index=1)
    expect(page.get_by_role("heading", name="Routes you could take")).to_be_visible()
    page.get_by_label("Pictures").set_input_files(files)  # type: ignore[arg-type]


def test_a_picture_goes_from_upload_to_a_receipt_that_an_outsider_verifies(
    site: Site, page: Page, tmp_path: Path
) -> None:
    sign_in(page, "owner")
    bad = tmp_path / "notes.png"
    bad.write_text("this is not a picture")
    start_job(page, [PHOTOS / "coffee.png", bad])
    page.get_by_label("U²-Netp").first.check()
    shot(page, "new-job")
    page.locator("#submit").click()

    expect(page.get_by_text("notes.png")).to_be_visible()
    expect(page.get_by_role("heading", name="1 of 1 made")).to_be_visible(timeout=60_000)
    shot(page, "job")

    page.get_by_role("link", name="Look at the cutout").click()
    page.get_by_label("Divide between original and cutout").fill("30")
    expect(page.get_by_text("Not released yet")).to_be_visible()
    page.locator("#id_release_target").select_option(index=1)
    page.locator("input[name=accept]").check()
    page.get_by_role("button", name="Release for").click()
    expect(page.get_by_role("link", name="Download as released")).to_be_visible()
    shot(page, "output")

    with page.expect_download() as cutout:
        page.get_by_role("link", name="Download as released").click()
    cutout.value.save_as(tmp_path / "cutout.png")
    with page.expect_download() as receipt:
        page.get_by_role("link", name="Download receipt").click()
    receipt.value.save_as(tmp_path / "receipt.json")
    command = ["-m", "governance.ledger.verify", str(tmp_path / "receipt.json"), "--file", str(tmp_path / "cutout.png")]
    done = subprocess.run(
        [sys.executable, *command, "--trust", str(keys.trust_path())], cwd=settings.ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout

    page.get_by_role("link", name="Provenance record").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    shot(page, "record")


def test_a_refused_job_says_why_and_an_entitlement_opens_the_route(site: Site, page: Page, tmp_path: Path) -> None:
    sign_in(page, "owner")
    start_job(page, [PHOTOS / "coffee.png"])
    row = page.get_by_role("row", name="RMBG-2.0,")
    row.get_by_text("What would allow it").click()
    row.get_by_role("radio").check()
    page.locator("#submit").click()
    expect(page.get_by_text("Why it was refused")).to_be_visible()
    expect(page.get_by_text("Buy a self-host licence for RMBG-2.0")).to_be_visible()
    page.get_by_role("link", name="with clauses and grants").click()
    expect(page.get_by_text("LIC-011")).to_be_visible()
    shot(page, "decision-refused")

    sign_in(page, "admin")
    enter_entitlement(page, tmp_path)
    expect(page.get_by_text("waits on another person")).to_be_visible()
    shot(page, "entitlement-waiting")
    sign_in(page, "second-admin")
    page.goto("/entitlements/ENT-0001/")
    page.get_by_role("button", name="Verify version 1").click()
    expect(page.get_by_text("waits on another person")).to_be_hidden()

    sign_in(page, "owner")
    start_job(page, [PHOTOS / "coffee.png"])
    expect(page.get_by_role("row", name="RMBG-2.0,").get_by_text("ENT-0001 covers")).to_be_visible()
    shot(page, "routes-with-entitlement")


def enter_entitlement(page: Page, tmp_path: Path) -> None:
    paper = tmp_path / "order.pdf"
    paper.write_bytes(b"%PDF-1.4 signed order form")
    page.goto("/entitlements/new/")
    page.get_by_label("Name", exact=True).fill("Bria self-host licence")
    page.get_by_label("Licensor", exact=True).fill("Bria")
    page.get_by_label("Contract or order reference", exact=True).fill("C-2026-17")
    page.locator("select[name=model]").select_option(label="RMBG-2.0")
    page.get_by_label("First day", exact=True).fill("2026-01-01")
    page.get_by_label("Last day", exact=True).fill("2036-12-31")
    page.get_by_label("Territory", exact=True).fill("DE, AT, CH")
    page.get_by_label("Our own workers", exact=True).check()
    page.locator("select[name=output_survival]").select_option("perpetual")
    page.locator("input[type=file]").set_input_files(paper)
    page.get_by_role("button", name="Enter for verification").click()


def test_legal_exports_what_was_made_and_what_was_refused(site: Site, page: Page, tmp_path: Path) -> None:
    sign_in(page, "owner")
    start_job(page, [PHOTOS / "coffee.png"])
    row = page.get_by_role("row", name="RMBG-2.0,")
    row.get_by_text("What would allow it").click()
    row.get_by_role("radio").check()
    page.locator("#submit").click()
    expect(page.get_by_text("Why it was refused")).to_be_visible()

    sign_in(page, "legal")
    page.goto("/audit/")
    shot(page, "audit")
    with page.expect_download() as export:
        page.get_by_role("link", name="Download JSON").click()
    export.value.save_as(tmp_path / "audit.json")
    assert "LIC-011" in json.dumps(json.loads((tmp_path / "audit.json").read_text()))


def test_an_outsider_finds_nothing_of_another_client(site: Site, page: Page) -> None:
    sign_in(page, "outsider")
    page.goto("/clients/")
    expect(page.get_by_role("heading", name="Fern & Field")).to_be_visible()
    expect(page.get_by_text("Harbour Coffee")).to_have_count(0)
