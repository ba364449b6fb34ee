"""Cases next to the acceptance cases, about purchased rights: zones, scopes, digests, kinds of grant, re-delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from governance.errors import RequestError
from governance.licensing.catalogue_words import HostingMode
from governance.policy.decision import Outcome
from governance.policy.engine import EvaluationRefused
from governance.policy.facts import Facts
from governance.policy.grants import Grant, GrantKind, ModelScope, Survival
from governance.policy.words import Answer, OutputDistribution, Stage, TargetKind, WeightsDistribution
from tests.policy.factories import (
    NOW,
    OTHER_FILE,
    RMBG_2,
    RMBG_2_SCOPE,
    cure_titles,
    encodings,
    entitlement,
    facts,
    judge,
    quota,
    route,
    standing,
    subscription,
    target,
    troubled,
)
from tests.policy.rule_examples import made

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
MIDNIGHT = datetime(2027, 1, 1, tzinfo=BERLIN)
SOLD_IN_BERLIN = standing(ends_at=MIDNIGHT, zone="Europe/Berlin")
SECOND = timedelta(seconds=1)


def scoped(**changes: object) -> Grant:
    return entitlement(scope=replace(RMBG_2_SCOPE, **changes))  # type: ignore[arg-type]


def named(*models: ModelScope) -> Grant:
    return scoped(models=models)


def again(stage: Stage = Stage.REDELIVER, until: date | None = date(2026, 12, 1)) -> Facts:
    return facts(target(valid_until=until), stage=stage, output=made(made_at=NOW - timedelta(days=60)))


@pytest.mark.parametrize("clock", [UTC, BERLIN, TOKYO])
def test_a_right_ends_at_the_second_its_zone_says_whatever_the_clock_of_the_asker(clock: ZoneInfo) -> None:
    grant = entitlement(in_force=SOLD_IN_BERLIN)
    assert judge(facts(), grant, at=(MIDNIGHT - SECOND).astimezone(clock)).outcome is Outcome.DUTIES
    assert judge(facts(), grant, at=MIDNIGHT.astimezone(clock)).outcome is Outcome.DENY


def test_the_same_moment_in_another_zone_gives_the_same_decision() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    here, there = (judge(facts(), entitlement(), at=late.astimezone(zone)) for zone in (UTC, TOKYO))
    assert here.as_json() == there.as_json()


def test_days_are_counted_where_the_paper_counts_them() -> None:
    decision = judge(facts(), entitlement(in_force=SOLD_IN_BERLIN))
    assert decision.summary == "ENT-0017 covers this use of RMBG-2.0 to the end of 31 December 2026."
    lasting = facts(target(valid_until=date(2026, 12, 31)))
    until_end = entitlement(in_force=SOLD_IN_BERLIN, survival=Survival.UNTIL_END)
    assert judge(lasting, until_end).outcome is Outcome.DUTIES
    one_more = facts(target(valid_until=date(2027, 1, 1)))
    assert judge(one_more, until_end).outcome is Outcome.REVIEW


def test_it_refuses_a_right_that_counts_in_no_known_zone() -> None:
    with pytest.raises(RequestError, match="Unknown time zone: 'Europe/Berlim'"):
        judge(facts(), entitlement(in_force=standing(zone="Europe/Berlim")))


@pytest.mark.parametrize(
    ("wanted", "covered", "outcome"),
    [
        (("DE",), None, Outcome.DUTIES),
        (("DE",), ("WORLD",), Outcome.DUTIES),
        (("WORLD",), ("DE", "AT"), Outcome.DENY),
        (("DE", "FR"), ("DE", "AT"), Outcome.DENY),
        (("AT", "DE"), ("DE", "AT", "CH"), Outcome.DUTIES),
        (("DE",), (), Outcome.DENY),
        ((), ("DE",), Outcome.REVIEW),
        ((), None, Outcome.DUTIES),
    ],
)
def test_territories(wanted: tuple[str, ...], covered: tuple[str, ...] | None, outcome: Outcome) -> None:
    assert judge(facts(target(territories=wanted)), scoped(territories=covered)).outcome is outcome


@pytest.mark.parametrize(
    ("channel", "outcome"), [("web", Outcome.DUTIES), ("television", Outcome.DENY), ("", Outcome.REVIEW)]
)
def test_channels(channel: str, outcome: Outcome) -> None:
    assert judge(facts(target(channel=channel)), scoped(channels=("web", "print"))).outcome is outcome


def test_a_client_the_paper_does_not_name_is_not_covered() -> None:
    decision = judge(facts(target(client_ref="CLI-2")), entitlement())
    assert decision.outcome is Outcome.DENY
    assert "Extend ENT-0017 to the client CLI-2" in cure_titles(decision)


def test_a_named_client_stands_for_its_companies_only_where_the_paper_includes_affiliates() -> None:
    subsidiary = target(client_ref="CLI-2", client_group=("CLI-1",))
    assert judge(facts(subsidiary), entitlement()).outcome is Outcome.DENY
    assert judge(facts(subsidiary), scoped(affiliates=True)).outcome is Outcome.DUTIES
    assert judge(facts(target(client_ref="CLI-3")), scoped(affiliates=True)).outcome is Outcome.DENY


def test_a_project_the_paper_does_not_name_is_not_covered() -> None:
    assert judge(facts(), scoped(projects=("PRJ-7",))).outcome is Outcome.DENY


def test_a_hosted_subscription_is_no_right_to_run_the_weights_here() -> None:
    decision = judge(facts(), subscription(provider="bria"))
    assert decision.outcome is Outcome.DENY
    assert "ENT-002" in troubled(decision)
    assert "Route through Bria's API" in cure_titles(decision)


def test_a_self_host_licence_is_no_subscription() -> None:
    hosted = route(hosting_mode=HostingMode.VENDOR_API, provider="bria", weights_sha256=None)
    assert judge(facts(by=hosted), entitlement()).outcome is Outcome.DENY


def test_a_hosted_route_that_names_no_provider_is_open() -> None:
    hosted = route(hosting_mode=HostingMode.RESELLER_API, provider=None, weights_sha256=None)
    assert judge(facts(by=hosted), subscription(provider="fal.ai")).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("scope", "outcome"),
    [
        (ModelScope("rmbg-2.0", ("2.0",)), Outcome.DUTIES),
        (ModelScope("rmbg-2.0", ("2.1",)), Outcome.DENY),
        (ModelScope("rmbg-2.0", ("2.1",), (RMBG_2,)), Outcome.DUTIES),
        (ModelScope("rmbg-2.0", ("2.0",), (OTHER_FILE,)), Outcome.DENY),
        (ModelScope("bria-background-removal", (), (RMBG_2,)), Outcome.DUTIES),
        (ModelScope("rmbg-3.0"), Outcome.DENY),
    ],
)
def test_a_named_file_wins_over_names_and_versions(scope: ModelScope, outcome: Outcome) -> None:
    assert judge(facts(), named(scope)).outcome is outcome


def test_a_version_nobody_knows_is_open() -> None:
    assert judge(facts(by=route(version="")), named(ModelScope("rmbg-2.0", ("2.0",)))).outcome is Outcome.REVIEW


def test_every_quota_has_to_suffice() -> None:
    monthly, yearly = quota(5), quota(0, period="contract_year")
    assert judge(facts(), entitlement(quotas=(monthly, yearly))).outcome is Outcome.DENY
    assert judge(facts(), entitlement(quotas=(monthly,))).outcome is Outcome.DUTIES


def test_a_quota_of_jobs_counts_the_job_not_its_pictures() -> None:
    jobs = quota(1, unit="job")
    assert judge(facts(requested_outputs=30), entitlement(quotas=(jobs,))).outcome is Outcome.DUTIES


def test_an_oem_right_passes_weights_on_only_as_far_as_its_paper_says() -> None:
    bundle = target(kind=TargetKind.MOBILE_APP_BUNDLE, weights_distribution=WeightsDistribution.PUBLIC)
    device = facts(bundle, route(hosting_mode=HostingMode.ON_DEVICE))
    open_paper = entitlement(
        scope=replace(RMBG_2_SCOPE, hosting_modes=(HostingMode.ON_DEVICE,)),
        kind=GrantKind.OEM,
        readings=(encodings()["MIT"],),
    )
    assert judge(device, open_paper).outcome.allows
    assert open_paper.scope is not None
    to_clients = replace(
        open_paper, scope=replace(open_paper.scope, weights_distribution=WeightsDistribution.TO_CLIENT)
    )
    assert judge(device, to_clients).outcome is Outcome.DENY
    closed_paper = replace(open_paper, readings=(encodings()["LicenseRef-bria-selfhost"],))
    assert {"LIC-020"} <= troubled(judge(device, closed_paper))


@pytest.mark.parametrize(
    ("billable", "distribution", "outcome"),
    [
        (Answer.NO, OutputDistribution.INTERNAL, Outcome.DUTIES),
        (Answer.YES, OutputDistribution.INTERNAL, Outcome.DENY),
        (Answer.NO, OutputDistribution.PUBLIC, Outcome.DENY),
        (Answer.NO, OutputDistribution.CLIENT, Outcome.DENY),
        (Answer.UNKNOWN, OutputDistribution.INTERNAL, Outcome.REVIEW),
    ],
)
def test_an_evaluation_right_covers_trying_out_inside_the_house(
    billable: Answer, distribution: OutputDistribution, outcome: Outcome
) -> None:
    trial = target(
        monetised=Answer.NO,
        for_profit_internal=Answer.YES,
        billable=billable,
        output_distribution=distribution,
    )
    assert judge(facts(trial), entitlement(kind=GrantKind.EVALUATION)).outcome is outcome


def test_a_public_benchmark_asks_to_publish_its_results() -> None:
    benchmark = facts(target(kind=TargetKind.RESEARCH_BENCHMARK))
    decision = judge(benchmark, entitlement())
    assert "benchmark_publish" in decision.actions
    assert decision.outcome is Outcome.DENY


@pytest.mark.parametrize(
    ("days", "outcome"), [(-1, Outcome.DUTIES), (0, Outcome.PERMIT), (29, Outcome.PERMIT), (30, Outcome.DENY)]
)
def test_winding_down_lasts_to_its_last_second(days: int, outcome: Outcome) -> None:
    # A target that is done with the outputs before the right has wound down: nothing outlives anything.
    grant = entitlement(
        in_force=standing(ends_at=NOW - timedelta(days=days)), survival=Survival.WIND_DOWN, wind_down_days=30
    )
    stage = Stage.SUBMIT if days < 0 else Stage.REDELIVER
    asked = again(until=date(2026, 11, 23)) if stage is Stage.REDELIVER else facts(target(valid_until=NOW.date()))
    assert judge(asked, grant).outcome is outcome


@pytest.mark.parametrize("stage", [Stage.RELEASE, Stage.REDELIVER, Stage.SWEEP])
def test_an_output_is_judged_alike_wherever_it_is_judged(stage: Stage) -> None:
    ended = entitlement(in_force=standing(ends_at=NOW - timedelta(days=1)), survival=Survival.UNTIL_END)
    assert judge(again(stage), ended).outcome is Outcome.DENY
    lasting = replace(ended, survival=Survival.PERPETUAL)
    assert judge(again(stage), lasting).outcome is Outcome.PERMIT
    recalled = facts(stage=stage, output=made(recall_open=True))
    assert "REL-003" in troubled(judge(recalled, lasting))


def test_a_sweep_of_waiting_work_is_judged_as_at_submission() -> None:
    swept, submitted = (judge(facts(stage=stage), entitlement()) for stage in (Stage.SWEEP, Stage.SUBMIT))
    assert (swept.outcome, swept.findings) == (submitted.outcome, submitted.findings)


def test_nothing_is_handed_over_again_that_is_not_there() -> None:
    decision = judge(facts(stage=Stage.REDELIVER), entitlement())
    assert decision.outcome is Outcome.DENY
    assert "REL-002" in troubled(decision)


@pytest.mark.parametrize("stage", [Stage.SUBMIT, Stage.DISPATCH])
def test_it_refuses_an_output_where_there_can_be_none(stage: Stage) -> None:
    with pytest.raises(EvaluationRefused, match=f"Found output OUT-1 at stage {stage.value}"):
        judge(facts(stage=stage, output=made()), entitlement())
