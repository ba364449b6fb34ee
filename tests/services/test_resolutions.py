"""Conflicting declarations: what two people settle, what they cannot, and what the evaluator makes of it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.licensing.catalogue_words import DeclarationStatus, ResolutionStatus
from governance.models import DeclarationResolution, LicenseDeclaration, ResolutionApproval
from governance.policy.decision import Decision, Outcome
from governance.policy.words import Stage
from governance.rights.facts import artefact_facts
from governance.rights.verdicts import Question, judge
from governance.services.resolutions import approve_resolution, record_resolution
from tests.conftest import Cast
from tests.factories import acquire_weights, make_target, model
from tests.factories_licenses import PAPER, license_row, make_resolution

pytestmark = pytest.mark.django_db

FORUM = {"rank": "forum_remark", "rank_position": 9, "status": "set_aside", "license_id": "MIT"}


def decided(cast: Cast, slug: str) -> Decision:
    acquire_weights(slug)
    return judge(Question(Stage.SUBMIT, make_target(cast), model(slug)), timezone.now()).decision


def codes(decision: Decision, outcome: Outcome) -> set[str]:
    return {finding.code for finding in decision.findings if finding.effect is outcome}


def declare(slug: str, **facts: str | int) -> LicenseDeclaration:
    """One more place that states a licence for a model's weights."""
    said = {"subject": "weights", "declared_by": "Somebody", "statement": "Go ahead.", "mark": "secondary"}
    return LicenseDeclaration.objects.create(slug=f"{slug}-more", model_id=slug, **(said | FORUM | facts))


def statuses(slug: str) -> dict[str, set[DeclarationStatus]]:
    found: dict[str, set[DeclarationStatus]] = {}
    for said in artefact_facts(model(slug), None).declarations:
        found.setdefault(said.expression, set()).add(said.status)
    return found


def test_the_licence_taken_is_accepted_and_the_others_are_listed_without_effect(cast: Cast) -> None:
    row = make_resolution(cast, "isnet-general-use", "Apache-2.0")
    facts = artefact_facts(model("isnet-general-use"), None)
    assert facts.resolution is ResolutionStatus.SETTLED
    assert statuses("isnet-general-use")["Apache-2.0"] == {DeclarationStatus.ACCEPTED}
    assert DeclarationStatus.OPEN not in set().union(*statuses("isnet-general-use").values())
    assert all(
        f"resolution {row.pk}: {row.reason}" == said.note for said in facts.declarations if "AGPL" in said.expression
    )


def test_three_licences_in_three_places_are_reviewed_until_one_is_settled(cast: Cast) -> None:
    """V12: AGPL-3.0, MIT and Apache-2.0 for one file."""
    before = decided(cast, "isnet-general-use")
    assert before.outcome is Outcome.REVIEW
    assert "LIC-002" in codes(before, Outcome.REVIEW)
    make_resolution(cast, "isnet-general-use", "Apache-2.0")
    after = decided(cast, "isnet-general-use")
    assert not {code for code in codes(after, Outcome.REVIEW) if code.startswith("LIC")}
    assert codes(after, Outcome.REVIEW) == {"LIN-004"}


def test_what_was_settled_stays_visible(cast: Cast) -> None:
    make_resolution(cast, "isnet-general-use", "Apache-2.0")
    finding = next(found for found in decided(cast, "isnet-general-use").findings if found.code == "LIC-002")
    assert "AGPL-3.0-only" in str(finding)
    assert "confirmed it in writing" in str(finding)


def test_a_resolution_nobody_approved_changes_nothing(cast: Cast) -> None:
    before = artefact_facts(model("isnet-general-use"), None)
    make_resolution(cast, "isnet-general-use", "Apache-2.0", approved=False)
    assert artefact_facts(model("isnet-general-use"), None) == before


def test_settling_on_the_refusing_licence_refuses(cast: Cast) -> None:
    """V11: the conservative reading, now by two people."""
    make_resolution(cast, "rmbg-1.4", "LicenseRef-bria-rmbg-1.4")
    decision = decided(cast, "rmbg-1.4")
    assert decision.outcome is Outcome.DENY
    assert {code for code in codes(decision, Outcome.DENY) if code.startswith("LIC")}


def test_the_newest_approved_resolution_counts(cast: Cast) -> None:
    make_resolution(cast, "isnet-general-use", "Apache-2.0")
    make_resolution(cast, "isnet-general-use", "AGPL-3.0-only")
    assert statuses("isnet-general-use")["AGPL-3.0-only"] == {DeclarationStatus.ACCEPTED}


def test_a_label_that_grants_nothing_cannot_open_what_was_open(cast: Cast) -> None:
    """Only re-hosters say MIT: the question stays with a person."""
    make_resolution(cast, "isnet-general-use", "MIT")
    assert statuses("isnet-general-use")["Apache-2.0"] == {DeclarationStatus.OPEN}
    assert decided(cast, "isnet-general-use").outcome is Outcome.REVIEW


