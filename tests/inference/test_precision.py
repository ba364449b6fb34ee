from __future__ import annotations

import pytest

from inference.errors import EngineMisconfigured, ModelNotRunnable
from inference.precision import chosen
from inference.processor import native_formats
from inference.registry import cards

PLAIN, MODERN = frozenset({"float32"}), frozenset({"float32", "bfloat16"})


@pytest.mark.parametrize(
    ("allowed", "native", "expected"),
    [
        (("bfloat16", "float32"), MODERN, "bfloat16"),
        (("bfloat16", "float32"), PLAIN, "float32"),
        (("mixed", "float32"), MODERN, "mixed"),
        (("mixed", "float32"), PLAIN, "float32"),
        (("float32", "bfloat16"), MODERN, "float32"),
    ],
)
def test_it_takes_what_the_card_prefers_of_what_the_device_does(
    allowed: tuple[str, ...], native: frozenset[str], expected: str
) -> None:
    assert chosen("A model", allowed, native) == expected


def test_it_takes_what_it_is_told_even_if_that_is_slow_here() -> None:
    assert chosen("A model", ("bfloat16", "float32"), PLAIN, "bfloat16") == "bfloat16"
    assert chosen("A model", ("bfloat16", "float32"), MODERN, "float32") == "float32"


def test_every_card_can_be_run_without_bfloat16() -> None:
    for card in cards().values():
        assert chosen(card.title, card.network.precisions, PLAIN) == "float32"


def test_every_card_that_allows_mixed_names_its_exact_layers() -> None:
    for card in cards().values():
        assert ("mixed" in card.network.precisions) == bool(card.network.float32_layers)


def test_refuses_what_the_card_does_not_allow() -> None:
    with pytest.raises(ModelNotRunnable) as caught:
        chosen("A model", ("mixed", "float32"), MODERN, "bfloat16")

    assert caught.value.code == "engine.precision"
    assert str(caught.value) == "A model is not to be run in bfloat16. Run it in one of: mixed, float32."


def test_refuses_a_device_that_computes_in_nothing_the_card_allows() -> None:
    with pytest.raises(ModelNotRunnable, match="cannot be run in any precision that this machine computes in"):
        chosen("A model", ("bfloat16",), PLAIN)


def test_refuses_precisions_that_do_not_exist() -> None:
    with pytest.raises(EngineMisconfigured) as caught:
        chosen("A model", ("float32",), PLAIN, "float8")

    assert caught.value.code == "engine.settings"
    assert str(caught.value) == (
        "There is no precision called “float8”. Set CLEARCUT_PRECISION to one of: auto, float32, mixed, bfloat16."
    )


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"avx2", "avx512f", "avx512_bf16"}, MODERN),
        ({"amx_tile", "amx_bf16"}, MODERN),
        ({"asimd", "bf16"}, MODERN),
        ({"avx2", "avx512f", "avx512_vnni"}, PLAIN),
        (set(), PLAIN),
    ],
)
def test_it_knows_processors_that_multiply_bfloat16(flags: set[str], expected: frozenset[str]) -> None:
    assert native_formats(frozenset(flags)) == expected
