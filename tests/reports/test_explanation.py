"""The words an explanation counts and compares with."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from governance.models import Decision
from governance.policy.decision import Decision as Verdict
from governance.policy.decision import Outcome, Tri
from governance.policy.facts import Facts
from governance.policy.words import Answer, ResearchDataPolicy
from governance.reports.decisions import decisions_of_job, explained
from governance.reports.explanation import stored, tally
from governance.reports.explanation_text import as_text
from governance.reports.facts_in_words import facts_changed, facts_in_words
from governance.rights.organisation import SHIPPED
from governance.services.policies import PolicyDraft, approve_policy, draft_policy
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job, make_target
from tests.factories_relief import held_job, make_waiver


def verdict(cast: Cast) -> tuple[Decision, Verdict, Facts]:
    row = make_job(cast, slug="rmbg-2.0").decisions.get()
    return row, Verdict.from_json(stored(row.body)), Facts.from_json(stored(row.facts))


def test_every_rule_is_counted_once_by_its_worst_finding(cast: Cast) -> None:
    _, said, _ = verdict(cast)
    base = said.findings[0]
    findings = (
        replace(base, code="A-1", raw=Tri.UNSATISFIED, effect=Outcome.DENY),
        replace(base, code="A-1", raw=Tri.UNKNOWN, effect=Outcome.REVIEW),
        replace(base, code="B-1", raw=Tri.UNKNOWN, effect=Outcome.REVIEW),
        replace(base, code="C-1", raw=Tri.SATISFIED, effect=Outcome.PERMIT),
        replace(base, code="C-2", raw=Tri.SATISFIED, effect=Outcome.PERMIT),
    )
    assert tally(replace(said, findings=findings)) == "1 rule refuses, 1 needs review, 2 hold"


def test_a_verdict_where_all_holds_says_so(cast: Cast) -> None:
    _, said, _ = verdict(cast)
    holding = replace(said.findings[0], raw=Tri.SATISFIED, effect=Outcome.PERMIT)
    assert tally(replace(said, findings=(holding,))) == "1 rule holds"


def test_the_stored_texts_have_the_digests_on_record(cast: Cast) -> None:
    make_entitlement(cast, territories=("FR",))
    job = make_job(cast, slug="rmbg-2.0")
    (row,) = decisions_of_job(job.pk)
    assert explained(row).intact


def test_general_reasons_come_before_those_of_single_entitlements(cast: Cast) -> None:
    make_entitlement(cast, territories=("FR",))
    job = make_job(cast, slug="rmbg-2.0")
    codes = [rule.code for rule in explained(decisions_of_job(job.pk)[0]).weighty]
    assert codes.index("LIC-011") < codes.index("ENT-002")


def test_facts_that_are_the_same_have_not_changed(cast: Cast) -> None:
    _, _, facts = verdict(cast)
    assert facts_changed(facts, facts) == ()


def test_a_changed_fact_is_named_with_both_values(cast: Cast) -> None:
    _, _, facts = verdict(cast)
    later = replace(facts, target=replace(facts.target, monetised=Answer.UNKNOWN))
    assert facts_changed(facts, later) == ("Target, earns money: not known; before: yes.",)


def test_the_facts_name_every_declared_licence(cast: Cast) -> None:
    _, _, facts = verdict(cast)
    (declared,) = [group for group in facts_in_words(facts) if group.title.startswith("Licences declared")]
    assert len(declared.rows) >= len(facts.artefacts[0].declarations)


def test_a_waiver_that_was_considered_says_whether_it_applied(cast: Cast) -> None:
    target = make_target(cast)
    waiver = make_waiver(cast, place=target)
    waiting = make_waiver(cast, place=target, rule_code="LIN-002", approved=None)
    (row,) = decisions_of_job(held_job(cast, target=target).pk)
    told = {each.ref: each for each in explained(row).waivers}
    assert told[waiver.ref].applied
    assert not told[waiting.ref].applied
    assert f"{waiver.ref} on LIN-004, applied: " in as_text(explained(row))
    assert f"{waiting.ref} on LIN-002, not applied: " in as_text(explained(row))


def test_a_policy_that_is_only_tried_is_told_with_what_it_would_have_said(cast: Cast) -> None:
    policy = replace(SHIPPED, research_only_data=ResearchDataPolicy.BLOCK)
    revision = draft_policy(cast.legal, PolicyDraft(timezone.now(), "No research data.", policy, "log_only"))
    approve_policy(cast.second_legal, revision)
    (row,) = decisions_of_job(held_job(cast).pk)
    (trial,) = explained(row).trials
    assert (trial.revision, trial.digest, trial.outcome) == (revision.revision, revision.digest, "deny")
    assert f"Revision {revision.revision} would say: Not allowed." in as_text(explained(row))
    assert explained(row).outcome == "review"


def test_it_names_the_policy_and_the_readings_by_revision(cast: Cast) -> None:
    row, _, _ = verdict(cast)
    told = explained(row)
    assert (told.policy_revision, told.policy_digest) == (row.policy_revision, row.policy_digest)
    assert ", ".join(told.encodings) == row.encodings
    assert told.encodings
