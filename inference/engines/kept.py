"""Models kept in memory between pictures: one copy of each, within a budget, those longest unused let go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

Model = TypeVar("Model")


@dataclass(slots=True)
class _Kept(Generic[Model]):
    model: Model
    mib: int
    users: int = 0


class KeptModels(Generic[Model]):
    """``budget_mib``: what all models together may take. A single one may take more: it is the one to be run."""

    def __init__(self, budget_mib: int) -> None:
        self._budget = budget_mib
        self._kept: OrderedDict[str, _Kept[Model]] = OrderedDict()  # the one used last at the end
        self._lock = Lock()

    @contextmanager
    def using(self, key: str, mib: int, load: Callable[[], Model]) -> Iterator[Model]:
        """Lend a model, loading it if it is not there. While lent it is never let go.

        ``mib``: what it takes. What ``load`` raises is raised, and nothing is kept of it.
        """
        with self._lock:  # held while loading: a second thread waits for this copy instead of making its own
            if key not in self._kept:
                self._make_room(mib)
                self._kept[key] = _Kept(load(), mib)
            kept = self._kept[key]
            kept.users += 1
            self._kept.move_to_end(key)
        try:
            yield kept.model
        finally:
            with self._lock:
                kept.users -= 1

    def keys(self) -> tuple[str, ...]:
        """Return the keys of the models kept, the one used longest ago first."""
        with self._lock:
            return tuple(self._kept)

    def _make_room(self, mib: int) -> None:
        idle = [key for key, kept in self._kept.items() if not kept.users]
        while idle and mib + sum(kept.mib for kept in self._kept.values()) > self._budget:
            del self._kept[idle.pop(0)]
