"""A log in a database that really commits, the act of auditing it, and what a database administrator can do to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from pytest_django.fixtures import Settings

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.schema_lock import unlock_schema
from governance.adapters.signer import Signer
from governance.ledger.audit_shapes import AuditReport
from governance.reports.ledger_audit import HouseOptions, audit_ledger
from governance.services.ledger import integrate_pending, publish_checkpoint
from governance.services.weights import Acquired, record_acquisition
from tests import dba
from tests.conftest import Cast
from tests.factories import make_entitlement, make_output, model

Audit = Callable[..., AuditReport]
Tamper = Callable[..., None]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key())


def bring_weights() -> None:
    """On record as the service does it, with its event; the factories find them there."""
    sha256 = model().weights.filter(format="safetensors").order_by("sha256")[0].sha256
    record_acquisition(Acquired(sha256, "test", "tests", sha256, (), "", ""))


@pytest.fixture
def auditing(committed: dict[str, str], signer: Signer, tmp_path: Path, settings: Settings) -> Audit:
    """The act of auditing the log of this database."""
    settings.LOG_DIR = tmp_path / "log"

    def audit(**options: object) -> AuditReport:
        asked = replace(HouseOptions(processes=1), **options)  # type: ignore[arg-type]
        return audit_ledger(keys.trust(), signer, LogFiles(tmp_path / "log"), asked)

    return audit


@pytest.fixture
def audited(auditing: Audit, committed: dict[str, str], committed_cast: Cast, signer: Signer) -> Audit:
    """A log of several batches and checkpoints, and the act of auditing it."""
    dba.lock(committed)
    bring_weights()
    make_entitlement(committed_cast)
    for _ in range(3):
        make_output(committed_cast)
        integrate_pending()
        publish_checkpoint(signer)
    return auditing


@pytest.fixture
def as_superuser(committed: dict[str, str]) -> Callable[..., None]:
    """What a database administrator with time on their hands does: past roles, lock and triggers, and tidied up."""

    def run(sql: str, *values: object) -> None:
        url = committed["DATABASE_OWNER_URL"]
        unlock_schema(url)
        with psycopg.connect(url) as session:
            session.execute("SET session_replication_role = replica")
            found = session.execute(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'clearcut%'"
            ).fetchall()
            for table, trigger in found:
                session.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            session.execute(sql, values)
            for table, trigger in found:
                session.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        dba.lock(committed)

    return run


def step(report: AuditReport, name: str) -> tuple[str, str]:
    """The status of a step, and the first thing it found."""
    found = next(each for each in report.steps if each.name == name)
    return found.status, found.findings[0].message if found.findings else ""


def messages(report: AuditReport, name: str) -> list[str]:
    """Everything a step found."""
    return [finding.message for finding in report.step(name).findings]
