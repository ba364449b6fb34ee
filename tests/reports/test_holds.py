"""How holds stand, what they are on in words, and who sees which."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.reports.holds import hold_line, hold_list, touched_by
from governance.services.accounts import add_user
from tests.conftest import Cast
from tests.factories import acquire_weights, make_asset, make_entitlement, make_job, make_output, make_target
from tests.factories_relief import held_job, make_hold

pytestmark = pytest.mark.django_db


def test_those_in_force_come_first_with_their_state(cast: Cast) -> None:
    make_hold(cast, lifted=2)
    make_hold(cast, lifted=1)
    make_hold(cast)
    found = hold_list(cast.owner, timezone.now())
    assert [(line.ref, line.state_words) for line in found] == [
        ("HLD-0003", "In force"),
        ("HLD-0002", "One of two lifts"),
        ("HLD-0001", "Lifted"),
    ]


def test_one_to_be_looked_at_again_is_overdue_the_day_after(cast: Cast) -> None:
    today = timezone.now()
    hold = make_hold(cast, review_on=today.date())
    overdue = [hold_line(cast.legal, hold.ref, today + timedelta(days=days)).overdue for days in (0, 1)]  # type: ignore[union-attr]
    assert overdue == [False, True]


def test_it_says_what_it_is_on(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    target, asset, entitlement = make_target(cast), make_asset(cast), make_entitlement(cast)
    output = make_output(cast)
    named = (
        ("everything", "", "All work"),
        ("client", f"CLI-{cast.client.pk}", "Harbour Coffee"),
        ("project", f"PRJ-{target.project_id}", target.project.name),
        ("target", f"TGT-{target.pk}", target.name),
        ("asset", f"AST-{asset.pk}", "cup.png"),
        ("output", f"OUT-{output.pk}", "cup.png"),
        ("model", "rmbg-2.0", "RMBG-2.0"),
        ("weights", acquire_weights("rmbg-2.0").sha256, "RMBG-2.0 weights"),
        ("grant", entitlement.ref, entitlement.title),
    )
    for scope, ref, title in named:
        line = hold_line(cast.auditor, make_hold(cast, scope, ref).ref, timezone.now())
        assert line is not None
        assert (line.scope, line.subject.title) == (scope, title)


def test_a_hold_on_another_clients_work_does_not_exist_for_a_requester(cast: Cast) -> None:
    target, asset, output = make_target(cast), make_asset(cast), make_output(cast)
    theirs = (("client", f"CLI-{cast.client.pk}"), ("target", f"TGT-{target.pk}"), ("asset", f"AST-{asset.pk}"),
              ("project", f"PRJ-{target.project_id}"), ("output", f"OUT-{output.pk}"))  # fmt: skip
    for scope, ref in theirs:
        make_hold(cast, scope, ref)
    make_hold(cast, "model", "rmbg-2.0")
    assert len(hold_list(cast.owner, timezone.now())) == 6
    assert [line.scope for line in hold_list(cast.outsider, timezone.now())] == ["model"]


def test_somebody_without_a_role_sees_none(cast: Cast) -> None:
    hold, nobody = make_hold(cast), add_user("nobody", None)
    assert not hold_list(nobody, timezone.now())
    assert hold_line(nobody, hold.ref, timezone.now()) is None


def test_it_counts_the_pictures_in_its_way(cast: Cast) -> None:
    queued, held = make_job(cast, pictures=2), held_job(cast)
    make_output(cast)
    at = timezone.now()
    counts = {}
    for scope, ref in (
        ("everything", ""),
        ("target", f"TGT-{queued.target_id}"),
        ("model", "birefnet-general"),
        ("weights", held.weights_sha256),
        ("asset", f"AST-{queued.cutouts.all()[0].asset_id}"),
        ("client", f"CLI-{cast.other_client.pk}"),
    ):
        line = hold_line(cast.legal, make_hold(cast, scope, ref).ref, at + timedelta(minutes=1))
        assert line is not None
        touched = touched_by(line, cast.legal)
        counts[scope] = (touched.held, touched.queued)
    assert counts == {
        "everything": (1, 2),
        "target": (0, 2),
        "model": (1, 0),
        "weights": (1, 0),
        "asset": (0, 1),
        "client": (0, 0),
    }


def test_a_hold_on_a_right_counts_the_work_that_relies_on_it(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    entitlement = make_entitlement(cast)
    make_job(cast, slug="rmbg-2.0")
    line = hold_line(cast.legal, make_hold(cast, "grant", entitlement.ref).ref, timezone.now())
    assert line is not None
    assert touched_by(line, cast.legal).queued == 1


def test_the_list_asks_no_more_of_the_database_for_more_holds(cast: Cast) -> None:
    make_hold(cast, "target", f"TGT-{make_target(cast).pk}", lifted=1)
    with CaptureQueriesContext(
        connection,
    ) as few:
        hold_list(cast.legal, timezone.now())
    for _ in range(4):
        make_hold(cast, "target", f"TGT-{make_target(cast).pk}", lifted=1)
    with CaptureQueriesContext(connection) as many:
        hold_list(cast.legal, timezone.now())
    assert len(many) == len(few)
