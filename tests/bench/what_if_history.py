"""What-if over a long history: how long, and whether memory grows with it.

python -m pytest tests/bench/what_if_history.py -q. A hundred thousand decisions under one entitlement: half of them
on runs (distinct pictures and times), half on releases (distinct outputs, made over a year), for 20 targets.
"""

from __future__ import annotations

import json
import os
import resource
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from governance.models import Decision, DeploymentTarget
from governance.policy.facts import OrganisationPolicy
from governance.policy.hypothesis import EntitlementEnds, Hypothesis, OtherPolicy
from governance.policy.words import ResearchDataPolicy
from governance.reports.what_if import what_if_over
from governance.services.releases import release_output
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output, make_target

pytestmark = pytest.mark.django_db

DECISIONS = int(os.environ.get("DECISIONS", "100000"))
TARGETS, ENTITLEMENTS = 20, int(os.environ.get("ENTITLEMENTS", "1"))
COPIED = """
INSERT INTO governance_decision (opaque_id, stage, outcome, target_id, model_id, job_id, cutout_id, facts,
    facts_sha256, grants, grant_set_id, waivers, holds, encodings, policy_revision, policy_digest, body, body_sha256,
    relied_upon, rule_set_digest, evaluator_version, decided_at, changes)
SELECT gen_random_uuid(), stage, outcome, target_id, model_id, job_id, cutout_id,
    regexp_replace(regexp_replace(facts, '"(AST|OUT)-\\d+"', '"\\1-' || (n + 1000) || '"', 'g'),
        '"made_at":"[^"]*"',
        '"made_at":"' || to_char(decided_at - n * interval '3 hours', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'),
    facts_sha256, grants, grant_set_id, waivers, holds, encodings, policy_revision, policy_digest, body, body_sha256,
    relied_upon, rule_set_digest, evaluator_version, decided_at + n * interval '1 millisecond', changes
FROM governance_decision, generate_series(1, %s) AS n WHERE id = %s
"""


def releases(cast: Cast) -> list[Decision]:
    """One release for each target, under the first entitlement: the decisions that are copied."""
    now = timezone.now()
    for _ in range(ENTITLEMENTS):
        make_entitlement(cast, valid_from=now - timedelta(days=730), valid_until=now + timedelta(days=365))
    acquire_weights("rmbg-2.0")
    return [row for _ in range(TARGETS) for row in decisions_of(cast, make_target(cast))]


def decisions_of(cast: Cast, target: DeploymentTarget) -> list[Decision]:
    output = make_output(cast, job=make_job(cast, slug="rmbg-2.0", target=target))
    cleared, _ = release_output(cast.owner, output, target)
    made = output.cutout.decision
    assert made is not None
    return [made, cleared]


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_a_hundred_thousand_decisions(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    patterns = releases(cast)
    with connection.cursor() as cursor:
        for row in patterns:
            cursor.execute(COPIED, [DECISIONS // len(patterns), row.pk])
    now = timezone.now()
    asked: dict[str, tuple[Hypothesis, bool]] = {
        "an entitlement ended": (EntitlementEnds(patterns[0].relied_upon, now + timedelta(hours=1)), True),
        "another policy, at one moment": (OtherPolicy(blocking()), True),
        "another policy, each at its own time": (OtherPolicy(blocking()), False),
    }
    rows = Decision.objects.order_by("job_id", "pk")
    lines = [f"{rows.count()} decisions, {len(json.loads(patterns[0].grants_text))} grants each"]
    for name, (hypothesis, at_once) in asked.items():
        before, started = peak_mib(), time.perf_counter()
        answer = what_if_over(rows, hypothesis, now + timedelta(hours=1) if at_once else None)
        took = time.perf_counter() - started
        lines.append(
            f"  {name}: {took:.1f} s, {1000 * took / answer.examined:.2f} ms each, {answer.changed} would change, "
            f"peak memory {before:.0f} -> {peak_mib():.0f} MiB"
        )
    with capsys.disabled():
        print("\n" + "\n".join(lines))


def blocking() -> OrganisationPolicy:
    return OrganisationPolicy(2, research_only_data=ResearchDataPolicy.BLOCK)
