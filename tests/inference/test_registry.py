from __future__ import annotations

from dataclasses import replace

import pytest

from inference import registry
from inference.errors import ModelNotRunnable, ModelUnknown
from inference.registry import card, cards, engine, runnable_card


def test_it_knows_the_models_whose_input_is_documented() -> None:
    birefnets = {"birefnet-general", "birefnet-lite"}
    assert set(cards()) == {"u2netp", "u2net", "rmbg-1.4", "rmbg-2.0", "isnet-general-use"} | birefnets


def test_it_reads_a_card() -> None:
    found = card("u2netp")

    assert (found.family, found.engine, found.runnable) == ("u2net", "local", True)
    assert found.architecture == {"variant": "small", "folded_batch_norm": True}
    assert (found.input.width, found.input.height, found.input.scale) == (320, 320, "picture-maximum")
    assert found.input.mean == (0.485, 0.456, 0.406)
    assert found.output is not None
    assert found.output.profile == "clearcut-u2net-1"


def test_every_model_is_either_runnable_or_says_why_not() -> None:
    for found in cards().values():
        assert found.runnable == (found.output is not None) == (not found.not_runnable_because)


def test_refuses_unknown_models_and_names_the_known_ones() -> None:
    with pytest.raises(ModelUnknown) as caught:
        card("u3net")

    assert caught.value.code == "model.unknown"
    assert str(caught.value).startswith("There is no model called “u3net”. Choose one of: ")
    assert "u2netp" in caught.value.how_to_fix


def test_every_card_says_what_running_it_takes() -> None:
    for found in cards().values():
        assert found.network.memory_mib > 100
        assert "float32" in found.network.precisions
        assert set(found.network.stored) <= {"float32", "float16"}
        assert found.network.answer
        assert found.network.verified_by


def test_every_birefnet_names_its_order_of_patches_and_says_when_it_is_not_verified() -> None:
    orders = {slug: found.architecture["patch_order"] for slug, found in cards().items() if found.family == "birefnet"}

    assert orders == {
        "rmbg-2.0": "patch-columns",
        "birefnet-general": "colour-planes",
        "birefnet-lite": "colour-planes",
    }
    for slug in ("birefnet-general", "birefnet-lite"):
        assert "patch_order: not verified. Known: " in card(slug).network.verified_by
        assert " Not known: " in card(slug).network.verified_by


def test_refuses_models_without_an_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = replace(card("rmbg-2.0"), runnable=False, output=None, not_runnable_because="its network is not built in.")
    known = {"rmbg-2.0": closed, "u2netp": card("u2netp")}
    monkeypatch.setattr(registry, "cards", lambda: known)

    with pytest.raises(ModelNotRunnable) as caught:
        runnable_card("rmbg-2.0")

    assert caught.value.message == "RMBG-2.0 cannot be run by this installation: its network is not built in."
    assert caught.value.how_to_fix == "Choose one of: u2netp."


def test_refuses_unknown_engines() -> None:
    with pytest.raises(ModelNotRunnable, match="There is no engine called “remote”"):
        engine("remote")


def test_it_keeps_one_engine() -> None:
    assert engine("local") is engine("local")
