from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from inference.engines.kept import KeptModels


def use(kept: KeptModels[str], key: str, mib: int = 100) -> str:
    with kept.using(key, mib, lambda: f"model {key}") as model:
        return model


def test_it_loads_each_model_once() -> None:
    kept: KeptModels[str] = KeptModels(1000)
    loaded: list[str] = []

    def load() -> str:
        loaded.append("a")
        return "model"

    for _ in range(3):
        with kept.using("a", 100, load) as model:
            assert model == "model"

    assert loaded == ["a"]


def test_it_keeps_models_within_the_budget() -> None:
    kept: KeptModels[str] = KeptModels(250)

    for key in "abc":
        use(kept, key)

    assert kept.keys() == ("b", "c")


def test_it_lets_go_of_the_one_used_longest_ago() -> None:
    kept: KeptModels[str] = KeptModels(250)
    for key in "aba":
        use(kept, key)

    use(kept, "c")

    assert kept.keys() == ("a", "c")


def test_it_never_lets_go_of_one_in_use() -> None:
    kept: KeptModels[str] = KeptModels(100)

    with kept.using("a", 100, lambda: "first"):
        use(kept, "b")
        assert kept.keys() == ("a", "b")
    use(kept, "c")

    assert kept.keys() == ("c",)


def test_it_runs_a_model_larger_than_the_budget() -> None:
    kept: KeptModels[str] = KeptModels(100)
    use(kept, "small", 50)

    assert use(kept, "large", 5000) == "model large"
    assert kept.keys() == ("large",)


def test_it_keeps_nothing_of_what_could_not_be_loaded() -> None:
    kept: KeptModels[str] = KeptModels(100)

    def fail() -> str:
        raise ValueError("no such weights")

    with pytest.raises(ValueError, match="no such weights"), kept.using("a", 50, fail):
        pass

    assert kept.keys() == ()


def test_it_has_one_copy_for_several_threads() -> None:
    kept: KeptModels[object] = KeptModels(1000)
    together = Barrier(4)

    def take(_: int) -> object:
        together.wait()
        with kept.using("a", 100, object) as model:
            return model

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(take, range(4)))

    assert len(found) == 1
