"""What the signer keeps: its memory, checked each time it is read, and the evidence of what it refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.adapters import signer_memory
from governance.adapters.signer import Signer, SignerRefused
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.provenance.canonical import timestamp
from tests.adapters.signed_trees import KEY, ORIGIN, root_of, sign, tree

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path, ORIGIN, KEY)


def state(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "last-signed.json").read_text())
    return content


def change(folder: Path, **changes: Any) -> None:
    """Edit the memory as somebody with access to the file could."""
    content = {**state(folder), **changes}
    (folder / "last-signed.json").write_text(json.dumps({key: value for key, value in content.items() if value != ""}))


def in_future(hours: float) -> str:
    return timestamp(datetime.now(UTC) + timedelta(hours=hours))


def evidence(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.name: json.loads(path.read_text()) for path in (folder / "refused").iterdir()}


def refused(signer: Signer, *leaves: str) -> SignerRefused:
    with pytest.raises(SignerRefused) as caught:
        sign(signer, tree(*leaves))
    return caught.value


def test_it_remembers_when_it_signed(signer: Signer) -> None:
    before = datetime.now(UTC)
    sign(signer, tree("a"))
    last = signer.last()
    assert last is not None
    assert last.signed_at is not None
    assert before <= last.signed_at <= datetime.now(UTC)


def test_a_memory_from_before_times_were_kept_is_read_on(signer: Signer, tmp_path: Path) -> None:
    note = sign(signer, tree("a"))
    change(tmp_path, signed_at="")
    last = signer.last()
    assert last is not None
    assert (last.note, last.signed_at) == (note, None)
    sign(signer, tree("a", "b"))
    assert state(tmp_path)["signed_at"]


def test_a_clock_behind_the_last_signature_is_refused_until_it_is_past_it(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    change(tmp_path, signed_at=in_future(hours=1))
    problem = refused(signer, "a", "b")
    assert (problem.code, problem.permanent) == ("signer.clock", False)
    assert f"signed at {state(tmp_path)['signed_at']}" in problem.message
    assert "Correct this machine's clock" in problem.how_to_fix
    change(tmp_path, signed_at=timestamp(datetime.now(UTC)))
    assert "\n2\n" in sign(signer, tree("a", "b"))


def test_the_same_note_is_given_whatever_the_clock_says(signer: Signer, tmp_path: Path) -> None:
    note = sign(signer, tree("a"))
    change(tmp_path, signed_at=in_future(hours=1))
    assert sign(signer, tree("a")) == note


def test_a_fork_is_called_a_fork_even_while_the_clock_is_wrong(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    change(tmp_path, signed_at=in_future(hours=1))
    assert refused(signer, "x", "b").code == "signer.fork"


def a_note(size: int, key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> str:
    leaves = tree(*"abcdefgh"[:size])
    return sign_checkpoint(Checkpoint(origin, size, root_of(leaves)), key)


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 1},
        {"root": root_of(tree("a", "x")).hex()},
        {"note": a_note(1)},
        {"note": a_note(2, key=OTHER_KEY)},
        {"note": a_note(2, origin="log.example/two")},
        {"note": a_note(2).replace("\n2\n", "\n1\n")},
        {"note": "no note"},
        {"size": "2"},
        {"size": -1},
        {"root": "ab"},
        {"signed_at": "yesterday"},
        {"signed_at": 5},
        {"comment": "x"},
    ],
)
def test_an_edited_memory_is_refused(signer: Signer, tmp_path: Path, changes: dict[str, Any]) -> None:
    sign(signer, tree("a", "b"))
    change(tmp_path, **changes)
    for act in (signer.last, lambda: signer.sign(3, root_of(tree("a", "b", "c")), ())):
        with pytest.raises(SignerRefused, match=r"last-signed\.json cannot be read") as caught:
            act()
        assert (caught.value.code, caught.value.permanent) == ("signer.damaged", True)
        assert "never delete it" in caught.value.how_to_fix


def test_the_memory_of_another_key_is_refused(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    with pytest.raises(SignerRefused, match="cannot be read: Got signatures by") as caught:
        Signer(tmp_path, ORIGIN, OTHER_KEY).last()
    assert caught.value.code == "signer.damaged"


def test_what_a_killed_signer_left_half_written_is_ignored(signer: Signer, tmp_path: Path) -> None:
    note = sign(signer, tree("a"))
    (tmp_path / "last-signed.json.incoming").write_text('{"origin": "log.exa')
    assert sign(signer, tree("a")) == note
    assert "\n2\n" in sign(signer, tree("a", "b"))


def test_a_tree_that_no_checkpoint_can_say_is_refused(signer: Signer) -> None:
    with pytest.raises(SignerRefused, match="for an empty log") as caught:
        signer.sign(0, b"\1" * 32, ())
    assert caught.value.code == "signer.malformed"
    assert signer.last() is None


class FaultyToken:
    """A key held elsewhere that signs with another key than the one it names."""

    def public_key(self) -> Ed25519PublicKey:
        return KEY.public_key()

    def sign(self, data: bytes) -> bytes:
        return OTHER_KEY.sign(data)


def test_a_signature_that_does_not_verify_is_not_remembered(tmp_path: Path) -> None:
    signer = Signer(tmp_path, ORIGIN, FaultyToken())
    with pytest.raises(SignerRefused, match="gave no signature by log.example/one") as caught:
        sign(signer, tree("a"))
    assert caught.value.code == "signer.key"
    assert signer.last() is None


def test_the_holder_of_the_key_does_not_show_it(signer: Signer) -> None:
    shown = repr(signer) + repr(vars(signer)) + str(signer.last())
    assert KEY.private_bytes_raw().hex() not in shown
    assert repr(KEY.private_bytes_raw())[2:-1] not in shown


def test_the_evidence_of_a_fork_holds_both_sides(signer: Signer, tmp_path: Path) -> None:
    note = sign(signer, tree("a", "b"))
    refused(signer, "a", "x")
    (kept,) = evidence(tmp_path).values()
    assert kept["code"] == "signer.fork"
    assert kept["asked"]["root"] == root_of(tree("a", "x")).hex()
    assert (kept["signed_before"]["note"], kept["signed_before"]["size"]) == (note, 2)
    assert kept["at"] <= timestamp(datetime.now(UTC))


def test_each_kind_of_refusal_is_kept(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a", "b"))
    codes = [refused(signer, *leaves).code for leaves in ("a", "ax", "axc")]
    change(tmp_path, signed_at=in_future(hours=1))
    codes.append(refused(signer, *"abc").code)
    assert codes == ["signer.rollback", "signer.fork", "signer.fork", "signer.clock"]
    assert sorted(name.split("-")[0] for name in evidence(tmp_path)) == ["clock", "fork", "fork", "rollback"]


def test_asking_again_neither_adds_evidence_nor_changes_the_first(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a", "b"))
    refused(signer, "a", "x")
    first = evidence(tmp_path)
    for _ in range(3):
        refused(signer, "a", "x")
    assert evidence(tmp_path) == first


def test_a_wrong_clock_leaves_one_piece_of_evidence_however_the_log_grows(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    change(tmp_path, signed_at=in_future(hours=1))
    for leaves in ("ab", "abc", "abcd"):
        assert refused(signer, *leaves).code == "signer.clock"
    assert len(evidence(tmp_path)) == 1


def test_evidence_is_bounded_for_each_kind(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a", "b"))
    for number in range(signer_memory.MAX_EVIDENCE + 5):
        refused(signer, "a", str(number))
    refused(signer, "a")
    kinds = [name.split("-")[0] for name in evidence(tmp_path)]
    assert (kinds.count("fork"), kinds.count("rollback")) == (signer_memory.MAX_EVIDENCE, 1)


def test_evidence_of_a_proof_of_any_length_stays_small(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    with pytest.raises(SignerRefused, match="does not continue"):
        signer.sign(2, root_of(tree("a", "b")), (b"\0" * 32,) * 10_000)
    (path,) = (tmp_path / "refused").iterdir()
    assert path.stat().st_size < 10_000


def test_evidence_that_cannot_be_kept_does_not_soften_the_refusal(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a", "b"))
    (tmp_path / "refused").write_text("in the way")
    assert refused(signer, "a").code == "signer.rollback"


def test_the_evidence_is_its_owners_alone(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a", "b"))
    refused(signer, "a")
    assert [oct(path.stat().st_mode & 0o777) for path in sorted((tmp_path / "refused").rglob("*"))] == ["0o600"]
    assert oct((tmp_path / "refused").stat().st_mode & 0o777) == "0o700"
