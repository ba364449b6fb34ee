"""The rules page says what the rule set is, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from governance.policy.facts import RuleSetting
from governance.policy.ruleset import STANDARD
from governance.policy.words import ResearchDataPolicy, Severity
from governance.reports.rules import RuleLine
from governance.rights.organisation import SHIPPED
from governance.services.policies import PolicyDraft, approve_policy, draft_policy
from tests.conftest import Cast

BrowserAs = Callable[[User], Browser]


def test_every_rule_is_listed_with_its_title_and_how_to_fix(cast: Cast, browser_as: BrowserAs) -> None:
    html = browser_as(cast.owner).get(reverse("rule-list")).content.decode()
    for rule in STANDARD.rules:
        assert escape(f"{rule.code} {rule.title}") in html
        assert escape(rule.how_to_fix) in html


def test_it_names_the_digest_that_decisions_name(cast: Cast, browser_as: BrowserAs) -> None:
    book = browser_as(cast.owner).get(reverse("rule-list")).context["book"]
    assert (book.digest, book.count) == (STANDARD.digest, len(STANDARD.rules))


def test_only_our_own_policy_is_waivable(cast: Cast, browser_as: BrowserAs) -> None:
    book = browser_as(cast.owner).get(reverse("rule-list")).context["book"]
    waivable = {rule.layer for family in book.families for rule in family.rules if rule.waivable}
    assert waivable == {"our own policy"}


def test_rules_are_only_read(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.owner).post(reverse("rule-list")).status_code == 405


def test_it_shows_what_the_policy_in_force_makes_of_a_rule(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.owner)
    assert line(browser, "LIN-002").set_by == ""
    settings = (RuleSetting("LIN-002", Severity.BLOCK),)
    policy = replace(SHIPPED, overrides=settings, research_only_data=ResearchDataPolicy.ALLOW)
    revision = draft_policy(cast.legal, PolicyDraft(timezone.now(), "Stricter on lineage.", policy))
    approve_policy(cast.second_legal, revision)
    html = browser.get(reverse("rule-list")).content.decode()
    assert f"policy revision {revision.revision}" in html
    assert (line(browser, "LIN-002").severity, line(browser, "LIN-002").set_by) == (
        "Refuses",
        "set by our policy; needs review otherwise",
    )
    assert (line(browser, "LIN-004").severity, line(browser, "LIN-004").set_by) == (
        "Notes it",
        "follows the setting research only data",
    )


def line(browser: Browser, code: str) -> RuleLine:
    book = browser.get(reverse("rule-list")).context["book"]
    return next(rule for family in book.families for rule in family.rules if rule.code == code)
