"""Every act of legal weight enters the log with what it wrote, or neither is there; and the log tells no secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from governance.adapters import keys
from governance.errors import GovernanceError
from governance.models import Entitlement, PendingEntry, ProvenanceRecord, Role
from governance.provenance.envelope import Envelope, verify
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from governance.services import entries, jobs
from governance.services.accounts import end_role, grant_role
from governance.services.entitlements import end_entitlement
from governance.services.reviews import close_moot
from tests.conftest import Cast
from tests.factories import make_entitlement
from tests.factories_events import ACTS, rich_history
from tests.factories_relief import make_case

pytestmark = pytest.mark.django_db

SERVICES = Path(entries.__file__).parent
# Entered by the ledger's own process, and tried with it.
BY_THE_LEDGER = {"clock-alarm", "restore", "checkpoint-gap"}
# Better an alarm without its entry than none.
DONE_ALL_THE_SAME = {("alarm", "raised")}
each_act = pytest.mark.parametrize("kind_and_act", ACTS, ids=" ".join)


def event_of(record: ProvenanceRecord) -> LedgerEvent:
    event = Statement.from_bytes(bytes(record.payload)).predicate
    assert isinstance(event, LedgerEvent)
    return event


def told() -> list[tuple[str, str]]:
    records = ProvenanceRecord.objects.exclude(about="").order_by("created_at")
    return [(record.kind, str(event_of(record).details["act"])) for record in records]


def row_counts() -> dict[str, int]:
    tables = apps.get_app_config("governance").get_models()
    return {table.__name__: table._default_manager.count() for table in tables}


@each_act
def test_the_act_enters_the_log_and_waits_for_its_place(cast: Cast, kind_and_act: tuple[str, str]) -> None:
    do = ACTS[kind_and_act](cast)
    before = set(ProvenanceRecord.objects.values_list("pk", flat=True))
    do()
    new = ProvenanceRecord.objects.exclude(pk__in=before).exclude(about="")
    assert kind_and_act in {(record.kind, event_of(record).details["act"]) for record in new}
    assert PendingEntry.objects.filter(record__in=new).count() == new.count()


@pytest.mark.parametrize("kind_and_act", ACTS.keys() - DONE_ALL_THE_SAME, ids=" ".join)
def test_what_cannot_enter_the_log_is_not_done(
    cast: Cast, kind_and_act: tuple[str, str], settings: pytest.FixtureRequest
) -> None:
    do = ACTS[kind_and_act](cast)
    before = row_counts()
    settings.LOG_ORIGIN = ""  # type: ignore[attr-defined]
    with pytest.raises(GovernanceError, match=re.escape("prev_checkpoint.origin")):
        do()
    assert row_counts() == before


def test_no_service_enters_a_kind_of_event_that_is_not_tried_here() -> None:
    written = {
        kind for path in SERVICES.glob("*.py") for kind in re.findall(r'record_event\(\s*"([a-z-]+)"', path.read_text())
    }
    assert written - BY_THE_LEDGER <= {kind for kind, _ in ACTS}


def test_the_life_of_an_entitlement_is_told_in_order(cast: Cast) -> None:
    right = make_entitlement(cast)
    end_entitlement(cast.admin, right.ref, right.valid_from, "The contract was terminated.")
    life = ProvenanceRecord.objects.about(f"entitlement:{right.pk}")
    assert [event_of(record).details for record in life] == [
        {"act": "entered", "entitlement": str(right.opaque_id), "version": 1, "quotas": 0},
        {"act": "verified", "entitlement": str(right.opaque_id), "version": 1},
        {"act": "ended", "entitlement": str(right.opaque_id), "version": 1},
    ]


def test_an_end_for_good_ends_every_version_in_the_log(cast: Cast) -> None:
    first = make_entitlement(cast)
    second = make_entitlement(cast, ref=first.ref)
    end_entitlement(cast.admin, first.ref, first.valid_from, "Withdrawn.")
    for right in (first, second):
        last = ProvenanceRecord.objects.about(f"entitlement:{right.pk}").last()
        assert last is not None
        assert event_of(last).details["act"] == "ended"


def test_the_end_of_one_version_leaves_the_other_alone(cast: Cast) -> None:
    first = make_entitlement(cast)
    second = make_entitlement(cast, ref=first.ref)
    end_entitlement(cast.admin, first.ref, first.valid_from, "Replaced.", version=1)
    assert [event_of(r).details["act"] for r in ProvenanceRecord.objects.about(f"entitlement:{second.pk}")] == [
        "entered",
        "verified",
    ]


def test_a_case_that_closes_by_itself_enters_the_log_too(cast: Cast) -> None:
    case = make_case(cast)
    jobs.cancel(cast.owner, case.job)
    close_moot()
    (record,) = ProvenanceRecord.objects.about(f"reviewcase:{case.pk}")
    assert (record.client, event_of(record).details) == (cast.client, {"act": "closed", "result": "moot"})


def test_giving_or_ending_a_role_twice_enters_the_log_once(cast: Cast) -> None:
    grant = grant_role(cast.owner, Role.AUDITOR)
    assert grant_role(cast.owner, Role.AUDITOR) == grant
    end_role(grant)
    end_role(grant)
    life = ProvenanceRecord.objects.about(f"rolegrant:{grant.pk}")
    assert [event_of(record).details for record in life] == [
        {"act": "granted", "role": "auditor"},
        {"act": "ended", "role": "auditor"},
    ]


def test_an_event_is_signed_by_our_key(cast: Cast) -> None:
    record = ProvenanceRecord.objects.about(f"entitlement:{make_entitlement(cast).pk}")[0]
    envelope = Envelope(PAYLOAD_TYPE, bytes(record.payload), record.key_id, bytes(record.signature))
    trusted = keys.trust().record_key(record.key_id)
    assert trusted is not None
    verify(envelope, trusted.public_key)


def test_an_act_for_one_client_belongs_to_that_client(cast: Cast) -> None:
    rich_history(cast)
    owned = dict(ProvenanceRecord.objects.exclude(about="").values_list("kind", "client"))
    everybodys = {kind for kind, client in owned.items() if client is None}
    assert everybodys >= {"acquisition", "claim", "contract", "entitlement", "key-event", "policy-set", "quota"}
    assert not everybodys & {"correction", "decision", "delivery", "determination", "permission", "release", "waiver"}


# What everybody may read in the log: digests, names from the public catalogue and words of fixed lists.
PUBLIC_COLUMNS = re.compile(
    r"sha256|digest|key_id|_role$|opaque|version|rule|evaluator"
    r"|^(revision|field|relied_upon|encodings|template|period_key|media_type|subject|scope|method|code_revision)$"
)
PUBLIC_WORD = re.compile(r"[0-9a-f]{64}|u2netp|cutout|catalogue|client|Apache-2\.0|LicenseRef-bria-selfhost")
CATALOGUE = {
    "license", "modelversion", "weightsartifact", "licensedeclaration", "licenseresolution", "dataset", "traininguse",
    "lineageclaim", "licenseencoding",
}  # fmt: skip


def private_words() -> set[str]:
    """Every text of ours in the database that is no word of a fixed list: names, numbers, reasons, prices."""
    found = set()
    for table in apps.get_app_config("governance").get_models():
        if table._meta.model_name in CATALOGUE or table is ProvenanceRecord:
            continue
        columns = [field for field in table._meta.concrete_fields if not_public(field)]
        for row in table._default_manager.values_list(*(field.attname for field in columns)):
            found |= set(words_in(row))
    return {word for word in found if len(word) > 2 and not PUBLIC_WORD.fullmatch(word)}


def not_public(field: models.Field) -> bool:
    return not field.choices and not field.is_relation and not PUBLIC_COLUMNS.search(field.attname)


def words_in(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from words_in(inner)
    elif isinstance(value, dict):
        yield from words_in(list(value.values()))


def test_no_payload_holds_a_name_a_number_of_a_contract_or_a_word_somebody_wrote(cast: Cast) -> None:
    rich_history(cast)
    private = private_words()
    assert {"Harbour Coffee", "BR-2026-0017", "The agency of the north", "the Sunday flyer"} <= private
    payloads = b"\n".join(bytes(each) for each in ProvenanceRecord.objects.values_list("payload", flat=True)).decode()
    assert {word for word in private if stands_in(payloads, word)} == set()


def stands_in(payloads: str, word: str) -> bool:
    """As a word: three letters also turn up in what is random and in base64."""
    spelled = re.escape(json.dumps(word, ensure_ascii=False)[1:-1])
    return re.search(rf"(?<![A-Za-z0-9+/]){spelled}(?![A-Za-z0-9+/])", payloads) is not None


def test_an_event_costs_two_queries(cast: Cast, django_assert_num_queries: object) -> None:
    right = Entitlement.objects.get(pk=make_entitlement(cast).pk)
    with django_assert_num_queries(2, connection=connection):  # type: ignore[operator]
        entries.record_event("entitlement", "entered", right)
