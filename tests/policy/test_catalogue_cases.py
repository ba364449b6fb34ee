"""The shipped catalogue under the shipped rules: what each model may do, straight from the facts we publish."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from governance.licensing.catalogue import Catalogue, load_catalogue
from governance.licensing.catalogue_words import DeclarationSubject, Standing
from governance.policy.decision import Decision, Outcome
from governance.policy.facts import Facts
from governance.policy.facts_artefact import ArtefactFacts, LicenseDeclaration
from governance.policy.facts_lineage import LineageFacts, TrainingUse
from governance.policy.facts_target import TargetFacts
from governance.policy.grants import Grant, ModelScope
from governance.policy.words import ArtefactRole
from tests.policy.factories import (
    RMBG_2,
    RMBG_2_SCOPE,
    cure_titles,
    determined,
    entitlement,
    facts,
    hobby,
    judge,
    route,
    target,
    troubled,
)


@cache
def catalogue() -> Catalogue:
    return load_catalogue(Path(__file__).parents[2] / "governance" / "catalogue")


def gathered(model: str, to: TargetFacts) -> Facts:
    """Facts on a catalogued model, entry by entry."""
    known = catalogue()
    declarations = tuple(
        LicenseDeclaration(entry.license, entry.rank, entry.slug, entry.status, entry.stated_on)
        for entry in known.declarations_of(model)
        if entry.subject is DeclarationSubject.WEIGHTS
    )
    resolution = known.resolution_of(model, DeclarationSubject.WEIGHTS)
    terms = {entry.slug: entry.terms for entry in known.data_sets}
    uses = tuple(
        TrainingUse(entry.data_set, entry.role, terms[entry.data_set], entry.evidence_level, entry.standing)
        for entry in known.training_of(model)
    )
    of = ArtefactFacts(
        f"{model} weights", ArtefactRole.WEIGHTS, model, RMBG_2, declarations, resolution.status if resolution else None
    )
    return facts(to, route(model, model, offers=()), of, LineageFacts(uses))


def verdict(model: str, to: TargetFacts, *bought: Grant) -> Decision:
    return judge(gathered(model, to), *bought)


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        ("rmbg-1.4", Outcome.DENY),
        ("rmbg-2.0", Outcome.DENY),
        ("rmbg-3.0", Outcome.DENY),
        ("u2netp", Outcome.DUTIES),
        ("u2net", Outcome.DUTIES),
        ("isnet-general-use", Outcome.REVIEW),
        ("birefnet-general", Outcome.REVIEW),
    ],
)
def test_a_commercial_listing(model: str, outcome: Outcome) -> None:
    assert verdict(model, target()).outcome is outcome


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        ("rmbg-1.4", Outcome.DENY),
        ("rmbg-2.0", Outcome.DUTIES),
        ("rmbg-3.0", Outcome.DUTIES),
        ("u2netp", Outcome.DUTIES),
        ("birefnet-general", Outcome.REVIEW),
    ],
)
def test_a_hobby_that_legal_found_non_commercial(model: str, outcome: Outcome) -> None:
    assert verdict(model, determined(hobby())).outcome is outcome


def test_a_self_host_licence_carries_the_model_it_names() -> None:
    assert verdict("rmbg-2.0", target(), entitlement()).outcome is Outcome.DUTIES


def test_a_licence_for_2_0_does_not_carry_3_0() -> None:
    decision = verdict("rmbg-3.0", target(), entitlement())
    assert decision.outcome is Outcome.DENY
    assert {"ENT-002", "LIC-010"} <= troubled(decision)


def test_a_licence_that_names_3_0_does() -> None:
    scope = replace(RMBG_2_SCOPE, models=(ModelScope("rmbg-3.0"),))
    assert verdict("rmbg-3.0", target(), entitlement(scope=scope)).outcome is Outcome.DUTIES


def test_an_undisclosed_backbone_stays_visible() -> None:
    decision = verdict("rmbg-2.0", target(), entitlement())
    assert any(entry.standing is Standing.INFERRED for entry in catalogue().training_of("rmbg-2.0"))
    assert "LIN-005" in troubled(decision)


def test_a_reserved_commercial_use_can_be_bought_even_without_a_known_offer() -> None:
    titles = cure_titles(verdict("rmbg-2.0", target()))
    assert "Buy a self-host licence for rmbg-2.0 from its licensor" in titles
    assert "self-host licence" not in cure_titles(verdict("isnet-general-use", target()))
