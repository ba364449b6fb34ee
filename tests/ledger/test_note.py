from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.ledger.errors import KeyFileError, NoteError
from governance.ledger.note import VerifierKey, open_note, sign_note
from tests.ledger.factories import make_log_key, make_verifier_key

# The example of golang.org/x/mod/sumdb/note (ExampleSign, ExampleOpen) and its second key.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
PETER_NOTE = f"{PETER_TEXT}\n{PETER_LINE}"
PETER_KEY = VerifierKey.from_text(PETER)


def test_it_opens_the_published_note() -> None:
    opened = open_note(PETER_NOTE, [PETER_KEY])
    assert (opened.text, opened.signed_by, opened.ignored) == (PETER_TEXT, (PETER_KEY,), 0)


def test_it_signs_the_published_note() -> None:
    key = Ed25519PrivateKey.from_private_bytes(PETER_SEED)
    assert sign_note(PETER_TEXT, "PeterNeumann", key) == PETER_NOTE


def test_it_writes_the_published_verifier_key() -> None:
    assert PETER_KEY.text == PETER
    assert PETER_KEY.key_id.hex() == "c74f20a3"
    assert PETER_KEY.log_id[:4] == PETER_KEY.key_id


def test_signatures_by_unknown_keys_are_ignored() -> None:
    opened = open_note(PETER_NOTE + ENOCH_LINE, [PETER_KEY])
    assert (opened.signed_by, opened.ignored) == ((PETER_KEY,), 1)


def test_a_signature_of_another_algorithm_is_ignored() -> None:
    ml_dsa = base64.b64encode(b"\x06abc" + bytes(2420)).decode()
    assert open_note(f"{PETER_NOTE}— PeterNeumann {ml_dsa}\n", [PETER_KEY]).ignored == 1


def test_text_with_blank_lines_is_kept_whole() -> None:
    note = sign_note("one\n\ntwo\n", "log", make_log_key())
    assert open_note(note, [make_verifier_key(name="log")]).text == "one\n\ntwo\n"


def test_refuses_a_note_that_no_trusted_key_signed() -> None:
    with pytest.raises(NoteError, match=r"Got signatures by \['PeterNeumann\+c74f20a3'\], expected one by one of"):
        open_note(PETER_NOTE, [make_verifier_key()])


def test_refuses_the_note_when_a_known_key_signed_wrongly_even_beside_a_right_one() -> None:
    wrong = sign_note("other\n", "PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    with pytest.raises(NoteError, match=r"by PeterNeumann\+c74f20a3 does not fit the text"):
        open_note(PETER_NOTE + wrong.rpartition("\n\n")[2], [PETER_KEY])


def test_refuses_a_signature_cut_short() -> None:
    short = base64.b64encode(PETER_KEY.key_id + bytes(63)).decode()
    with pytest.raises(NoteError, match="does not fit the text"):
        open_note(f"{PETER_TEXT}\n— PeterNeumann {short}\n", [PETER_KEY])


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("", "without a blank line"),
        (PETER_TEXT, "without a blank line"),
        (PETER_TEXT + PETER_LINE, "without a blank line"),
        (PETER_NOTE[:-1], "without a blank line"),
        (PETER_NOTE + "\n", "without a blank line|Got signature line"),
        (PETER_NOTE.replace("— ", "- "), "Got signature line"),
        (PETER_NOTE.replace("— PeterNeumann", "— Peter+Neumann"), "Got signature line"),
        (PETER_NOTE.replace("— PeterNeumann ", "— PeterNeumann\u00a0"), "Got signature line"),
        (PETER_NOTE.replace("PeterNeumann x08", "PeterNeumann  x08"), "not base64"),
        (PETER_NOTE.replace("nAM=", "nAM"), "not base64"),
        (PETER_NOTE.replace("nAM=", "nAN="), "canonical spelling"),
        (f"{PETER_TEXT}\n— PeterNeumann x08g\n", "Got a signature of 3 bytes"),
        (PETER_NOTE.replace("If", "I\tf"), "Got a control character"),
        (PETER_NOTE.replace("\n", "\r\n"), "Got a control character"),
        (PETER_NOTE.replace("If", "I\ud800f"), "lone surrogate"),
        (PETER_NOTE + PETER_LINE * 100, "Got 101 signatures, expected at most 100"),
        (PETER_NOTE.replace("If", "I" * 140_000), "expected at most 131072"),
    ],
)
def test_refuses_a_malformed_note(note: str, message: str) -> None:
    with pytest.raises(NoteError, match=message):
        open_note(note, [PETER_KEY])


def test_refuses_to_choose_between_two_equal_keys() -> None:
    with pytest.raises(NoteError, match="two trusted keys with one name and id"):
        open_note(PETER_NOTE, [PETER_KEY, PETER_KEY])


@pytest.mark.parametrize("text", ["no newline", "a\tb\n"])
def test_refuses_to_sign_text_that_is_no_note(text: str) -> None:
    with pytest.raises(NoteError, match=r"Got (note text without|a control character)"):
        sign_note(text, "log", make_log_key())


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "x" * 256])
def test_refuses_a_key_name_that_cannot_stand_in_a_note(name: str) -> None:
    with pytest.raises(KeyFileError, match="Got key name"):
        make_verifier_key(name=name)


@pytest.mark.parametrize(
    ("vkey", "message"),
    [
        ("PeterNeumann", "expected a verifier key"),
        (
            PETER.replace("c74f20a3", "c74f20a4"),
            "Got key id 'c74f20a4' for 'PeterNeumann', expected c74f20a3",
        ),
        (PETER.replace("c74f20a3", "C74F20A3"), "Got key id"),
        (PETER.replace("Peter", "Petra"), "Got key id"),
        (PETER[:-4], "Got an Ed25519 key of 29 bytes"),
        (PETER.replace("+ARpc", "+AhpC"), "Got key type 0x02"),
        (PETER + "=", "canonical spelling"),
    ],
)
def test_refuses_a_verifier_key_that_does_not_agree_with_itself(vkey: str, message: str) -> None:
    with pytest.raises(KeyFileError, match=message):
        VerifierKey.from_text(vkey)


# The eight points of small order (RFC 8032 curve; listed e.g. in "Taming the many EdDSAs", table 6a) and
# encodings with y >= p.
@pytest.mark.parametrize(
    ("public_key", "message"),
    [
        ("0100000000000000000000000000000000000000000000000000000000000000", "small order"),
        ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order"),
        ("0000000000000000000000000000000000000000000000000000000000000000", "small order"),
        ("0000000000000000000000000000000000000000000000000000000000000080", "small order"),
        ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "small order"),
        ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "small order"),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "small order"),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "small order"),
        ("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "non-canonical"),
        ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "non-canonical"),
        ("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "non-canonical"),
    ],
)
def test_refuses_a_key_that_no_honest_generator_makes(public_key: str, message: str) -> None:
    with pytest.raises(KeyFileError, match=message):
        VerifierKey("log", bytes.fromhex(public_key))
