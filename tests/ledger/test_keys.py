from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from governance.ledger.errors import KeyFileError
from governance.ledger.keys import create_log_key, create_record_key, load_log_key, load_record_key

PAIRS = [(create_record_key, load_record_key), (create_log_key, load_log_key)]


@pytest.mark.parametrize(("create", "load"), PAIRS)
def test_a_created_key_loads_again(create: Callable[[Path], Any], load: Callable[[Path], Any], tmp_path: Path) -> None:
    created = create(tmp_path / "key.pem")
    form = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert load(tmp_path / "key.pem").private_bytes(*form) == created.private_bytes(*form)


@pytest.mark.parametrize(("create", "load"), PAIRS)
def test_a_key_file_is_for_its_owner_only(
    create: Callable[[Path], Any], load: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = tmp_path / "key.pem"
    create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_refuses_to_overwrite_a_key(tmp_path: Path) -> None:
    path = tmp_path / "log.pem"
    create_log_key(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="Got an existing file"):
        create_log_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o610])
def test_refuses_a_key_that_others_may_touch(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "log.pem"
    create_log_key(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"Got permissions {mode:04o} on .*, expected 0600"):
        load_log_key(path)


def test_refuses_a_key_of_the_other_kind(tmp_path: Path) -> None:
    create_record_key(tmp_path / "record.pem")
    create_log_key(tmp_path / "log.pem")
    with pytest.raises(KeyFileError, match="expected an Ed25519 key"):
        load_log_key(tmp_path / "record.pem")
    with pytest.raises(KeyFileError, match="expected an ECDSA key on P-256"):
        load_record_key(tmp_path / "log.pem")


def test_refuses_a_key_on_another_curve(tmp_path: Path) -> None:
    path = tmp_path / "record.pem"
    key = ec.generate_private_key(ec.SECP384R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="expected an ECDSA key on P-256"):
        load_record_key(path)


@pytest.mark.parametrize("content", [b"", b"no key", b"x" * 20_000])
def test_refuses_a_file_that_is_no_key(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"Got (no usable key|a key file)"):
        load_log_key(path)


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"Cannot read the key file .*: No such file or directory\. Create the key"):
        load_log_key(tmp_path / "absent.pem")


def test_refuses_to_create_a_key_in_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="Cannot create the key file"):
        create_log_key(tmp_path / "absent" / "log.pem")
