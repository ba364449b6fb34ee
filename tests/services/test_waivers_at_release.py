"""Waivers where something is handed out: counted as at a run, and never held against the picture that used them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.models import Output, Waiver, WaiverUse
from governance.services.permissions import record_term
from governance.services.releases import deliver, release_output
from tests.conftest import Cast
from tests.factories import make_job, make_output, make_target
from tests.factories_relief import make_waiver
from tests.services.test_dispatch import waived
from tests.services.test_permissions import today

pytestmark = pytest.mark.django_db


def changed_output(cast: Cast, target: object) -> Output:
    """An output whose picture is known otherwise since: REL-001 asks a person."""
    output = make_output(cast, job=make_job(cast, target=target))  # type: ignore[arg-type]
    record_term(cast.owner, output.cutout.asset, today() + timedelta(days=365), "Invoice")
    return output


def used(waiver: Waiver) -> int:
    return WaiverUse.objects.filter(waiver=waiver).count()


def test_a_release_under_a_waiver_counts_as_a_use_of_it(cast: Cast) -> None:
    target = make_target(cast)
    first, second = changed_output(cast, target), changed_output(cast, target)
    waiver = make_waiver(cast, place=target, rule_code="REL-001", max_uses=1)
    assert release_output(cast.owner, first, target)[1] is not None
    decision, release = release_output(cast.owner, second, target)
    assert (used(waiver), decision.outcome, release) == (1, "review", None)


def test_a_release_that_used_up_its_waiver_is_delivered_all_the_same(cast: Cast) -> None:
    target = make_target(cast)
    output = changed_output(cast, target)
    waiver = make_waiver(cast, place=target, rule_code="REL-001", max_uses=1)
    release = release_output(cast.owner, output, target)[1]
    assert release is not None
    assert len(deliver(cast.owner, release).data) == output.size
    assert used(waiver) == 1


def test_an_output_made_under_the_last_use_of_a_waiver_is_released_under_it(cast: Cast) -> None:
    target, waiver = waived(cast, max_uses=1)
    output = make_output(cast, job=make_job(cast, target=target))
    assert release_output(cast.owner, output, target)[1] is not None
    assert used(waiver) == 1
