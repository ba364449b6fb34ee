"""`manage.py ledger --once`: what waits is taken in and one checkpoint is signed for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from governance.adapters import keys
from governance.adapters.signer import Signer, SignerRefused
from governance.models import Checkpoint, PendingEntry, SequencedEntry
from tests.conftest import Cast
from tests.factories import make_output


@pytest.fixture(autouse=True)
def signer_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.SIGNER_DIR = tmp_path / "signer"
    return settings.SIGNER_DIR


def test_what_waits_is_taken_in_and_signed(committed_cast: Cast) -> None:
    records = [make_output(committed_cast).record_id for _ in range(2)]
    call_command("ledger", once=True)
    assert list(SequencedEntry.objects.order_by("seq").values_list("record_id", flat=True)) == records
    assert not PendingEntry.objects.exists()
    assert Checkpoint.objects.get().size == 2


def test_running_it_again_changes_nothing(committed_cast: Cast) -> None:
    make_output(committed_cast)
    call_command("ledger", once=True)
    note = Checkpoint.objects.get().note
    call_command("ledger", once=True)
    assert Checkpoint.objects.get().note == note


def test_each_run_continues_the_log(committed_cast: Cast) -> None:
    for _ in range(3):
        make_output(committed_cast)
        call_command("ledger", once=True)
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [1, 2, 3]


def test_a_signer_that_remembers_another_history_ends_it_visibly(
    committed_cast: Cast, signer_folder: Path, settings: Settings
) -> None:
    Signer(signer_folder, settings.LOG_ORIGIN, keys.log_key()).sign(1, b"\1" * 32, ())
    make_output(committed_cast)
    with pytest.raises(SignerRefused, match="another root for the same size"):
        call_command("ledger", once=True)
    assert not Checkpoint.objects.exists()
