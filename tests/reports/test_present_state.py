"""Then and now: what an output was made under, and what became of it since. Asking stores nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Decision, License, Output, ProvenanceRecord, WeightsAcquisition, WeightsArtifact
from governance.policy.facts import OrganisationPolicy
from governance.policy.phrases import day
from governance.reports.outputs import visible_outputs
from governance.reports.present_state import CHANGED, GONE, SAME, PresentState, Since, present_state
from governance.services.claims import review_claim
from governance.services.corrections import correct
from governance.services.entitlements import end_entitlement
from governance.services.license_texts import Captured, record_text
from governance.services.policies import PolicyDraft, approve_policy, draft_policy
from governance.services.releases import release_output
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output, make_target, model
from tests.factories_licenses import claim, make_contradiction, make_encoding, reading_text
from tests.factories_relief import make_hold

pytestmark = pytest.mark.django_db


def bought_output(cast: Cast) -> Output:
    """An output of RMBG-2.0 under ENT-0001 v1."""
    acquire_weights("rmbg-2.0")
    make_entitlement(cast)
    target = make_target(cast, valid_until=timezone.localdate() + timedelta(days=30))
    return make_output(cast, job=make_job(cast, slug="rmbg-2.0", target=target))


def today(cast: Cast, output: Output, *, record_verified: bool = True, days: int = 0) -> PresentState:
    row = visible_outputs(cast.owner).get(pk=output.pk)
    return present_state(row, timezone.now() + timedelta(days=days), record_verified=record_verified)


def line(state: PresentState, what: str) -> Since:
    (found,) = [each for each in state.lines if each.what == what]
    return found


def test_everything_is_as_it_was_right_after(cast: Cast) -> None:
    state = today(cast, make_output(cast))
    assert not state.changed
    assert {each.what for each in state.lines} == {"Licence reading", "Weights", "Claims", "Policy"}
    assert {each.tone for each in state.lines} == {SAME}
    assert line(state, "Licence reading").then.startswith("read as Apache-2.0, revision ")


def test_a_right_that_is_in_force_says_until_when(cast: Cast) -> None:
    state = today(cast, bought_output(cast))
    found = line(state, "Entitlement")
    assert not state.changed
    assert found.then.startswith("made under ENT-0001 v1, ")
    assert (found.now.startswith("still in force, until "), found.tone) == (True, SAME)


def test_a_right_that_ended_says_since_when(cast: Cast) -> None:
    output = bought_output(cast)
    ended = timezone.now() - timedelta(seconds=1)
    end_entitlement(cast.admin, "ENT-0001", ended, "Contract terminated")
    found = line(today(cast, output), "Entitlement")
    assert (found.now, found.tone) == (f"since ended on {day(ended)}", GONE)
    assert "terminated" not in found.now


def test_a_right_that_ran_out_says_since_when(cast: Cast) -> None:
    found = line(today(cast, bought_output(cast), days=400), "Entitlement")
    assert (found.now.endswith(", as agreed"), found.tone) == (True, GONE)


def test_a_newer_version_of_the_right_is_named(cast: Cast) -> None:
    output = bought_output(cast)
    now = timezone.now()
    end_entitlement(cast.admin, "ENT-0001", now - timedelta(seconds=1), "Replaced", 1)
    make_entitlement(cast, ref="ENT-0001", valid_from=now, valid_until=now + timedelta(days=9))
    found = line(today(cast, output), "Entitlement")
    assert found.now.startswith("since replaced by v2, which counts from ")
    assert found.tone == CHANGED


def test_a_superseded_reading_of_the_licence_is_named(cast: Cast) -> None:
    output = make_output(cast)
    make_encoding(cast, "Apache-2.0", toml=reading_text("Apache-2.0", old="title = ", new="title = "))
    found = line(today(cast, output), "Licence reading")
    assert found.now.startswith("superseded by revision ")
    assert found.now.endswith(f", of {day(timezone.now())}")
    assert found.tone == CHANGED


def test_attack_44_another_text_under_the_same_name_is_told_and_the_record_keeps_its_own(cast: Cast) -> None:
    output = make_output(cast)
    before = bytes(output.provenance.payload)
    captured = Captured("https://example.org/LICENSE", timezone.now().date())
    text = record_text(cast.legal, License.objects.get(pk="Apache-2.0"), b"Another Apache Licence", captured)
    found = line(today(cast, output), "Licence text")
    assert found.now.startswith("another text stands at https://example.org/LICENSE, of ")
    assert (text.sha256[:8] in found.now, found.tone) == (True, CHANGED)
    assert bytes(ProvenanceRecord.objects.get(output=output).payload) == before


def test_attack_44_the_same_text_seen_again_is_no_news(cast: Cast) -> None:
    license = License.objects.get(pk="Apache-2.0")
    day_of = timezone.now().date()
    record_text(cast.legal, license, b"The text", Captured("https://example.org/LICENSE", day_of))
    output = make_output(cast)
    record_text(cast.legal, license, b"The text", Captured("https://example.org/MIRROR", day_of))
    assert "Licence text" not in {each.what for each in today(cast, output).lines}


def test_counter_evidence_recorded_since_is_told(cast: Cast) -> None:
    output = make_output(cast)
    make_contradiction(cast)
    found = line(today(cast, output), "Claim")
    assert "contradicted since, on " in found.now
    assert found.now.endswith("The list of sources names none of them.")
    assert found.tone == CHANGED


def test_counter_evidence_from_before_is_no_news(cast: Cast) -> None:
    make_contradiction(cast)
    review_claim(cast.legal, claim(), "accepted", "Read.")
    assert line(today(cast, make_output(cast)), "Claims").now == "nothing was said against them since"


def test_a_review_that_lets_a_claim_fall_is_told_and_one_that_accepts_it_is_not(cast: Cast) -> None:
    output = make_output(cast)
    review_claim(cast.legal, claim(), "accepted", "Read.")
    assert line(today(cast, output), "Claims").tone == SAME
    review_claim(cast.legal, claim(), "contradicted", "It cannot be so.")
    assert line(today(cast, output), "Claim").now.startswith("the claim does not stand (review of ")


def test_a_hold_placed_since_is_told_and_stops_a_release(cast: Cast) -> None:
    output = make_output(cast)
    before = today(cast, output).releases
    hold = make_hold(cast)
    state = today(cast, output)
    found = line(state, "Hold")
    assert found.now == f"{hold.ref} was placed on {day(hold.placed_at)}: A licensor complained."
    assert (found.tone, state.lines[0]) == (GONE, found)
    assert ([each.outcome for each in before], [each.outcome for each in state.releases]) == (["duties"], ["deny"])


def test_a_correction_of_the_record_is_told(cast: Cast) -> None:
    output = make_output(cast)
    correct(cast.legal, output.provenance, "The wrong picture was handed in.")
    found = line(today(cast, output), "Record")
    assert found.now.endswith("by legal: The wrong picture was handed in.")
    assert found.tone == CHANGED


def test_weights_the_catalogue_gave_up_are_told(cast: Cast) -> None:
    row = visible_outputs(cast.owner).get(pk=make_output(cast).pk)
    row.cutout.job.weights_sha256 = "f" * 64
    found = line(present_state(row, timezone.now(), record_verified=True), "Weights")
    assert (found.now.startswith("withdrawn: "), found.tone) == (True, GONE)


def test_another_weights_file_in_use_is_told(cast: Cast) -> None:
    output = make_output(cast)
    WeightsArtifact.objects.create(
        sha256="0" * 64, model=model(), file_name="other.safetensors", format="safetensors", precision="float32"
    )
    WeightsAcquisition.objects.create(artifact_id="0" * 64, method="test", source="tests", source_sha256="0" * 64)
    assert line(today(cast, output), "Weights").now == "another file of this model is used today"


def test_every_target_it_was_released_for_is_asked_about(cast: Cast) -> None:
    output, other = make_output(cast), make_target(cast)
    release_output(cast.owner, output, other)
    state = today(cast, output)
    own = output.cutout.job.target
    assert [(each.target_id, each.released_at is not None) for each in state.releases] == [
        (other.pk, True),
        (own.pk, False),
    ]


def test_a_record_that_does_not_hold_allows_no_release(cast: Cast) -> None:
    (release,) = today(cast, make_output(cast), record_verified=False).releases
    assert release.outcome == "deny"


def test_asking_stores_nothing(cast: Cast) -> None:
    output = make_output(cast)
    before = Decision.objects.count(), ProvenanceRecord.objects.count()
    today(cast, output)
    assert (Decision.objects.count(), ProvenanceRecord.objects.count()) == before


def test_a_policy_revision_that_came_since_is_named(cast: Cast) -> None:
    output = make_output(cast)
    draft = draft_policy(cast.legal, PolicyDraft(timezone.now(), "Warn earlier.", OrganisationPolicy(1)))
    approve_policy(cast.second_legal, draft)
    found = line(today(cast, output), "Policy")
    assert (found.then, found.now, found.tone) == ("policy revision 1", "revision 2 is in force now", CHANGED)