def test_a_licence_nobody_declares_any_more_settles_nothing(cast: Cast) -> None:
    make_resolution(cast, "isnet-general-use", "AGPL-3.0-only")
    LicenseDeclaration.objects.filter(model="isnet-general-use", license="AGPL-3.0-only").update(license="MIT")
    facts = artefact_facts(model("isnet-general-use"), None)
    assert facts.resolution is not ResolutionStatus.SETTLED
    assert DeclarationStatus.OPEN in {said.status for said in facts.declarations}


def test_refuses_a_licence_nobody_declared(cast: Cast) -> None:
    with pytest.raises(RequestError, match="Nobody declares CC0-1.0 here; declared are CC-BY-NC-4.0") as caught:
        make_resolution(cast, "rmbg-2.0", "CC0-1.0")
    assert caught.value.code == "resolution.license"


def test_refuses_to_settle_on_no_licence(cast: Cast) -> None:
    declare("rmbg-2.0", license_id="NOASSERTION")
    with pytest.raises(RequestError, match="Nobody declares NOASSERTION"):
        make_resolution(cast, "rmbg-2.0", "NOASSERTION")


def test_a_forum_remark_does_not_outrank_a_licence_file(cast: Cast) -> None:
    declare("rmbg-2.0")
    with pytest.raises(RequestError, match=r"MIT is declared only where nobody can grant it \(forum remark") as caught:
        make_resolution(cast, "rmbg-2.0", "MIT")
    assert caught.value.code == "resolution.outranked"
    assert "licence file" in caught.value.message


def test_a_forum_remark_written_past_the_service_still_opens_nothing(cast: Cast) -> None:
    declare("rmbg-2.0")
    row = DeclarationResolution.objects.create(
        model=model("rmbg-2.0"), license=license_row(), reason="Trust me.", evidence_sha256s=["0" * 64],
        recorded_by=cast.admin,
    )  # fmt: skip
    approve_resolution(cast.legal, row)
    assert statuses("rmbg-2.0")["CC-BY-NC-4.0"] >= {DeclarationStatus.ACCEPTED}
    assert decided(cast, "rmbg-2.0").outcome is Outcome.DENY


def test_a_weaker_place_that_can_grant_is_taken_with_its_paper(cast: Cast) -> None:
    declare("rmbg-2.0", rank="author_statement", rank_position=6, status="open")
    make_resolution(cast, "rmbg-2.0", "MIT")
    assert statuses("rmbg-2.0")["CC-BY-NC-4.0"] == {DeclarationStatus.SET_ASIDE}


@pytest.mark.parametrize(("reason", "evidence", "code"), [
    (" ", (PAPER,), "resolution.reason"),
    ("Read.", (), "resolution.no_evidence"),
    ("Read.", (b"",), "resolution.no_evidence"),
])  # fmt: skip
def test_refuses_a_resolution_without_reason_or_paper(
    cast: Cast, reason: str, evidence: tuple[bytes, ...], code: str
) -> None:
    with pytest.raises(RequestError) as caught:
        record_resolution(cast.admin, model("rmbg-2.0"), license_row("CC-BY-NC-4.0"), reason, evidence)
    assert caught.value.code == code


def test_the_database_refuses_a_resolution_without_paper(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="resolution_has_evidence"), transaction.atomic():
        DeclarationResolution.objects.create(
            model=model("rmbg-2.0"), license=license_row(), reason="R", evidence_sha256s=[], recorded_by=cast.admin
        )


def test_refuses_the_recorder_as_approver(cast: Cast) -> None:
    row = make_resolution(cast, "rmbg-2.0", "CC-BY-NC-4.0", approved=False, actor=cast.legal)
    with pytest.raises(RequestError, match="recorded by you") as caught:
        approve_resolution(cast.legal, row)
    assert caught.value.code == "resolution.same_person"


def test_the_database_refuses_the_recorder_too(cast: Cast) -> None:
    row = make_resolution(cast, "rmbg-2.0", "CC-BY-NC-4.0", approved=False, actor=cast.legal)
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        ResolutionApproval.objects.create(resolution=row, approved_by=cast.legal)


def test_refuses_a_second_approval(cast: Cast) -> None:
    row = make_resolution(cast, "rmbg-2.0", "CC-BY-NC-4.0")
    with pytest.raises(RequestError, match="approved already"):
        approve_resolution(cast.second_legal, row)


def test_refuses_to_approve_what_a_later_one_replaced(cast: Cast) -> None:
    row = make_resolution(cast, "isnet-general-use", "MIT", approved=False)
    make_resolution(cast, "isnet-general-use", "Apache-2.0")
    with pytest.raises(RequestError, match="later resolution"):
        approve_resolution(cast.legal, row)


def test_a_requester_settles_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="needs legal or licence admin"):
        make_resolution(cast, "rmbg-2.0", "CC-BY-NC-4.0", actor=cast.owner)
