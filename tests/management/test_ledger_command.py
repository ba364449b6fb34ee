"""`manage.py ledger --once`: what waits is taken in and one checkpoint is signed for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from governance.adapters import keys
from governance.adapters.signer import RemoteSigner, Signer, SignerUnreachable
from governance.errors import PlatformError
from governance.management.commands.ledger import signer_for
from governance.models import Alarm, Checkpoint, PendingEntry, SequencedEntry
from tests.conftest import Cast
from tests.factories import make_output


@pytest.fixture(autouse=True)
def signer_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.SIGNER_DIR = tmp_path / "signer"
    settings.SIGNER_SOCKET = tmp_path / "signer.sock"
    return tmp_path / "signer"


def test_what_waits_is_taken_in_and_signed(committed_cast: Cast) -> None:
    records = {make_output(committed_cast).record_id for _ in range(2)}
    waiting = PendingEntry.objects.count()
    call_command("ledger", once=True)
    assert records <= set(SequencedEntry.objects.values_list("record_id", flat=True))
    assert not PendingEntry.objects.exists()
    assert Checkpoint.objects.get().size == waiting


def test_running_it_again_changes_nothing(committed_cast: Cast) -> None:
    make_output(committed_cast)
    call_command("ledger", once=True)
    note = Checkpoint.objects.get().note
    call_command("ledger", once=True)
    assert Checkpoint.objects.get().note == note


def test_each_run_continues_the_log(committed_cast: Cast) -> None:
    sizes = []
    for _ in range(3):
        make_output(committed_cast)
        call_command("ledger", once=True)
        sizes.append(SequencedEntry.objects.count())
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == sizes


def test_a_signer_that_remembers_another_history_ends_it_visibly(
    committed_cast: Cast, signer_folder: Path, settings: Settings
) -> None:
    Signer(signer_folder, settings.LOG_ORIGIN, keys.log_key()).sign(1, b"\1" * 32, ())
    with pytest.raises(PlatformError, match="The log's files end at entry 0"):
        call_command("ledger", once=True)
    assert not Checkpoint.objects.exists()
    assert Alarm.objects.get().subject == "log:log.short"


def test_a_running_signer_is_asked_and_only_a_single_step_may_do_without(signer_folder: Path) -> None:
    assert isinstance(signer_for(once=False), RemoteSigner)
    assert isinstance(signer_for(once=True), Signer)
    (signer_folder.parent / "signer.sock").touch()
    assert isinstance(signer_for(once=True), RemoteSigner)


def test_a_single_step_that_nobody_signs_is_an_error(committed_cast: Cast, signer_folder: Path) -> None:
    (signer_folder.parent / "signer.sock").touch()
    with pytest.raises(SignerUnreachable, match="does not answer"):
        call_command("ledger", once=True)
