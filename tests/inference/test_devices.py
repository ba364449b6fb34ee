from __future__ import annotations

import pytest
import torch

from inference import registry
from inference.engines import devices
from inference.engines.local import LocalEngine
from inference.errors import EngineMisconfigured


def test_it_computes_on_the_processor_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLEARCUT_DEVICE", raising=False)

    assert devices.chosen_device() == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:3"])
def test_refuses_to_start_without_the_gpu_it_was_told_to_use(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_DEVICE", name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(EngineMisconfigured) as caught:
        LocalEngine()

    assert (caught.value.code, caught.value.permanent) == ("engine.no_gpu", False)
    assert caught.value.message == (
        f"This process was told to compute on a GPU (CLEARCUT_DEVICE={name}) but finds none."
    )
    assert caught.value.how_to_fix.endswith("or set CLEARCUT_DEVICE=cpu.")


def test_refuses_so_again_every_time_the_engine_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    registry.engine.cache_clear()

    for _ in range(2):
        with pytest.raises(EngineMisconfigured, match="told to compute on a GPU"):
            registry.engine("local")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:first", "cpu:0", "mps"])
def test_refuses_devices_it_does_not_know(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_DEVICE", name)

    with pytest.raises(EngineMisconfigured, match=f"There is no device called “{name}”"):
        devices.chosen_device()


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_refuses_settings_that_are_not_whole_numbers(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_MODEL_MEMORY_MIB", value)

    with pytest.raises(EngineMisconfigured) as caught:
        devices.model_budget_mib()

    assert str(caught.value) == (
        f"CLEARCUT_MODEL_MEMORY_MIB is “{value}”. "
        "Set CLEARCUT_MODEL_MEMORY_MIB to a whole number above 0, or do not set it."
    )


def test_it_takes_the_budget_for_models_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_MODEL_MEMORY_MIB", "1234")

    assert devices.model_budget_mib() == 1234
