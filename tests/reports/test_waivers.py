"""How waivers stand at a time, which end soon, and who sees which."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from governance.access import may
from governance.models import Waiver
from governance.reports.waiver_places import grouped, key_of, places
from governance.reports.waivers import notice_of, visible_waivers, waiver_list, waiver_page
from governance.services.waivers import count_use, revoke_waiver
from tests.conftest import Cast
from tests.factories import make_job, make_project, make_target
from tests.factories_relief import held_job, make_waiver

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def states(cast: Cast, at: datetime) -> dict[str, str]:
    return {line.ref: line.state for line in waiver_list(cast.auditor, at).lines}


def test_a_state_is_derived_for_a_moment(cast: Cast) -> None:
    now = timezone.now()
    make_waiver(cast, approved=None)
    make_waiver(cast)
    make_waiver(cast, approved=False)
    make_waiver(cast, starts_at=now + 9 * DAY, ends_at=now + 20 * DAY)
    revoke_waiver(cast.legal, make_waiver(cast), "No longer.")
    count_use([make_waiver(cast, max_uses=1).ref], make_job(cast).cutouts.get())
    found = states(cast, timezone.now())
    assert list(found) == ["WVR-0001", "WVR-0002", "WVR-0004", "WVR-0006", "WVR-0005", "WVR-0003"]
    assert list(found.values()) == ["asked", "active", "upcoming", "used_up", "revoked", "declined"]
    later = states(cast, now + 40 * DAY)
    assert [later[f"WVR-000{number}"] for number in range(1, 7)] == [
        "expired",
        "expired",
        "declined",
        "expired",
        "revoked",
        "expired",
    ]


@pytest.mark.parametrize(
    ("days", "mark"), [(0.5, 1), (1, 1), (1.01, 7), (7, 7), (8, 14), (14, 14), (30, 30), (30.01, None), (90, None)]
)
def test_an_end_is_pointed_out_at_30_14_7_and_1_days(days: float, mark: int | None) -> None:
    now = timezone.now()
    assert notice_of("active", now + days * DAY, now) == mark


@pytest.mark.parametrize("state", ["asked", "upcoming", "expired", "revoked", "declined", "used_up"])
def test_only_a_waiver_in_force_is_pointed_out(state: str) -> None:
    now = timezone.now()
    assert notice_of(state, now + DAY, now) is None


def test_the_list_counts_what_ends_soon_whatever_is_asked_for(cast: Cast) -> None:
    now = timezone.now()
    for days in (0.5, 6, 6.5, 90):
        make_waiver(cast, ends_at=now + days * DAY)
    found = waiver_list(cast.legal, timezone.now(), state="declined")
    assert not found.lines
    assert [(mark.days, mark.count) for mark in found.ending] == [(1, 1), (7, 2)]


def test_a_line_says_when_it_ends_and_how_often_it_was_used(cast: Cast) -> None:
    waiver = make_waiver(cast, ends_at=timezone.now() + 6.5 * DAY, max_uses=4)
    cutout = make_job(cast).cutouts.get()
    count_use([waiver.ref], cutout)
    page = waiver_page(visible_waivers(cast.owner).get(), timezone.now())
    assert (page.line.ending, page.line.used) == ("ends in 6 days", "1 of 4")
    assert [(use.job, use.picture) for use in page.uses] == [(cutout.job_id, "cup.png")]


def test_the_scope_is_told_from_client_to_weights(cast: Cast) -> None:
    project = make_project(cast)
    make_waiver(cast, place=project, weights_sha256="566ed80c3d95f87ada6864d4cbe2290a1c5eb1c7bb0b123e984f60f76b02c3a7")
    line = waiver_list(cast.owner, timezone.now()).lines[0]
    assert [label for label, _ in line.scope] == ["Client", "Project", "Weights"]
    assert line.client == "Harbour Coffee"


def test_requesters_see_those_of_their_clients(cast: Cast) -> None:
    for place in (cast.client, make_project(cast), make_target(cast)):
        make_waiver(cast, place=place)
    seen = {name: visible_waivers(getattr(cast, name)).count() for name in ("owner", "outsider", "legal", "auditor")}
    assert seen == {"owner": 3, "outsider": 0, "legal": 3, "auditor": 3}


def test_the_page_names_the_held_jobs_in_its_scope(cast: Cast) -> None:
    target = make_target(cast)
    inside = held_job(cast, target=target)
    held_job(cast)
    waiver = make_waiver(cast, approved=None, place=target)
    page = waiver_page(visible_waivers(cast.legal).get(pk=waiver.pk), timezone.now())
    assert page.held_jobs == (inside.pk,)


def test_it_offers_the_places_a_person_may_ask_for(cast: Cast) -> None:
    target = make_target(cast)
    assert set(places(cast.owner)) == {key_of(target), key_of(target.project), key_of(cast.client)}
    assert [title for title, _ in grouped(places(cast.legal))] == ["One target", "A whole project", "A whole client"]
    assert not places(cast.auditor)
    assert may(cast.auditor, "rights.read")


def test_an_archived_target_is_not_offered(cast: Cast) -> None:
    target = make_target(cast)
    type(target).objects.filter(pk=target.pk).update(archived_at=timezone.now())
    assert key_of(target) not in places(cast.owner)


def test_renewals_are_named(cast: Cast) -> None:
    former = make_waiver(cast)
    make_waiver(cast, place=former.target, renews=former)
    page = waiver_page(visible_waivers(cast.owner).get(pk=former.pk), timezone.now())
    assert page.renewals == ("WVR-0002",)
    assert Waiver.objects.get(ref="WVR-0002").renews == former
