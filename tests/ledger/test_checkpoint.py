from __future__ import annotations

import base64

import pytest

from governance.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from governance.ledger.errors import NoteError
from governance.ledger.merkle import EMPTY_ROOT
from governance.ledger.note import sign_note
from tests.ledger.factories import make_log_key, make_verifier_key
from tests.provenance.factories import ORIGIN

ROOT = bytes(range(32))
ROOT_TEXT = base64.b64encode(ROOT).decode()
CHECKPOINT = Checkpoint(ORIGIN, 1000, ROOT)


def test_it_has_the_three_lines_of_c2sp() -> None:
    assert CHECKPOINT.text() == f"ledger.example.com/prov-1\n1000\n{ROOT_TEXT}\n"


def test_it_reads_back_equal() -> None:
    assert Checkpoint.from_text(CHECKPOINT.text()) == CHECKPOINT


def test_a_signed_checkpoint_opens_with_its_key() -> None:
    opened = open_checkpoint(sign_checkpoint(CHECKPOINT, make_log_key()), [make_verifier_key()], ORIGIN)
    assert (opened.checkpoint, opened.signed_by) == (CHECKPOINT, (make_verifier_key(),))


def test_it_reads_the_example_of_the_specification() -> None:
    # https://c2sp.org/tlog-checkpoint
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    found = Checkpoint.from_text(text)
    assert (found.origin, found.size, found.root.hex()[:8]) == (
        "example.com/behind-the-sofa",
        20852163,
        "0ac5186a",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{ORIGIN}\n1000\n{ROOT_TEXT}\nextension\n", "Got 4 lines in a checkpoint"),
        (f"{ORIGIN}\n1000\n", "Got 2 lines in a checkpoint"),
        (f"{ORIGIN}\n1000\n{ROOT_TEXT}", "Got 2 lines in a checkpoint"),
        (f"{ORIGIN}\n01000\n{ROOT_TEXT}\n", "Got tree size '01000'"),
        (f"{ORIGIN}\n-1\n{ROOT_TEXT}\n", "Got tree size '-1'"),
        (f"{ORIGIN}\n１０\n{ROOT_TEXT}\n", "Got tree size"),
        (f"{ORIGIN}\n9223372036854775808\n{ROOT_TEXT}\n", "expected 0 to 9223372036854775807"),
        (f"{ORIGIN}\n1000\n{ROOT_TEXT[:-4]}\n", "Got a root of 30 bytes"),
        (f"{ORIGIN}\n1000\nnot base64\n", "In the root of the checkpoint"),
        (f"two words\n1000\n{ROOT_TEXT}\n", "Got origin 'two words'"),
        (f"\n1000\n{ROOT_TEXT}\n", "Got origin ''"),
        (f"{ORIGIN}\n0\n{ROOT_TEXT}\n", "for an empty log"),
    ],
)
def test_refuses_a_malformed_checkpoint(text: str, message: str) -> None:
    with pytest.raises(NoteError, match=message):
        Checkpoint.from_text(text)


def test_the_empty_log_has_the_empty_root() -> None:
    assert Checkpoint(ORIGIN, 0, EMPTY_ROOT).text().split("\n")[1] == "0"


def test_refuses_a_checkpoint_of_another_log_by_the_same_key() -> None:
    staging = "staging.example.com/prov-1"
    note = sign_note(Checkpoint(staging, 1000, ROOT).text(), ORIGIN, make_log_key())
    with pytest.raises(NoteError, match="Got a checkpoint of log 'staging"):
        open_checkpoint(note, [make_verifier_key()], ORIGIN)


@pytest.mark.parametrize("line", [0, 1, 2])
def test_refuses_an_edited_origin_size_or_root(line: int) -> None:
    text, _, signatures = sign_checkpoint(CHECKPOINT, make_log_key()).partition("\n\n")
    lines = text.split("\n")
    lines[line] = "1" + lines[line][1:] if line != 1 else "1001"
    with pytest.raises(NoteError, match="does not fit the text"):
        open_checkpoint("\n".join(lines) + "\n\n" + signatures, [make_verifier_key()], ORIGIN)
