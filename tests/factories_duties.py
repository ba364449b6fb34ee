"""Plain functions that make released work under a purchased right, and the duties that come of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from governance.models import Duty, Entitlement, Release
from governance.services.releases import release_output
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output, make_target


def make_release(cast: Cast, *, slug: str = "u2netp", **facts: Any) -> Release:
    """An output of the owner's, released for the target it was made for."""
    acquire_weights(slug)
    output = make_output(cast, job=make_job(cast, slug=slug, target=make_target(cast, **facts)))
    decision, release = release_output(cast.owner, output, output.cutout.job.target)
    assert release is not None, decision.body
    return release


def bought_release(cast: Cast, *, used_until: date | None = None, **terms: Any) -> tuple[Entitlement, Release]:
    """A release by RMBG-2.0 under a purchased right; the target is in use until that day, or without end."""
    right = make_entitlement(cast, **terms)
    return right, make_release(cast, slug="rmbg-2.0", valid_until=used_until)


def make_duty(cast: Cast, **terms: Any) -> Duty:
    """The monthly report that a self-host licence asks for."""
    bought_release(cast, **terms)
    return Duty.objects.get(kind="report_usage")
