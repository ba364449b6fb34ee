from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from governance.ledger.tlog_proof import proof_receipt
from governance.ledger.trust import dump_trust
from governance.ledger.verify import main
from tests.ledger.factories import make_log, make_trust
from tests.ledger.log_factories import WholeLog, make_whole_log, publish, with_event
from tests.provenance.factories import OUTPUT

ROOT = Path(__file__).parents[2]
LOG = make_whole_log()


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    dump_trust(make_trust(), tmp_path / "trust.json")
    return ["--log", str(LOG.write(tmp_path / "log")), "--trust", str(tmp_path / "trust.json")]


def output_of(arguments: list[str]) -> tuple[int, str]:
    output = io.StringIO()
    return main(arguments, output), output.getvalue()


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


# Under -O assertions vanish: no verdict may rest on one.
@pytest.mark.parametrize("flags", [(), ("-O",)])
def test_a_stranger_audits_an_export_in_a_fresh_interpreter(
    flags: tuple[str, ...], arguments: list[str], tmp_path: Path
) -> None:
    found = subprocess.run(
        [sys.executable, *flags, "-m", "governance.ledger.verify", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert " 7 signatures   ok           20 checked" in found.stdout
    assert "SOUND: nothing changed up to entry 19 (checkpoint of size 20, root " in found.stdout
    assert "whether it went on can only be told with --old-checkpoint" in found.stdout


def test_a_changed_entry_exits_1_and_is_named(arguments: list[str], tmp_path: Path) -> None:
    flip(tmp_path / "log/tile/entries/000.p/20", 491 * 7 + 150)
    code, output = output_of(arguments)
    assert code == 1
    assert "TAMPERED: the steps marked failed say where." in output
    assert "failed: entry 7" in output


def test_a_changed_statement_exits_1_and_names_the_record(arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "log/envelopes.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:7], lines[6].replace(b'"index":6', b'"index":7'), *lines[8:]]))
    code, output = output_of(arguments)
    assert code == 1
    assert "failed: entry 7, record 0199a000-0000-7000-8000-000000000006: The digest in the log entry" in output


def test_a_statement_lost_in_a_recorded_restore_exits_2(arguments: list[str], tmp_path: Path) -> None:
    log = make_whole_log(make=with_event(12, "restore", first=7, last=7, statements_lost=1))
    log.with_entry(7, envelope=None).write(tmp_path / "log")
    code, output = output_of(arguments)
    assert code == 2
    assert "1 withheld or lost, 0 of them unaccounted for" in output
    assert "cannot tell: entry 7: The statement was lost in the restore recorded at index 12" in output
    assert "CANNOT TELL: nothing was found changed" in output


def test_a_withheld_statement_exits_1(arguments: list[str], tmp_path: Path) -> None:
    LOG.with_entry(7, envelope=None).write(tmp_path / "log")
    code, output = output_of(arguments)
    assert code == 1
    assert "1 withheld or lost, 1 of them unaccounted for" in output
    assert "failed: entry 7: The statement is withheld or lost, and no later entry records a restore" in output


def test_an_empty_log_is_called_empty_and_no_more(arguments: list[str], tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "log")
    WholeLog((), (publish([]),)).write(tmp_path / "log")
    code, output = output_of(arguments)
    assert (code, "SOUND: the log is empty (checkpoint of size 0" in output) == (0, True)
    assert "whether it went on can only be told with --old-checkpoint" in output


def test_an_old_checkpoint_that_is_continued_exits_0(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "old").write_text(LOG.checkpoints[1].note, encoding="utf-8")
    code, output = output_of([*arguments, "--old-checkpoint", str(tmp_path / "old")])
    assert code == 0
    assert "10 continuity   ok           1 checked; from size 10 to 20" in output
    assert "It continues the old checkpoint." in output


def test_an_old_checkpoint_nobody_signed_exits_1(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "old").write_text(LOG.checkpoints[1].note.replace("10", "11", 1), encoding="utf-8")
    assert output_of([*arguments, "--old-checkpoint", str(tmp_path / "old")])[0] == 1


@pytest.mark.parametrize("content", [b"x", b"\xff", b""])
def test_what_is_no_checkpoint_at_all_exits_2(content: bytes, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(content)
    code, output = output_of([*arguments, "--old-checkpoint", str(tmp_path / "old")])
    assert (code, "is no checkpoint" in output) == (2, True)


@pytest.mark.parametrize("missing", ["trust.json", "log/checkpoint", "log/envelopes.jsonl", "log/tile/0/000.p/20"])
def test_a_missing_file_exits_2(missing: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / missing).unlink()
    assert output_of(arguments)[0] == 2


def test_structure_only_needs_no_statements(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "log/envelopes.jsonl").unlink()
    code, output = output_of([*arguments, "--structure-only"])
    assert code == 0
    assert "Structure only: statements and their signatures were not looked at." in output


def test_an_endless_checkpoint_exits_1(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "log/checkpoint").write_bytes(b"x" * 1_000_000)
    code, output = output_of(arguments)
    assert (code, output.startswith("TAMPERED: [ledger.tampered] Got more than 131072 bytes")) == (1, True)


def test_json_says_the_same_as_the_exit_code(arguments: list[str], tmp_path: Path) -> None:
    code, output = output_of([*arguments, "--json"])
    assert (code, json.loads(output)["verdict"], json.loads(output)["up_to"]["last_entry"]) == (0, "sound", 19)
    flip(tmp_path / "log/tile/entries/000.p/20", 491 * 7 + 150)
    code, output = output_of([*arguments, "--json"])
    value = json.loads(output)
    assert (code, value["verdict"], value["steps"][3]["name"]) == (1, "tampered", "roots")
    (tmp_path / "trust.json").unlink()
    code, output = output_of([*arguments, "--json"])
    assert (code, json.loads(output)["error"]["code"]) == (2, "ledger.cannot-tell")


def test_a_fault_of_the_verifier_exits_2(arguments: list[str], tmp_path: Path) -> None:
    # A folder where a file should be is an error of its own; a path with a NUL is one nobody foresaw.
    code, output = output_of([*arguments[:-1], "trust\0.json"])
    assert (code, "The check itself failed (ValueError" in output) == (2, True)


def test_text_from_the_log_cannot_steer_the_terminal(arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "log/checkpoints.jsonl"
    path.write_bytes(path.read_bytes().replace(LOG.checkpoints[0].root.encode(), b"\\u001b[2J\\u001b[32mSOUND", 1))
    code, output = output_of(arguments)
    assert (code, "\x1b" in output, "\\u001b" in output or "\\x1b" in output) == (1, False, True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "expected RECEIPT"),
        (["receipt", "--log", "folder"], "expected one of them"),
        (["receipt", "--file", "f", "--structure-only"], "go with --log only"),
    ],
)
def test_refuses_arguments_that_do_not_go_together(
    wrong: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(wrong)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_help_lists_the_steps_of_both(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    for words in ("steps for a receipt", "steps for a log", "10 continuity", "give or take 2 seconds"):
        assert words in shown


def test_a_proof_is_a_receipt_too(tmp_path: Path) -> None:
    log = make_log()
    (tmp_path / "cutout.tlog-proof").write_text(proof_receipt(log.envelope, log.entry()), encoding="utf-8")
    (tmp_path / "cutout.png").write_bytes(OUTPUT)
    dump_trust(make_trust(), tmp_path / "trust.json")
    names = ("cutout.tlog-proof", "cutout.png", "trust.json")
    receipt, file, trust = (str(tmp_path / name) for name in names)
    code, output = output_of([receipt, "--file", file, "--trust", trust])
    assert (code, "SOUND: the file and its record are as they were issued" in output) == (0, True)
    flip(Path(file), 3)
    assert output_of([receipt, "--file", file, "--trust", trust])[0] == 1
