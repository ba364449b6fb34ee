"""Licence encodings: the shipped ones are complete, and a slip of the pen is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.licensing.catalogue import load_catalogue
from governance.licensing.catalogue_words import DeclarationStatus, DeclarationSubject
from governance.licensing.encodings import EncodingRefused, parse_encoding, parse_encodings
from governance.licensing.expression import NOASSERTION
from governance.licensing.jsonshape import ShapeError, from_plain, to_plain
from governance.licensing.terms import Action, DutyKind, Encoding, TermKind

CATALOGUE = Path(__file__).parents[2] / "governance" / "catalogue"
FILES = {path.name: path.read_bytes() for path in (CATALOGUE / "encodings").glob("*.toml")}

GOOD = """
license_id = "MIT"
title = "MIT License"
revision = 1
encoded_on = 2026-11-22
encoded_by = "editor"
approved_by = "reviewer"
reading = "Not legal advice."

[[term]]
kind = "permission"
actions = ["run_inference", "distribute_output"]
clause_ref = "first paragraph"
paraphrase = "May be used."
constraints = [{ left_operand = "use_class", operator = "eq", right_operand = "non_commercial" }]
"""


def read(text: str) -> Encoding:
    return parse_encoding(text.encode(), "MIT.toml")


def test_one_table_gives_a_term_for_each_action() -> None:
    assert [term.action for term in read(GOOD).terms] == [Action.RUN_INFERENCE, Action.DISTRIBUTE_OUTPUT]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"run_inference"', '"run_inferense"', "MIT.toml: terms[0].action: found 'run_inferense'"),
        ('operator = "eq"', 'operator = "equals"', "MIT.toml: terms[0].constraints[0].operator: found 'equals'"),
        ('"use_class"', '"useclass"', "MIT.toml: terms[0].constraints[0].left_operand: found 'useclass'"),
        ('kind = "permission"', 'kind = "allowance"', "MIT.toml: terms[0].kind: found 'allowance'"),
        ("revision = 1", 'revision = "1"', "MIT.toml: revision: found '1'; expected a whole number"),
        ("revision = 1", "revision = 0", "MIT.toml: revision: found 0; expected 1 or more"),
        ("revision = 1", "revision = 1\ncolour = 2", "colour: found 2"),
        ('clause_ref = "first paragraph"', 'clause = "x"', "MIT.toml: term[0].clause: found 'x'"),
        ('clause_ref = "first paragraph"', "", "terms[0].clause_ref: found 'nothing'"),
        ('"first paragraph"', '" "', "clause_ref/paraphrase"),
        ('["run_inference", "distribute_output"]', "[]", "term[0].actions: found []"),
        (
            'right_operand = "non_commercial"',
            'right_operand = ["a"]',
            "right_operand: found ('a',); expected one value",
        ),
        ('approved_by = "reviewer"', 'approved_by = "editor"', "another role than encoded_by"),
        ('license_id = "MIT"', 'license_id = "mit"', "one identifier, spelt as SPDX spells it"),
        ('license_id = "MIT"', 'license_id = "MIT OR ISC"', "one identifier"),
        ('license_id = "MIT"', 'license_id = "Mine"', "neither an SPDX identifier"),
        ('paraphrase = "May', 'duty = "attribute"\nparaphrase = "May', "a duty kind on duties, and on nothing else"),
        ('kind = "permission"', 'kind = "duty"', "a duty kind on duties, and on nothing else"),
        ('paraphrase = "May', f'quote = "{"x" * 241}"\nparaphrase = "May', "241 characters"),
        ("revision = 1", 'revision = 1\ntext_sha256 = "AB"', "64 lower-case hexadecimal digits"),
        ("[[term]]", "[[term", "expected TOML in UTF-8"),
        ("encoded_on = 2026-11-22", 'encoded_on = "soon"', "encoded_on: found 'soon'"),
    ],
)
def test_it_refuses_a_slip_and_names_the_place(old: str, new: str, named: str) -> None:
    with pytest.raises(EncodingRefused) as refused:
        read(GOOD.replace(old, new, 1))
    assert named in refused.value.message


def test_it_refuses_a_file_named_after_another_licence() -> None:
    with pytest.raises(EncodingRefused, match="the file's own name"):
        parse_encodings({"Apache-2.0.toml": GOOD.encode()})


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_shipped_encoding_is_well_formed_and_says_it_is_a_reading(name: str) -> None:
    encoding = parse_encodings({name: FILES[name]})[name.removesuffix(".toml")]
    assert "not legal advice" in encoding.reading
    assert from_plain(Encoding, to_plain(encoding)) == encoding


def test_every_licence_the_catalogue_may_rely_on_has_an_encoding() -> None:
    catalogue = load_catalogue(CATALOGUE)
    live = (DeclarationStatus.ACCEPTED, DeclarationStatus.OPEN)
    relied_on = {
        entry.license
        for entry in catalogue.declarations
        if entry.subject is DeclarationSubject.WEIGHTS and entry.status in live and entry.license != NOASSERTION
    }
    assert sorted(relied_on - set(parse_encodings(FILES))) == []


def test_no_shipped_encoding_lets_a_non_commercial_licence_carry_commercial_use() -> None:
    encodings = parse_encodings(FILES)
    for name in ("CC-BY-NC-4.0", "LicenseRef-bria-rmbg-1.4", "LicenseRef-bria-rmbg-2.0", "LicenseRef-bria-fibo"):
        terms = [term for term in encodings[name].terms if term.action is Action.USE_OUTPUT_COMMERCIALLY]
        assert [term.kind for term in terms] == [TermKind.PROHIBITION]


def test_attribution_arises_when_outputs_are_shared() -> None:
    duties = [term for term in parse_encodings(FILES)["CC-BY-NC-4.0"].terms if term.duty is DutyKind.ATTRIBUTE]
    assert {term.action for term in duties} == {Action.DISTRIBUTE_OUTPUT, Action.DISTRIBUTE_WEIGHTS}


@pytest.mark.parametrize("value", [1.5, {"a": 1}, b"raw"])
def test_plain_json_refuses_what_canonical_json_cannot_hold(value: object) -> None:
    with pytest.raises(ShapeError):
        to_plain(value)
