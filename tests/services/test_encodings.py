"""Our own readings: drafted strictly, approved by another person, never changed, and what then counts."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.errors import NotAllowed, PlatformError, RequestError
from governance.licensing.encodings import EncodingRefused
from governance.models import EncodingApproval, EncodingRetirement, LicenseEncoding, LicenseText
from governance.policy.decision import Outcome
from governance.policy.words import Stage
from governance.rights.readings import encoding, encodings
from governance.rights.verdicts import Question, judge
from governance.services.encodings import approve_encoding, draft_encoding, retire_encoding
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_target, model
from tests.factories_licenses import license_row, make_encoding, reading_text

pytestmark = pytest.mark.django_db

FORBIDDING = """
title = "Apache 2.0"
reading = "Not for cutouts, says counsel."

[[term]]
kind = "prohibition"
actions = ["run_inference"]
clause_ref = "section 2"
paraphrase = "No use."
"""


def shipped(slug: str = "MIT") -> LicenseEncoding:
    return LicenseEncoding.objects.filter(license=slug, origin="catalogue").latest("revision")


def test_a_draft_keeps_its_canonical_bytes_and_their_digest(cast: Cast) -> None:
    row = make_encoding(cast, approved=False)
    body = json.loads(row.body)
    assert (body["license_id"], body["revision"]) == ("MIT", row.revision)
    assert body["encoded_by"] != body["approved_by"]
    assert hashlib.sha256(row.body.encode()).hexdigest() == row.body_sha256


def test_revisions_count_on_from_the_catalogues(cast: Cast) -> None:
    first = make_encoding(cast, approved=False)
    second = make_encoding(cast, approved=False)
    assert [first.revision, second.revision] == [shipped().revision + 1, shipped().revision + 2]


def test_a_draft_knows_the_text_it_was_read_from(cast: Cast) -> None:
    row = make_encoding(cast)
    assert row.text == LicenseText.objects.get(license="MIT")


def test_a_draft_counts_for_nothing(cast: Cast) -> None:
    before = encoding("MIT")
    make_encoding(cast, approved=False)
    assert encoding("MIT") == before


def test_an_approved_reading_counts_from_now_on(cast: Cast) -> None:
    before = timezone.now()
    row = make_encoding(cast)
    assert encoding("MIT").revision == row.revision
    assert encodings(before)["MIT"].revision == shipped().revision


def test_of_two_approved_readings_the_newer_counts_whichever_was_approved_last(cast: Cast) -> None:
    older = make_encoding(cast, approved=False)
    newer = make_encoding(cast)
    approve_encoding(cast.legal, older)
    assert encoding("MIT").revision == newer.revision


def test_the_gates_go_by_the_reading_that_counts(cast: Cast) -> None:
    acquire_weights()
    question = Question(Stage.SUBMIT, make_target(cast), model())
    assert judge(question, timezone.now()).decision.outcome is Outcome.DUTIES
    row = make_encoding(cast, "Apache-2.0", toml=FORBIDDING)
    verdict = judge(question, timezone.now())
    assert verdict.decision.outcome is Outcome.DENY
    assert any(f"Apache-2.0 revision {row.revision}" in report.reading for report in verdict.decision.grants)


def test_a_retired_reading_gives_way_to_the_one_before(cast: Cast) -> None:
    row = make_encoding(cast)
    retire_encoding(cast.legal, row, "Counsel changed their mind.")
    assert encoding("MIT").revision == shipped().revision


def test_it_parses_each_reading_once(cast: Cast) -> None:
    first = encodings()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        second = encodings()
    assert len(asked) == 1
    assert first is second


def test_a_licence_nobody_has_read_is_named(cast: Cast) -> None:
    with pytest.raises(PlatformError, match="GPL-3.0-only has no reading that counts") as caught:
        encoding("GPL-3.0-only")
    assert caught.value.code == "license.not_encoded"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"run_inference"', '"run_anything"', "run_anything"),
        ('kind = "permission"', 'kind = "blessing"', "blessing"),
        ("title = ", "heading = ", "heading"),
        ("[[term]]", "[[term]", "is not TOML"),
        ('quote = "', 'quote = "Everything is allowed ', "expected words that stand in the text"),
        ('text_sha256 = "', 'text_sha256 = "' + "0" * 64 + '"\n#"', "expected the digest of a text of MIT"),
        ("title = ", 'license_id = "Apache-2.0"\ntitle = ', "expected 'MIT'"),
        ('reading = "', 'reading = "\u202e', "U\\+202E"),
    ],
)
def test_refuses_a_malformed_reading_and_names_the_place(cast: Cast, old: str, new: str, named: str) -> None:
    with pytest.raises(EncodingRefused, match=named) as caught:
        draft_encoding(cast.admin, license_row(), reading_text().replace(old, new, 1), "Read again.")
    assert caught.value.code == "license.encoding"
    assert not LicenseEncoding.objects.filter(origin="organisation").exists()


def test_refuses_a_draft_without_a_rationale(cast: Cast) -> None:
    with pytest.raises(RequestError, match="needs its reasons") as caught:
        draft_encoding(cast.admin, license_row(), reading_text(), " ")
    assert caught.value.code == "encoding.rationale"


def test_refuses_the_drafter_as_approver(cast: Cast) -> None:
    row = make_encoding(cast, approved=False, actor=cast.legal)
    with pytest.raises(RequestError, match="drafted by you") as caught:
        approve_encoding(cast.legal, row)
    assert caught.value.code == "encoding.same_person"


def test_the_database_refuses_the_drafter_too(cast: Cast) -> None:
    row = make_encoding(cast, approved=False, actor=cast.legal)
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        EncodingApproval.objects.create(encoding=row, approved_by=cast.legal)


def test_a_licence_admin_drafts_and_does_not_approve(cast: Cast) -> None:
    row = make_encoding(cast, approved=False)
    with pytest.raises(NotAllowed, match="needs legal"):
        approve_encoding(cast.second_admin, row)


def test_a_requester_drafts_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="needs legal or licence admin"):
        make_encoding(cast, actor=cast.owner)


def test_refuses_a_second_approval(cast: Cast) -> None:
    row = make_encoding(cast)
    with pytest.raises(RequestError, match="approved already"):
        approve_encoding(cast.second_legal, row)


def test_refuses_to_approve_what_was_retired(cast: Cast) -> None:
    row = make_encoding(cast, approved=False)
    retire_encoding(cast.legal, row, "A slip.")
    with pytest.raises(RequestError, match="was retired"):
        approve_encoding(cast.legal, row)


def test_refuses_to_retire_without_a_reason(cast: Cast) -> None:
    row = make_encoding(cast)
    with pytest.raises(RequestError, match="needs its reasons"):
        retire_encoding(cast.legal, row, " ")
    assert not EncodingRetirement.objects.exists()


def test_refuses_to_retire_twice(cast: Cast) -> None:
    row = make_encoding(cast)
    retire_encoding(cast.legal, row, "A slip.")
    with pytest.raises(RequestError, match="retired already"):
        retire_encoding(cast.legal, row, "A slip.")


def test_the_catalogues_own_reading_is_neither_approved_nor_retired_here(cast: Cast) -> None:
    with pytest.raises(RequestError, match="came with the catalogue"):
        approve_encoding(cast.legal, shipped())
    with pytest.raises(RequestError, match="came with the catalogue") as caught:
        retire_encoding(cast.legal, shipped(), "We read it otherwise.")
    assert caught.value.code == "encoding.catalogue"


def test_a_retired_catalogue_reading_leaves_none_behind(cast: Cast) -> None:
    EncodingRetirement.objects.create(encoding=shipped(), reason="By hand.", retired_by=cast.legal)
    assert "MIT" not in encodings()


def test_refuses_to_retire_the_only_reading_entitlements_are_read_by(cast: Cast) -> None:
    own = FORBIDDING.replace("Apache 2.0", "Our own contract (template)")
    row = make_encoding(cast, "GPL-3.0-only", toml=own)
    entitlement = make_entitlement(cast, template="GPL-3.0-only")
    with pytest.raises(RequestError, match="only reading of a template") as caught:
        retire_encoding(cast.legal, row, "A slip.")
    assert caught.value.code == "encoding.in_use"
    assert entitlement.template == "GPL-3.0-only"
