"""Reports: on record with digest and scope before their first byte leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from governance.errors import GovernanceError, NotAllowed
from governance.models import ProvenanceRecord, Report, Role
from governance.provenance.canonical import parse_canonical, sha256_hex
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement
from governance.services.accounts import add_user, grant_role
from governance.services.exports import IN_MEMORY, record_report
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

ASKED = {"client": None, "first": "2026-01-01"}


def test_it_keeps_digest_size_and_scope_and_gives_the_bytes_back(cast: Cast) -> None:
    made = record_report(cast.auditor, "audit-csv", ASKED, iter([b"kind,at\r\n", b"end,now\r\n"]))
    with made.content as file:
        assert file.read() == b"kind,at\r\nend,now\r\n"
    report = Report.objects.get()
    assert made.report == report
    assert (report.sha256, report.size) == (sha256_hex(b"kind,at\r\nend,now\r\n"), 18)
    assert parse_canonical(report.scope.encode()) == ASKED
    assert (report.client, report.made_by) == (None, cast.auditor)


def test_a_large_report_is_put_together_on_disk(cast: Cast) -> None:
    made = record_report(cast.auditor, "audit-csv", ASKED, [b"x" * IN_MEMORY, b"y"])
    with made.content as file:
        assert file._rolled  # type: ignore[attr-defined]
        assert file.read() == b"x" * IN_MEMORY + b"y"


def test_it_enters_the_log_by_its_digest(cast: Cast) -> None:
    made = record_report(cast.auditor, "audit-csv", ASKED, [b"row"], cast.client.pk)
    made.content.close()
    (record,) = ProvenanceRecord.objects.about(f"report:{made.report.pk}")
    event = Statement.from_bytes(bytes(record.payload)).predicate
    assert isinstance(event, LedgerEvent)
    assert event.details == {"act": "made", "report": "audit-csv", "sha256": sha256_hex(b"row"), "size": 3}
    assert record.client == cast.client


def test_a_report_that_breaks_off_is_not_on_record(cast: Cast) -> None:
    def lines() -> Iterator[bytes]:
        yield b"kind,at\r\n"
        raise GovernanceError("The table went away.")

    with pytest.raises(GovernanceError, match="The table went away"):
        record_report(cast.auditor, "audit-csv", ASKED, lines())
    assert not Report.objects.exists()


def test_it_is_for_those_who_may_export(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match=r"\(audit\.export\)"):
        record_report(cast.admin, "audit-csv", ASKED, [b"row"])


def test_a_report_on_every_client_is_not_for_the_auditor_of_one(cast: Cast) -> None:
    visitor = add_user("visitor", None)
    grant_role(visitor, Role.AUDITOR, cast.client)
    with pytest.raises(NotAllowed, match=r"\(audit\.export\)"):
        record_report(visitor, "audit-csv", ASKED, [b"row"])
    record_report(visitor, "audit-csv", ASKED, [b"row"], cast.client.pk).content.close()
