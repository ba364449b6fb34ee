from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from governance.provenance.commitment import Opening, check_opening, commit, new_salt
from governance.provenance.errors import BadCommitment

SALT = bytes(range(32))
OPENING = Opening("file-name", SALT, b"sommer_kampagne.jpg")


def test_a_commitment_is_the_prefixed_hash_of_field_salt_and_value() -> None:
    expected = hashlib.sha256(b"prov-commit/v1\0file-name\0" + SALT + b"sommer_kampagne.jpg").hexdigest()
    assert commit("file-name", b"sommer_kampagne.jpg", SALT) == expected


def test_it_opens_with_its_opening() -> None:
    check_opening(OPENING.commitment(), OPENING)


@pytest.mark.parametrize(
    "changed",
    [
        replace(OPENING, value=b"winter_kampagne.jpg"),
        replace(OPENING, salt=bytes(32)),
        replace(OPENING, field="client-name"),
    ],
)
def test_refuses_an_opening_with_another_value_salt_or_field(changed: Opening) -> None:
    with pytest.raises(BadCommitment, match="does not match the commitment"):
        check_opening(OPENING.commitment(), changed)


def test_refuses_a_commitment_in_upper_case() -> None:
    with pytest.raises(BadCommitment, match="64 lower-case hex digits"):
        check_opening(OPENING.commitment().upper(), OPENING)


@pytest.mark.parametrize("salt", [b"", b"short", bytes(33)])
def test_refuses_a_salt_of_another_length(salt: bytes) -> None:
    with pytest.raises(BadCommitment, match="expected 32"):
        commit("picture", b"x", salt)


@pytest.mark.parametrize("field", ["", "Picture", "a\0b", "9", "a b", "a" * 65])
def test_refuses_a_field_name_that_could_be_confused(field: str) -> None:
    with pytest.raises(BadCommitment, match="Got field"):
        commit(field, b"x", SALT)


def test_salts_are_32_bytes_and_differ() -> None:
    salts = {new_salt() for _ in range(20)}
    assert len(salts) == 20
    assert {len(salt) for salt in salts} == {32}
