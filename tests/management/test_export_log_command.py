"""`manage.py export_log`: a folder that the stand-alone verifier accepts whole, and refuses once a byte is changed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from governance.adapters import keys
from governance.errors import RequestError
from governance.ledger.log_folder import LogFolder
from governance.ledger.tile import entries_path
from governance.models import Checkpoint
from tests.conftest import Cast
from tests.factories import make_output
from tests.services.ledger_rig import Log, unfenced


@pytest.fixture
def log(committed_cast: Cast, tmp_path: Path) -> Log:
    log = Log(committed_cast, tmp_path)
    make_output(committed_cast)
    log.grow(300)
    log.grow(3)
    return log


def export(log: Log) -> Path:
    folder = log.folder / "export"
    call_command("export_log", str(folder), stdout=io.StringIO())
    return folder


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "governance.ledger.verify", "--log", str(folder)]
    trust = ["--trust", str(keys.trust_path())]
    return subprocess.run([*command, *trust], cwd=settings.ROOT, capture_output=True, text=True, check=False)


def test_the_verifier_of_its_own_finds_it_sound(log: Log) -> None:
    done = verify(export(log))
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_holds_every_leaf_statement_and_checkpoint(log: Log) -> None:
    folder = export(log)
    entries = list(LogFolder(folder).entries())
    assert [entry.leaf for entry in entries] == [leaf for some in log.files.leaves(0, log.size) for leaf in some]
    lines = (folder / "envelopes.jsonl").read_text().splitlines()
    assert [json.loads(line)["index"] for line in lines] == list(range(log.size))
    checkpoints = [json.loads(line) for line in (folder / "checkpoints.jsonl").read_text().splitlines()]
    assert [item["note"] for item in checkpoints] == list(
        Checkpoint.objects.order_by("size").values_list("note", flat=True)
    )
    assert (folder / "checkpoint").read_text() == checkpoints[-1]["note"]


def test_its_tiles_are_the_published_ones(log: Log) -> None:
    folder = export(log)
    for path in (folder / "tile").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (log.files_folder / path.relative_to(folder)).read_bytes()


def test_entries_no_checkpoint_covers_yet_are_left_out(log: Log) -> None:
    size = log.size
    log.take_in(2)
    assert LogFolder(export(log)).size == size
    assert verify(log.folder / "export").returncode == 0


def test_a_statement_changed_in_the_database_is_exported_as_it_is_and_found(log: Log) -> None:
    with unfenced("provenancerecord") as execute:
        execute("UPDATE governance_provenancerecord SET payload = payload || ' ' WHERE kind = 'cutout'")
    done = verify(export(log))
    assert done.returncode == 1, done.stdout


def test_a_changed_byte_in_an_entry_is_found(log: Log) -> None:
    bundle = export(log) / entries_path(0)
    data = bytearray(bundle.read_bytes())
    data[-10] ^= 1
    bundle.write_bytes(data)
    assert verify(log.folder / "export").returncode == 1


def test_nothing_is_written_into_a_folder_that_holds_something(log: Log) -> None:
    (log.folder / "export").mkdir()
    (log.folder / "export" / "letter").write_text("mine")
    with pytest.raises(RequestError, match="is not empty"):
        export(log)
    assert [path.name for path in (log.folder / "export").iterdir()] == ["letter"]


def test_before_the_first_checkpoint_there_is_nothing_to_export(committed: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="No checkpoint has been signed yet") as caught:
        call_command("export_log", str(tmp_path / "export"))
    assert "ledger --once" in caught.value.how_to_fix
    assert not (tmp_path / "export").exists()
