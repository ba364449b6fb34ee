"""Notices of released work: from the catalogue's facts, one text to publish, and nothing where nothing is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from governance.adapters import blobs
from governance.licensing.terms import DutyKind
from governance.models import Duty, LicenseText
from governance.policy.decision import Duty as Owed
from governance.policy.words import Stage
from governance.reports.notices import as_file, notices_for
from governance.rights.verdicts import Question, Verdict, judge
from governance.services.work import determine_use
from tests.conftest import Cast
from tests.factories import acquire_weights, make_job, make_output, make_project, make_target, model
from tests.factories_duties import make_release

pytestmark = pytest.mark.django_db


def owing(cast: Cast, kind: DutyKind, name: str) -> Verdict:
    """A verdict that owes a notice under the public licence of that name."""
    verdict = judge(Question(Stage.PREVIEW, make_target(cast), model("rmbg-2.0")), timezone.now())
    grant = next(each for each in verdict.grants if each.ref.endswith(f"/{name}"))
    owed = Owed(kind, "Name the creator.", grant.ref, "section 3(a)(1)")
    return replace(verdict, decision=replace(verdict.decision, duties=(owed,)))


def public_license(cast: Cast) -> str:
    verdict = judge(Question(Stage.PREVIEW, make_target(cast), model("rmbg-2.0")), timezone.now())
    return next(
        each.readings[0].license_id
        for each in verdict.grants
        if each.artefact and any(term.duty is DutyKind.ATTRIBUTE for term in each.readings[0].terms)
    )


def test_an_attribution_names_the_model_its_maker_licence_and_the_change(cast: Cast) -> None:
    verdict = owing(cast, DutyKind.ATTRIBUTE, public_license(cast))
    (written,) = notices_for(verdict.decision, verdict.grants, verdict.model)
    parts = {part.label: part.text for part in written.notice.parts}
    assert parts["Title"] == verdict.model.title
    assert parts["Creator"] == verdict.model.provider
    assert parts["Changes"] == f"background removed with {verdict.model.title}"
    assert parts["Copyright notice"] == "not stated"
    assert written.text == written.notice.as_text()
    assert as_file((written,)).startswith(f"Attribution ({written.source})\n\nTitle: {verdict.model.title}\n")


def test_a_verdict_that_owes_no_notice_has_none(cast: Cast) -> None:
    verdict = judge(Question(Stage.PREVIEW, make_target(cast), model()), timezone.now())
    assert notices_for(verdict.decision, verdict.grants, verdict.model) == ()


def test_the_notice_stands_before_the_release_with_it_and_with_its_duty(
    cast: Cast, browser_as: Callable[[User], Browser]
) -> None:
    """For a use that earns nothing the public licence of RMBG-2.0 permits, on condition of its attribution."""
    project = make_project(cast, billable="no", for_profit="no")
    target = make_target(cast, project=project, kind="editorial", monetised="no")
    determine_use(cast.legal, target, "non_commercial", "A museum's own leaflet.")
    acquire_weights("rmbg-2.0")
    output = make_output(cast, job=make_job(cast, slug="rmbg-2.0", target=target))
    owner = browser_as(cast.owner)
    before = owner.get(reverse("output-release", args=[output.pk]), {"target": target.pk}).content.decode()
    assert "Attribution to publish with it" in before
    assert "background removed with RMBG-2.0" in before
    owner.post(reverse("output-release", args=[output.pk]), {"target": target.pk, "accept": "on"})
    duty = Duty.objects.get(kind="attribute")
    url = reverse("release-notices", args=[duty.release_id])
    assert url in owner.get(reverse("output", args=[output.pk])).content.decode()
    assert "Title: RMBG-2.0" in owner.get(reverse("duty", args=[duty.pk])).content.decode()
    answer = owner.get(url)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert b"Title: RMBG-2.0\n" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert browser_as(cast.outsider).get(url).status_code == 404


def test_a_release_without_notices_has_no_file_of_them(cast: Cast, browser_as: Callable[[User], Browser]) -> None:
    release = make_release(cast)
    assert browser_as(cast.owner).get(reverse("release-notices", args=[release.pk])).status_code == 404


def test_a_licence_text_on_record_is_enclosed(cast: Cast) -> None:
    name = public_license(cast)
    text = LicenseText.objects.create(
        license_id=name, sha256=blobs.put(b"The whole licence."), source="tests", captured_on=date(2099, 1, 1)
    )
    verdict = owing(cast, DutyKind.INCLUDE_NOTICE, name)
    grant = next(each for each in verdict.grants if each.ref == verdict.decision.duties[0].source)
    asking = replace(grant.readings[0], terms=(replace(grant.readings[0].terms[0], duty=DutyKind.INCLUDE_NOTICE),))
    (written,) = notices_for(verdict.decision, (replace(grant, readings=(asking,)),), verdict.model)
    assert f"enclosed as {name}.txt, SHA-256 {text.sha256}" in written.text
    assert as_file((written,)).endswith(f"{name}.txt\n\nThe whole licence.\n")
