"""Holds: what they may be on, that one places and two lift, and that what they stop waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.models import Client, Hold, HoldLift, Role, Status
from governance.rights.relief import holds_at
from governance.services import cutouts, jobs
from governance.services.accounts import add_user, grant_role
from governance.services.constraints import broken_constraint
from governance.services.holds import lift_hold, place_hold
from tests.conftest import Cast
from tests.factories import make_asset, make_entitlement, make_job, make_output, make_target
from tests.factories_relief import make_hold

pytestmark = pytest.mark.django_db

WEIGHTS = "566ed80c3d95f87ada6864d4cbe2290a1c5eb1c7bb0b123e984f60f76b02c3a7"


def refusal(cast: Cast, scope: str, ref: str, reason: str = "Why", **options: object) -> RequestError:
    with pytest.raises(RequestError) as caught:
        place_hold(cast.legal, scope, ref, reason, **options)  # type: ignore[arg-type]
    assert not Hold.objects.exists()
    return caught.value


def test_one_person_places_it(cast: Cast) -> None:
    hold = place_hold(cast.admin, "model", "rmbg-2.0", "  Cease and desist  ", timezone.now().date())
    assert (hold.ref, hold.scope, hold.scope_ref, hold.reason) == ("HLD-0001", "model", "rmbg-2.0", "Cease and desist")
    assert [each.ref for each in holds_at(timezone.now())] == ["HLD-0001"]


def test_it_can_be_on_anything_there_is(cast: Cast) -> None:
    target, asset, output = make_target(cast), make_asset(cast), make_output(cast)
    entitlement = make_entitlement(cast)
    named = {
        "everything": "",
        "client": f"CLI-{cast.client.pk}",
        "project": f"PRJ-{target.project_id}",
        "target": f"TGT-{target.pk}",
        "asset": f"AST-{asset.pk}",
        "output": f"OUT-{output.pk}",
        "model": "rmbg-2.0",
        "weights": WEIGHTS,
        "grant": entitlement.ref,
    }
    assert {scope: place_hold(cast.legal, scope, ref, "Why").scope_ref for scope, ref in named.items()} == named


@pytest.mark.parametrize("written", ["tgt-{}", " TGT-{} ", "{}", "TGT-00{}"])
def test_a_reference_is_kept_as_the_evaluator_writes_it(cast: Cast, written: str) -> None:
    target = make_target(cast)
    assert place_hold(cast.legal, "target", written.format(target.pk), "Why").scope_ref == f"TGT-{target.pk}"


@pytest.mark.parametrize(
    ("scope", "ref", "words"),
    [
        ("everything", "TGT-1", "Got 'TGT-1' for a hold on everything; expected nothing"),
        ("client", "CLI-4711", "There is no client 'CLI-4711'; expected CLI- and the number of one that exists"),
        ("project", "PRJ-999999999999999999999", "There is no project"),
        ("target", "AST-1", "There is no target 'AST-1'; expected TGT-"),
        ("target", "", "No target named; expected TGT-"),
        ("output", "OUT-1'", "There is no output"),
        ("asset", "AST-4711", "There is no asset"),
        ("model", "rmbg-9", "There is no model 'rmbg-9'; expected the name of a model in the catalogue"),
        ("weights", "0" * 64, "expected the SHA-256 of a weights file on record"),
        ("grant", "ENT-0009", "expected the reference of an entitlement"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(cast: Cast, scope: str, ref: str, words: str) -> None:
    problem = refusal(cast, scope, ref)
    assert problem.code == "hold.scope_ref"
    assert words in problem.message


def test_an_unknown_scope_is_refused(cast: Cast) -> None:
    problem = refusal(cast, "planet", "")
    assert problem.code == "hold_scope.unknown"
    assert "Unknown hold scope 'planet'; expected one of asset, client, everything" in problem.message


def test_it_needs_a_reason_and_a_day_to_come(cast: Cast) -> None:
    assert refusal(cast, "everything", "", " ").code == "hold.no_reason"
    yesterday = timezone.now().date() - timedelta(days=1)
    assert refusal(cast, "everything", "", review_on=yesterday).code == "hold.review_on"


@pytest.mark.parametrize("person", ["owner", "auditor"])
def test_only_legal_or_a_licence_admin_places_one(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed, match=r"\(hold\.place\); it needs legal or licence admin"):
        place_hold(getattr(cast, person), "everything", "", "Why")


def test_legal_of_one_client_cannot_name_the_work_of_another(cast: Cast) -> None:
    other = Client.objects.create(name="Elsewhere")
    person = add_user("their-legal", None)
    grant_role(person, Role.LEGAL, cast.client)
    with pytest.raises(RequestError, match="There is no client"):
        place_hold(person, "client", f"CLI-{other.pk}", "Why")
    assert place_hold(person, "client", f"CLI-{cast.client.pk}", "Why").scope_ref == f"CLI-{cast.client.pk}"


def test_two_people_lift_it(cast: Cast) -> None:
    hold = make_hold(cast)
    lift_hold(cast.legal, hold, "Settled.")
    assert [each.ref for each in holds_at(timezone.now())] == [hold.ref]
    lift_hold(cast.admin, hold, "I agree.")
    assert not holds_at(timezone.now())


def test_one_person_lifts_it_once(cast: Cast) -> None:
    hold = make_hold(cast, lifted=1)
    with pytest.raises(RequestError, match="it takes another person") as caught:
        lift_hold(cast.legal, hold, "Again.")
    assert caught.value.code == "hold.same_person"
    assert holds_at(timezone.now())


def test_the_database_refuses_the_same_person_too(cast: Cast) -> None:
    hold = make_hold(cast, lifted=1)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        HoldLift.objects.create(hold=hold, reason="Again.", lifted_by=cast.legal)
    assert broken_constraint(caught.value) == "hold_lifted_once_per_person"


def test_a_lift_needs_a_reason_and_a_hold_in_force(cast: Cast) -> None:
    with pytest.raises(RequestError, match="A lift needs its reason"):
        lift_hold(cast.legal, make_hold(cast), " ")
    with pytest.raises(RequestError, match="was lifted already"):
        lift_hold(cast.second_legal, make_hold(cast, lifted=2), "Settled.")


@pytest.mark.parametrize("person", ["owner", "auditor"])
def test_only_legal_or_a_licence_admin_lifts(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed, match=r"\(hold\.lift\)"):
        lift_hold(getattr(cast, person), make_hold(cast), "Settled.")


def test_queued_work_under_a_hold_waits_and_goes_on_when_it_is_lifted(cast: Cast) -> None:
    cutout = make_job(cast).cutouts.get()
    hold = make_hold(cast, "target", f"TGT-{cutout.job.target_id}")
    assert cutouts.claim(cutout.pk) is None
    cutout.refresh_from_db()
    assert (cutout.status, cutout.decision.outcome) == (Status.HELD, "deny")  # type: ignore[union-attr]
    lift_hold(cast.legal, hold, "Settled.")
    assert jobs.reconsider_held() == 0
    lift_hold(cast.admin, hold, "I agree.")
    assert jobs.reconsider_held() == 1
    assert cutouts.claim(cutout.pk) is not None


def test_work_submitted_under_a_hold_waits(cast: Cast) -> None:
    hold = make_hold(cast)
    job = make_job(cast)
    assert job.cutouts.get().status == Status.HELD
    for person in (cast.legal, cast.admin):
        lift_hold(person, hold, "Settled.")
    jobs.reconsider_held()
    assert job.cutouts.get().status == Status.QUEUED


def test_work_that_is_refused_anyway_is_refused_under_a_hold_too(cast: Cast) -> None:
    make_hold(cast)
    assert make_job(cast, slug="rmbg-2.0").cutouts.get().status == Status.REFUSED


@pytest.mark.parametrize("scope", ["everything", "model"])
def test_legal_of_one_client_stops_and_frees_nothing_that_is_everybodys(cast: Cast, scope: str) -> None:
    person = add_user("their-legal", None)
    grant_role(person, Role.LEGAL, cast.client)
    ref = "u2netp" if scope == "model" else ""
    with pytest.raises(NotAllowed, match=r"\(hold\.place\)"):
        place_hold(person, scope, ref, "Why")
    hold = make_hold(cast, scope, ref)
    with pytest.raises(NotAllowed, match=r"\(hold\.lift\)"):
        lift_hold(person, hold, "Why")
