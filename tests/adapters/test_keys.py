"""Keys on disk: made once, for their owner alone, and never out of step with the trust file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from governance.adapters import keys
from governance.errors import PlatformError
from governance.ledger.errors import CannotTell, KeyFileError
from governance.provenance.envelope import key_id


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR


def test_it_makes_both_keys_and_the_trust_file(folder: Path) -> None:
    assert keys.ensure_keys() == folder / "trust.json" == keys.trust_path()
    assert sorted(path.name for path in folder.iterdir()) == ["log.pem", "record.pem", "trust.json"]


def test_private_keys_are_their_owners_alone(folder: Path) -> None:
    keys.ensure_keys()
    modes = {name: oct((folder / name).stat().st_mode & 0o777) for name in ("log.pem", "record.pem")}
    assert modes == {"log.pem": "0o600", "record.pem": "0o600"}
    assert folder.stat().st_mode & 0o077 == 0


def test_the_trust_file_lists_the_public_keys_and_the_origin(settings: Settings) -> None:
    keys.ensure_keys()
    trust = keys.trust()
    assert trust.origin == settings.LOG_ORIGIN
    assert [item.key_id for item in trust.record_keys] == [key_id(keys.record_key().public_key())]
    assert [item.key.public_key for item in trust.log_keys] == [keys.log_key().public_key().public_bytes_raw()]


def test_the_trust_file_holds_no_private_key() -> None:
    content = keys.ensure_keys().read_bytes()
    private = (keys.log_key().private_bytes_raw(), keys.record_key().private_numbers().private_value.to_bytes(32))
    assert not [secret for secret in private if secret in content or secret.hex().encode() in content]
    assert b"PRIVATE" not in content


def test_asking_again_replaces_nothing(folder: Path) -> None:
    keys.ensure_keys()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    keys.ensure_keys()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_lost_trust_file_is_written_again_with_the_same_keys(folder: Path) -> None:
    path = keys.ensure_keys()
    before = path.read_bytes()
    path.unlink()
    keys.ensure_keys()
    assert path.read_bytes() == before


@pytest.mark.parametrize("lost", ["record.pem", "log.pem"])
def test_a_key_lost_beside_its_trust_file_is_not_replaced_in_silence(folder: Path, lost: str) -> None:
    keys.ensure_keys()
    (folder / lost).unlink()
    with pytest.raises(PlatformError, match=r"trust\.json does not list both keys beside it") as caught:
        keys.ensure_keys()
    assert (caught.value.code, caught.value.permanent) == ("keys.not_trusted", True)
    assert "Restore the key files" in caught.value.how_to_fix


def test_another_origin_than_the_trust_file_names_is_refused(settings: Settings) -> None:
    keys.ensure_keys()
    settings.LOG_ORIGIN = "clearcut.example/another-log"
    with pytest.raises(PlatformError, match="does not list both keys") as caught:
        keys.ensure_keys()
    assert caught.value.code == "keys.not_trusted"


def test_a_key_that_others_can_read_is_not_used(folder: Path) -> None:
    keys.ensure_keys()
    (folder / "record.pem").chmod(0o640)
    with pytest.raises(KeyFileError, match="permissions 0640") as caught:
        keys.record_key()
    assert "chmod 600" in caught.value.how_to_fix


def test_without_a_trust_file_nothing_can_be_told() -> None:
    with pytest.raises(CannotTell, match="Cannot read the trust file"):
        keys.trust()
