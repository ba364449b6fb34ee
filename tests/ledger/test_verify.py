from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from governance.ledger.trust import TrustedRecordKey, dump_trust
from governance.ledger.verify import main
from governance.provenance.statement import Statement
from tests.ledger.factories import make_envelope, make_log, make_receipt, make_trust
from tests.provenance.factories import OUTPUT, make_event, make_predicate, make_record_key, make_subject

SHA256 = hashlib.sha256(OUTPUT).hexdigest()
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Evidence:
    """A receipt, its file and a trust file, each in a folder of its own."""

    receipt: Path
    file: Path
    trust: Path

    def arguments(self, *more: str) -> list[str]:
        return [str(self.receipt), "--file", str(self.file), "--trust", str(self.trust), *more]


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    for name in ("received", "keys"):
        (tmp_path / name).mkdir()
    found = Evidence(
        tmp_path / "received" / "cutout.receipt.json",
        tmp_path / "received" / "cutout.png",
        tmp_path / "keys" / "trust.json",
    )
    found.receipt.write_bytes(make_receipt().to_bytes())
    found.file.write_bytes(OUTPUT)
    dump_trust(make_trust(), found.trust)
    return found


def run(arguments: list[str], cwd: Path, *, flags: tuple[str, ...] = (), **environment: str) -> tuple[int, str]:
    """Run the program as a stranger would: a fresh interpreter, nothing configured."""
    found = subprocess.run(
        [sys.executable, *flags, "-m", "governance.ledger.verify", *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.stderr == ""
    return found.returncode, found.stdout


def output_of(arguments: list[str]) -> tuple[int, str]:
    output = io.StringIO()
    return main(arguments, output), output.getvalue()


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


# Under -O assertions vanish: no verdict may rest on one.
@pytest.mark.parametrize("flags", [(), ("-O",), ("-OO",)])
def test_a_sound_receipt_exits_0(flags: tuple[str, ...], evidence: Evidence, tmp_path: Path) -> None:
    code, output = run(evidence.arguments(), tmp_path, flags=flags)
    assert code == 0
    assert output.splitlines()[2].split() == ["3", "file", "digest", "ok", "SHA-256", SHA256]
    assert "SOUND: the file and its record are as they were issued" in output


@pytest.mark.parametrize("flags", [(), ("-O",)])
def test_a_changed_file_exits_1_and_names_the_step(flags: tuple[str, ...], evidence: Evidence, tmp_path: Path) -> None:
    flip(evidence.file, 9)
    code, output = run(evidence.arguments(), tmp_path, flags=flags)
    assert code == 1
    assert "TAMPERED: step 3, file digest, failed." in output
    assert "4 record signature  not reached" in output
    assert "birefnet" not in output


@pytest.mark.parametrize("flags", [(), ("-O",)])
def test_a_changed_receipt_exits_1(flags: tuple[str, ...], evidence: Evidence, tmp_path: Path) -> None:
    flip(evidence.receipt, 1500)
    code, output = run(evidence.arguments(), tmp_path, flags=flags)
    assert code == 1
    assert "TAMPERED: step" in output


def test_a_pending_receipt_exits_2(evidence: Evidence) -> None:
    evidence.receipt.write_bytes(replace(make_receipt(), entry=None).to_bytes())
    code, output = output_of(evidence.arguments())
    assert code == 2
    assert "CANNOT TELL: step 5, log entry, is open." in output


def test_a_stranger_s_receipt_exits_1(evidence: Evidence) -> None:
    evidence.receipt.write_bytes(make_log(seed=8).receipt(seed=12).to_bytes())
    code, output = output_of(evidence.arguments())
    assert code == 1
    assert "TAMPERED: step 4, record signature, failed." in output


@pytest.mark.parametrize("missing", ["receipt", "file", "trust"])
def test_a_missing_file_exits_2(missing: str, evidence: Evidence) -> None:
    path: Path = getattr(evidence, missing)
    path.unlink()
    code, output = output_of(evidence.arguments())
    assert code == 2
    assert output.startswith("CANNOT TELL: [ledger.cannot-tell] Cannot read")
    assert path.name in output


def test_a_folder_is_no_receipt_and_exits_2(evidence: Evidence, tmp_path: Path) -> None:
    code, output = output_of([str(tmp_path), "--file", str(evidence.file), "--trust", str(evidence.trust)])
    assert (code, "Is a directory" in output) == (2, True)


def test_a_damaged_trust_file_exits_2(evidence: Evidence) -> None:
    evidence.trust.write_bytes(evidence.trust.read_bytes()[:-1])
    code, output = output_of(evidence.arguments())
    assert code == 2
    assert "not JSON" in output


def test_a_receipt_without_end_exits_1(evidence: Evidence) -> None:
    evidence.receipt.write_bytes(b" " * 3_000_000)
    code, output = output_of(evidence.arguments())
    assert code == 1
    assert "Got 1048577 bytes of JSON, expected at most 1048576" in output


def test_no_arguments_exit_2() -> None:
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2


def test_a_trust_file_beside_the_receipt_is_never_used(evidence: Evidence, tmp_path: Path) -> None:
    for place in (evidence.receipt.parent / "trust.json", evidence.receipt.parent / "var/keys/trust.json"):
        place.parent.mkdir(parents=True, exist_ok=True)
        dump_trust(make_trust(), place)
    code, output = run([str(evidence.receipt), "--file", str(evidence.file)], tmp_path)
    assert code == 2
    assert output.startswith("CANNOT TELL: [ledger.cannot-tell] No trust file was named: got neither --trust nor")


def test_the_trust_file_is_found_by_environment(evidence: Evidence, tmp_path: Path) -> None:
    arguments = [str(evidence.receipt), "--file", str(evidence.file)]
    assert run(arguments, tmp_path, CLEARCUT_TRUST=str(evidence.trust))[0] == 0


@pytest.mark.parametrize("environment", [{}, {"CLEARCUT_TRUST": ""}])
def test_attack_21_a_trust_file_that_came_with_the_evidence_is_never_picked_up(
    environment: dict[str, str], evidence: Evidence, tmp_path: Path
) -> None:
    (tmp_path / "var/keys").mkdir(parents=True)
    dump_trust(make_trust(), tmp_path / "var/keys/trust.json")
    code, output = run([str(evidence.receipt), "--file", str(evidence.file)], tmp_path, **environment)
    assert (code, "No trust file was named" in output) == (2, True)


@pytest.mark.parametrize("piped", ["receipt", "file"])
def test_attack_53_a_pipe_cannot_keep_the_reader_waiting(piped: str, evidence: Evidence) -> None:
    path: Path = getattr(evidence, piped)
    path.unlink()
    os.mkfifo(path)
    code, output = output_of(evidence.arguments())
    assert (code, f"Cannot read {path}: It is not a regular file." in output) == (2, True)


def test_the_option_wins_over_the_environment(evidence: Evidence, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.json"
    dump_trust(make_trust(record_keys=(TrustedRecordKey(make_record_key(8).public_key()),)), foreign)
    arguments = [str(evidence.receipt), "--file", str(evidence.file), "--trust", str(foreign)]
    assert run(arguments, tmp_path, CLEARCUT_TRUST=str(evidence.trust))[0] == 1


def test_json_says_the_same_as_the_exit_code(evidence: Evidence) -> None:
    code, output = output_of(evidence.arguments("--json"))
    assert (code, json.loads(output)["verdict"]) == (0, "sound")
    flip(evidence.file, 0)
    code, output = output_of(evidence.arguments("--json"))
    value = json.loads(output)
    assert (code, value["verdict"], value["summary"]) == (1, "tampered", None)


def test_json_says_why_it_cannot_tell(evidence: Evidence) -> None:
    evidence.trust.unlink()
    code, output = output_of(evidence.arguments("--json"))
    value = json.loads(output)
    assert (code, value["verdict"], value["error"]["code"]) == (2, "cannot-tell", "ledger.cannot-tell")


def test_text_from_the_receipt_cannot_steer_the_terminal(evidence: Evidence) -> None:
    value = json.loads(evidence.receipt.read_bytes())
    value["mediaType"] = "\x1b[2J\x1b[32mSOUND"
    evidence.receipt.write_text(json.dumps(value))
    code, output = output_of(evidence.arguments())
    assert code == 1
    assert "\x1b" not in output


def test_help_lists_the_steps_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    for words in ("1 receipt", "8 order", "0 sound; 1 tampered", "CLEARCUT_TRUST"):
        assert words in shown


IMPURE = ("django", "celery", "redis", "psycopg", "torch", "transformers", "numpy", "PIL")


@pytest.mark.parametrize("package", ["provenance", "ledger"])
def test_it_loads_nothing_of_the_service(package: str) -> None:
    modules = sorted(f"governance.{package}.{path.stem}" for path in (ROOT / "governance" / package).glob("[!_]*.py"))
    assert modules
    program = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & set({IMPURE!r})))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout == "[]\n"


def test_verifying_writes_nothing(evidence: Evidence, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    run(evidence.arguments(), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_receipt_of_a_file_without_the_file_exits_2(evidence: Evidence) -> None:
    status, printed = output_of([str(evidence.receipt), "--trust", str(evidence.trust)])
    assert (status, "none was given. Name it with --file." in printed) == (2, True)


def test_the_receipt_of_an_event_needs_no_file(evidence: Evidence) -> None:
    told = Statement(make_subject(), make_event(prev_checkpoint=make_predicate().prev_checkpoint))
    evidence.receipt.write_bytes(make_log(make_envelope(told)).receipt().to_bytes())
    status, printed = output_of([str(evidence.receipt), "--trust", str(evidence.trust)])
    assert (status, "an event, about no file" in printed) == (0, True)


def test_an_answer_that_nobody_reads_is_no_verdict(evidence: Evidence) -> None:
    command = [sys.executable, "-m", "governance.ledger.verify", *evidence.arguments()]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")


def test_an_old_checkpoint_that_is_none_exits_2(evidence: Evidence, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    arguments = ["--log", str(tmp_path / "log"), "--trust", str(evidence.trust)]
    status, printed = output_of([*arguments, "--old-checkpoint", str(evidence.receipt)])
    assert (status, "is no checkpoint" in printed) == (2, True)
