"""An installation from before the log told of events: what it holds is entered once, and the audit is sound."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from governance.adapters.signer import Signer
from governance.ledger.verification import FAILED, SOUND
from governance.models import (
    CatalogueSync,
    Contract,
    Decision,
    EntitlementVerification,
    ProvenanceRecord,
    QuotaEntry,
    RecordCorrection,
)
from governance.models.told import TOLD
from governance.provenance.event import KINDS, LedgerEvent
from governance.provenance.statement import Statement
from governance.reports.commitments import names_in
from governance.services.baseline import enter_baseline
from governance.services.corrections import correct
from governance.services.entitlement_terms import QuotaTerms
from governance.services.ledger import integrate_pending, publish_checkpoint
from governance.services.quotas import adjust
from governance.services.signing_keys import record_keys
from tests.conftest import Cast
from tests.factories import make_entitlement, make_output
from tests.reports.conftest import Audit, Tamper, step


@pytest.fixture
def from_before(committed_cast: Cast, as_superuser: Tamper) -> Cast:
    """Rows of every kind an older edition could write, outputs with their records, and no event that tells of them."""
    right = make_entitlement(committed_cast, quotas=(QuotaTerms("output", "term", 10),))
    adjust(committed_cast.admin, committed_cast.second_admin, right.quotas.get(), timezone.now(), 3, "As they say")
    make_output(committed_cast)
    as_superuser(
        "DELETE FROM governance_pendingentry WHERE record_id IN (SELECT id FROM governance_provenancerecord"
        " WHERE kind <> 'cutout')"
    )
    as_superuser("DELETE FROM governance_provenancerecord WHERE kind <> 'cutout'")
    return committed_cast


def events() -> list[ProvenanceRecord]:
    return list(ProvenanceRecord.objects.exclude(about=""))


def event_of(record: ProvenanceRecord) -> LedgerEvent:
    stated = Statement.from_bytes(bytes(record.payload)).predicate
    assert isinstance(stated, LedgerEvent)
    return stated


def test_every_row_from_before_is_entered_once_as_found(from_before: Cast) -> None:
    there = sorted(f"{told.table}:{pk}" for told in TOLD for pk in told.rows().values_list("pk", flat=True))
    assert enter_baseline() == len(there)
    assert sorted(name for record in events() for name in names_in(record)) == there
    assert {event_of(record).details["act"] for record in events()} == {"found"}
    assert {f"{table.__name__.lower()}:{table.objects.latest('pk').pk}" for table in WRITTEN} <= set(there)


WRITTEN = (CatalogueSync, Decision, EntitlementVerification, QuotaEntry)


def test_with_the_baseline_the_audit_is_sound(from_before: Cast, auditing: Audit, signer: Signer) -> None:
    enter_baseline()
    record_keys()
    while integrate_pending():
        pass
    publish_checkpoint(signer)
    report = auditing()
    assert [each for each in report.steps if each.findings] == []
    assert report.verdict == SOUND


def test_an_event_found_belongs_to_the_client_it_concerns(from_before: Cast) -> None:
    enter_baseline()
    clients = {record.kind: record.client for record in events()}
    assert (clients["decision"], clients["entitlement"]) == (from_before.client, None)


def test_what_was_used_up_is_not_entered_line_by_line(from_before: Cast) -> None:
    enter_baseline()
    (line,) = QuotaEntry.objects.all()
    assert line.kind == QuotaEntry.Kind.ADJUST
    assert [record.kind for record in ProvenanceRecord.objects.about(f"quotaentry:{line.pk}")] == ["quota"]


def test_a_second_run_enters_nothing(from_before: Cast) -> None:
    enter_baseline()
    count = ProvenanceRecord.objects.count()
    assert (enter_baseline(), ProvenanceRecord.objects.count()) == (0, count)


def test_once_the_log_tells_of_anything_a_row_put_past_us_is_not_taken_in(
    from_before: Cast, auditing: Audit, signer: Signer
) -> None:
    enter_baseline()
    forged = Contract.objects.create(
        ref="CTR-0099",
        version=1,
        title="A frame agreement that nobody entered",
        licensor="Bria",
        licensee="The agency",
        reference="BR-99",
        signed_on=date(2020, 1, 1),
        evidence_sha256s=["0" * 64],
        entered_by=from_before.admin,
    )
    assert enter_baseline() == 0
    while integrate_pending():
        pass
    publish_checkpoint(signer)
    assert step(auditing(), "events") == (
        FAILED,
        f"contract:{forged.pk} stands in the database, but no entry of the log tells of it.",
    )


def test_a_correction_found_still_points_at_its_record(committed_cast: Cast, as_superuser: Tamper) -> None:
    wrong = ProvenanceRecord.objects.of_outputs().get(output=make_output(committed_cast))
    correct(committed_cast.legal, wrong, "The picture was another one")
    as_superuser("DELETE FROM governance_provenancerecord WHERE kind <> 'cutout'")
    enter_baseline()
    (found,) = ProvenanceRecord.objects.about(f"recordcorrection:{RecordCorrection.objects.get().pk}")
    assert (found.kind, found.corrects, found.client) == ("correction", wrong, committed_cast.client)


def test_on_a_new_database_there_is_nothing_to_enter(committed: dict[str, str], as_superuser: Tamper) -> None:
    tables = ", ".join(f"governance_{told.table}" for told in TOLD)
    as_superuser(f"TRUNCATE {tables}, governance_provenancerecord CASCADE")
    assert (enter_baseline(), ProvenanceRecord.objects.count()) == (0, 0)


def test_every_table_is_entered_under_a_kind_that_the_log_knows() -> None:
    assert {told.kind for told in TOLD} <= KINDS
    assert len({told.table for told in TOLD}) == len(TOLD)


def test_setup_enters_what_it_finds_before_any_event_of_its_own(
    from_before: Cast, committed: dict[str, str], settings: Settings, auditing: Audit, signer: Signer
) -> None:
    for name, value in {**committed, "EMBEDDED": False}.items():
        setattr(settings, name, value)
    call_command("setup", no_weights=True, no_static=True, stdout=io.StringIO())
    acts = [
        event_of(record).details["act"] for record in ProvenanceRecord.objects.exclude(about="").order_by("created_at")
    ]
    assert (acts[0], set(acts)) == ("found", {"found", "introduced"})
    while integrate_pending():
        pass
    publish_checkpoint(signer)
    assert auditing().verdict == SOUND
