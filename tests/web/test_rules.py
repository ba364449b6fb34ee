"""The rules page says what the rule set is, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils.html import escape

from governance.policy.ruleset import STANDARD
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
