"""Keys on disk: made once, for their owner alone, and never out of step with the trust file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pytest_django import Settings

from governance.adapters import keys
from governance.adapters.signer import SignerUnreachable
from governance.errors import PlatformError
from governance.ledger.errors import CannotTell, KeyFileError
from governance.ledger.keys import create_record_key, load_record_key
from governance.ledger.trust import Trust, TrustedLogKey, dump_trust
from governance.provenance.envelope import key_id, sign, verify
from tests.adapters.signed_trees import KEY, ORIGIN, VERIFIER
from tests.adapters.signer_programs import running
from tests.ledger.factories import make_verifier_key


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.KEYS_DIR = tmp_path / "keys"
    settings.LOG_KEY = tmp_path / "keys" / "log.pem"
    settings.RECORD_KEY = ""
    return settings.KEYS_DIR


def private_bytes(path: Path) -> bytes:
    """The 32 secret bytes of either kind of key."""
    key = load_pem_private_key(path.read_bytes(), None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.private_numbers().private_value.to_bytes(32, "big")
    return key.private_bytes_raw()  # type: ignore[union-attr]


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
    assert [item.key_id for item in trust.record_keys] == [keys.record_signer().key_id]
    assert [item.key.public_key for item in trust.log_keys] == [keys.log_key().public_key().public_bytes_raw()]


def test_the_trust_file_holds_no_private_key(folder: Path) -> None:
    content = keys.ensure_keys().read_bytes()
    private = [private_bytes(folder / name) for name in ("log.pem", "record.pem")]
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
    with pytest.raises(PlatformError, match=rf"lists a key whose file .*{lost} is gone") as caught:
        keys.ensure_keys()
    assert (caught.value.code, caught.value.permanent) == ("keys.not_trusted", True)
    assert "Restore the key file" in caught.value.how_to_fix
    assert not (folder / lost).exists()


def test_a_key_the_trust_file_does_not_list_is_refused(folder: Path) -> None:
    keys.ensure_keys()
    (folder / "record.pem").unlink()
    create_record_key(folder / "record.pem")
    with pytest.raises(PlatformError, match=r"trust\.json does not list both keys in use") as caught:
        keys.ensure_keys()
    assert caught.value.code == "keys.not_trusted"


def test_a_trust_file_may_list_more_keys_than_those_in_use() -> None:
    keys.ensure_keys()
    known = keys.trust()
    retired = TrustedLogKey(make_verifier_key(name=known.origin), 12)
    dump_trust(Trust(known.origin, (retired, *known.log_keys), known.record_keys), keys.trust_path())
    assert len(Trust.from_bytes(keys.ensure_keys().read_bytes()).log_keys) == 2
    assert keys.shown_keys()[0] == f"log key {retired.key.text} (retired at 12 entries)"


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
        keys.record_signer()
    assert "chmod 600" in caught.value.how_to_fix


def test_without_a_trust_file_nothing_can_be_told() -> None:
    with pytest.raises(CannotTell, match="Cannot read the trust file"):
        keys.trust()


def test_the_public_ids_can_be_shown(folder: Path) -> None:
    keys.ensure_keys()
    (log,) = keys.trust().log_keys
    assert keys.shown_keys() == (f"log key {log.key.text}", f"record key {keys.record_signer().key_id}")
    assert not [
        name for name in ("log.pem", "record.pem") if private_bytes(folder / name).hex() in str(keys.shown_keys())
    ]


def test_the_record_signer_signs_as_the_key_in_the_trust_file() -> None:
    keys.ensure_keys()
    (trusted,) = keys.trust().record_keys
    verify(sign(b"{}", "text/plain", keys.record_signer()), trusted.public_key)


def test_the_record_signer_is_kept_while_its_file_stays_as_it_is(folder: Path) -> None:
    keys.ensure_keys()
    first = keys.record_signer()
    assert keys.record_signer() is first
    (folder / "record.pem").unlink()
    create_record_key(folder / "record.pem")
    assert keys.record_signer().key_id != first.key_id


def test_a_kept_record_signer_does_not_outlive_its_files_privacy(folder: Path) -> None:
    keys.ensure_keys()
    keys.record_signer()
    (folder / "record.pem").chmod(0o644)
    with pytest.raises(KeyFileError, match="permissions 0644"):
        keys.record_signer()


def test_a_kept_record_signer_does_not_outlive_its_file(folder: Path) -> None:
    keys.ensure_keys()
    keys.record_signer()
    (folder / "record.pem").unlink()
    with pytest.raises(KeyFileError, match=r"Cannot read the key file .*record\.pem: No such file"):
        keys.record_signer()


@pytest.mark.parametrize("spelling", ["{}", "file:{}", "file://{}", "FILE:{}"])
def test_the_record_key_may_be_anywhere(settings: Settings, tmp_path: Path, spelling: str) -> None:
    path = tmp_path / "elsewhere" / "signing.pem"
    settings.RECORD_KEY = spelling.format(path)
    keys.ensure_keys()
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.record_signer().key_id == key_id(load_record_key(path).public_key())


@pytest.mark.parametrize("reference", ["pkcs11:token=records;object=p256", "awskms:alias/records", "signer:"])
def test_a_record_key_held_where_we_cannot_ask_is_named(settings: Settings, reference: str) -> None:
    settings.RECORD_KEY = reference
    scheme = reference.partition(":")[0]
    with pytest.raises(
        PlatformError, match=f"CLEARCUT_RECORD_KEY names its key by '{scheme}'; supported: file"
    ) as caught:
        keys.record_signer()
    assert (caught.value.code, caught.value.permanent) == ("keys.scheme", True)
    assert "Set CLEARCUT_RECORD_KEY to file:PATH" in caught.value.how_to_fix


def test_holders_of_keys_do_not_show_them(folder: Path) -> None:
    keys.ensure_keys()
    secret = private_bytes(folder / "record.pem")
    shown = repr(keys.record_signer()) + str(keys.record_signer()) + repr(keys.log_key())
    assert keys.record_signer().key_id in shown
    assert secret.hex() not in shown
    assert str(int.from_bytes(secret, "big")) not in shown


def by_the_signer(settings: Settings, folder: Path) -> None:
    settings.LOG_KEY = Path("signer:")
    settings.LOG_ORIGIN = ORIGIN
    settings.SIGNER_SOCKET = folder / "signer.sock"


def test_where_the_signer_alone_has_the_log_key_it_is_asked_for_the_public_half(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    by_the_signer(settings, tmp_path)
    with running(tmp_path):
        keys.ensure_keys()
    assert [item.key for item in keys.trust().log_keys] == [VERIFIER]
    assert sorted(path.name for path in folder.iterdir()) == ["record.pem", "trust.json"]
    assert KEY.private_bytes_raw() not in keys.trust_path().read_bytes()


def test_without_that_signer_no_trust_file_is_written(settings: Settings, tmp_path: Path) -> None:
    by_the_signer(settings, tmp_path)
    with pytest.raises(SignerUnreachable):
        keys.ensure_keys()
    assert not keys.trust_path().exists()


def test_a_signer_for_another_log_is_not_trusted(settings: Settings, tmp_path: Path) -> None:
    by_the_signer(settings, tmp_path)
    settings.LOG_ORIGIN = "log.example/two"
    with (
        running(tmp_path),
        pytest.raises(PlatformError, match="signs for 'log.example/one'; expected 'log.ex") as caught,
    ):
        keys.ensure_keys()
    assert (caught.value.code, caught.value.permanent) == ("keys.origin", True)


def test_nothing_but_the_setup_reads_the_log_key(settings: Settings, folder: Path) -> None:
    keys.ensure_keys()
    os.rename(folder / "log.pem", folder / "away.pem")
    assert keys.trust().origin == settings.LOG_ORIGIN
    assert keys.record_signer().key_id in keys.shown_keys()[1]
