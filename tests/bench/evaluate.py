"""How long a verdict takes: ``python -m tests.bench.evaluate``. No database, no Django.

Fifty grants and the whole rule set, as a large workspace has them: most grants miss the work by a side or two, some
carry it. Beside it the cases that history mostly holds, and reading stored facts and grants again, which is what
judging history anew adds. Wall time says what a user waits; processor time is what to compare on a busy machine.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from governance.licensing.catalogue_words import HostingMode
from governance.policy.decision import Decision
from governance.policy.engine import evaluate
from governance.policy.facts import Facts
from governance.policy.grants import Grant, ModelScope
from governance.policy.public import public_grants
from governance.policy.ruleset import STANDARD
from tests.policy.factories import NOW, RMBG_2_SCOPE, encodings, entitlement, facts, quota, u2netp

GRANTS = 50
LIMIT_MS = 2.0


@dataclass(frozen=True, slots=True)
class Timed:
    """Medians of one case, in milliseconds."""

    name: str
    rounds: int
    wall: float
    processor: float


def workspace(count: int = GRANTS) -> tuple[Facts, tuple[Grant, ...]]:
    """A commercial listing for RMBG-2.0, its public licence and purchased rights of every fit."""
    asked = facts()
    bought = tuple(_bought(index) for index in range(count - 1))
    return asked, (*public_grants(asked.artefacts[0], encodings()), *bought)


def _bought(index: int) -> Grant:
    scope = replace(
        RMBG_2_SCOPE,
        models=(ModelScope("rmbg-2.0" if index % 2 else "rmbg-3.0"),),
        territories=("DE", "AT") if index % 3 else ("FR",),
        clients=(f"CLI-{1 if index % 7 == 0 else index}",),
        hosting_modes=(HostingMode.WE_SELF_HOST,) if index % 5 else (HostingMode.VENDOR_API,),
    )
    return entitlement(f"ENT-{index:04}", scope, quotas=(quota(5),))


def timed(name: str, work: Callable[[], object], rounds: int) -> Timed:
    """Medians over the rounds, after some to warm up."""
    for _ in range(rounds // 10 + 1):
        work()
    laps = [_lap(work) for _ in range(rounds)]
    return Timed(name, rounds, *(median(side) for side in zip(*laps, strict=True)))


def _lap(work: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000


def _judged(asked: Facts, grants: tuple[Grant, ...]) -> Decision:
    return evaluate(asked, grants, STANDARD, (), (), NOW)


def measured(rounds: int = 300) -> tuple[Timed, ...]:
    """Every case, in the order of the table."""
    asked, grants = workspace()
    plain = u2netp()
    licences = public_grants(plain.artefacts[0], encodings())
    stored_facts, stored = json.dumps(asked.as_json()), json.dumps([grant.as_json() for grant in grants[:3]])

    def replayed() -> Decision:
        read = tuple(Grant.from_json(entry) for entry in json.loads(stored))
        return _judged(Facts.from_json(json.loads(stored_facts)), read)

    return (
        timed(f"evaluate, {len(grants)} grants", lambda: _judged(asked, grants), rounds),
        timed("evaluate, 3 grants", lambda: _judged(asked, grants[:3]), rounds),
        timed("evaluate, one public licence", lambda: _judged(plain, licences), rounds),
        timed("read stored facts", lambda: Facts.from_json(json.loads(stored_facts)), rounds),
        timed("read stored facts and 3 grants, evaluate", replayed, rounds),
    )


def main() -> None:
    """Prints the table."""
    print(f"{len(STANDARD.rules)} rules, evaluator digest {STANDARD.digest[:12]}")
    print(f"{'case':<44}{'rounds':>8}{'wall ms':>10}{'cpu ms':>10}")
    for entry in measured():
        print(f"{entry.name:<44}{entry.rounds:>8}{entry.wall:>10.3f}{entry.processor:>10.3f}")


if __name__ == "__main__":
    main()
