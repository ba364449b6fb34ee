"""Spreads the checking of statements over processes, a bounded number of chunks at a time.

Small logs are checked in this process: starting another costs more. The workers are fresh interpreters (spawn): a
forked one would share this one's database connections and locks.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context

from governance.ledger.audit_statements import Examined, Examiner, Sent
from governance.ledger.trust import Trust

CHUNK = 256
# Fewer entries than this are checked here, in about the time a second interpreter needs to start.
_WORTH_A_POOL = 8
_WAITING_PER_PROCESS = 4

_examiner: list[Examiner] = []


def examined(chunks: Iterator[list[Sent]], trust: Trust, processes: int | None) -> Iterator[list[Examined]]:
    """Yield what was found in each chunk, in order. ``processes`` None: one per core this process may use."""
    count = processes or len(os.sched_getaffinity(0))
    first = list(islice(chunks, _WORTH_A_POOL)) if count > 1 else []
    if len(first) < _WORTH_A_POOL:
        examiner = Examiner(trust)
        for chunk in chain(first, chunks):
            yield examiner.examine(chunk)
        return
    with ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_start, initargs=(trust.to_bytes(),)
    ) as pool:
        waiting: deque[Future[list[Examined]]] = deque()
        try:
            for chunk in chain(first, chunks):
                waiting.append(pool.submit(_examine, chunk))
                if len(waiting) > count * _WAITING_PER_PROCESS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _start(trust: bytes) -> None:
    _examiner.append(Examiner(Trust.from_bytes(trust)))


def _examine(chunk: list[Sent]) -> list[Examined]:
    return _examiner[0].examine(chunk)
