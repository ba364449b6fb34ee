"""What if: answered from stored decisions by the same evaluator, blaming the hypothesis for nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Decision, Job
from governance.policy.decision import Outcome
from governance.policy.facts import OrganisationPolicy
from governance.policy.hypothesis import ClaimContradicted, EntitlementEnds, HoldPlaced, OtherPolicy
from governance.policy.relief import Hold, HoldScope
from governance.policy.words import ResearchDataPolicy
from governance.reports.what_if import what_if
from governance.services.releases import release_output
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output, make_target

pytestmark = pytest.mark.django_db


def bought_job(cast: Cast) -> Job:
    make_entitlement(cast)
    acquire_weights("rmbg-2.0")
    return make_job(cast, slug="rmbg-2.0")


def test_ending_an_entitlement_takes_the_work_that_relies_on_it(cast: Cast) -> None:
    job = bought_job(cast)
    make_job(cast)
    now = timezone.now()
    answer = what_if(cast.legal, EntitlementEnds("ENT-0001", now), now)
    assert (answer.examined, answer.changed, answer.jobs) == (2, 1, 1)
    (found,) = answer.shown
    assert (found.job, found.before, found.after, found.pictures) == (job.pk, Outcome.DUTIES, Outcome.DENY, 1)


def test_ending_an_entitlement_counts_outputs_and_releases(cast: Cast) -> None:
    output = make_output(cast, job=bought_job(cast))
    release_output(cast.owner, output, output.cutout.job.target)
    now = timezone.now()
    answer = what_if(cast.legal, EntitlementEnds("ENT-0001", now), now)
    # Outputs of this entitlement outlive it: the run could not be done again, the release still stands.
    assert (answer.outputs, answer.releases) == (1, 0)


def test_what_would_end_by_itself_is_not_blamed_on_the_hypothesis(cast: Cast) -> None:
    bought_job(cast)
    later = timezone.now() + timedelta(days=1000)
    assert what_if(cast.legal, EntitlementEnds("ENT-0001", later), later).changed == 0


def test_a_contradicted_claim_reaches_the_work_of_its_model_only(cast: Cast) -> None:
    make_job(cast)
    now = timezone.now()
    mine = what_if(cast.legal, ClaimContradicted("u2netp", "All licensed.", "They were not."), now)
    other = what_if(cast.legal, ClaimContradicted("rmbg-2.0", "All licensed.", "They were not."), now)
    assert (mine.changed, other.changed) == (1, 0)


def test_another_policy_is_tried_on_history_at_its_own_time(cast: Cast) -> None:
    acquire_weights("birefnet-general")
    make_job(cast, slug="birefnet-general")
    harder = OrganisationPolicy(2, research_only_data=ResearchDataPolicy.BLOCK)
    answer = what_if(cast.legal, OtherPolicy(harder), None)
    assert [(each.before, each.after) for each in answer.shown] == [(Outcome.REVIEW, Outcome.DENY)]


def test_a_supposed_hold_stops_what_it_touches(cast: Cast) -> None:
    job = make_job(cast)
    make_job(cast, target=make_target(cast))
    now = timezone.now()
    hold = Hold("HLD-SUPPOSED", HoldScope.TARGET, f"TGT-{job.target_id}", "Supposed", "USR-0", now)
    assert [each.job for each in what_if(cast.legal, HoldPlaced(hold), now).shown] == [job.pk]


def test_asking_stores_nothing(cast: Cast) -> None:
    bought_job(cast)
    before = Decision.objects.count()
    now = timezone.now()
    what_if(cast.legal, EntitlementEnds("ENT-0001", now), now)
    assert Decision.objects.count() == before


def test_a_requester_is_answered_for_her_own_clients_only(cast: Cast) -> None:
    bought_job(cast)
    now = timezone.now()
    assert what_if(cast.outsider, EntitlementEnds("ENT-0001", now), now).examined == 0
