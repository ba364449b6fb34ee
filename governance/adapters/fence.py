"""The fence compared with what is pinned: pure, and no wider than that.

A fence is parts, each with a kind ("trigger"), a name ("clearcut_no_change on governance_decision") and traits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# A trait that says when something fires reads better as a word than as a name and a value.
FIRES = "fires"
# What is told of a part that nobody pinned; the rest (definitions, digests) would only be long.
TELLING = ("may", "calls", "setting")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing in the catalog that keeps, or could open, the fence."""

    kind: str
    name: str
    traits: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What the catalog holds, and what is only good to know."""

    parts: tuple[Part, ...]
    information: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pinned:
    """What the repository says it must hold."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as pinned, in a sentence without its full stop."""

    kind: str
    name: str
    sentence: str


def compare(found: Found, pinned: Pinned) -> tuple[Difference, ...]:
    """Everything that is missing, otherwise or too much, in the order of kinds and names."""
    here, there = _by_name(found.parts), _by_name(pinned.parts)
    differences: list[Difference] = []
    for kind, name in sorted(here.keys() | there.keys()):
        for sentence in _sentences(here.get((kind, name)), there.get((kind, name))):
            differences.append(Difference(kind, name, f"{kind} {name}{sentence}"))
    return tuple(differences)


def _by_name(parts: Iterable[Part]) -> dict[tuple[str, str], Mapping[str, str]]:
    return {(part.kind, part.name): part.traits for part in parts}


def _sentences(found: Mapping[str, str] | None, pinned: Mapping[str, str] | None) -> list[str]:
    if found is None:
        return [" is missing"]
    if pinned is None:
        told = "; ".join(f"{trait}: {found[trait]}" for trait in TELLING if found.get(trait))
        return [f" ({told}) is not pinned" if told else " is not pinned"]
    traits = [trait for trait in sorted(found.keys() | pinned.keys()) if found.get(trait) != pinned.get(trait)]
    return [_otherwise(trait, found.get(trait, "nothing"), pinned.get(trait, "nothing")) for trait in traits]


def _otherwise(trait: str, found: str, pinned: str) -> str:
    return f" is {found}, not {pinned}" if trait == FIRES else f": {trait} {found}, not {pinned}"


def pinned_from_json(text: str) -> Pinned:
    """Raises ValueError when it is no pinned list."""
    kinds = json.loads(text)
    try:
        parts = [
            Part(kind, name, dict(traits.items())) for kind, names in kinds.items() for name, traits in names.items()
        ]
    except AttributeError as problem:
        raise ValueError("expected kinds of parts, their names and their traits") from problem
    return Pinned(tuple(parts))


def pinned_as_json(pinned: Pinned) -> str:
    """One part a line, sorted, so that a change reads as what changed."""
    kinds: dict[str, list[str]] = {}
    for part in sorted(pinned.parts, key=lambda part: (part.kind, part.name)):
        traits = json.dumps(dict(part.traits), sort_keys=True, ensure_ascii=False)
        kinds.setdefault(part.kind, []).append(f"    {json.dumps(part.name, ensure_ascii=False)}: {traits}")
    blocks = [f"  {json.dumps(kind)}: {{\n" + ",\n".join(lines) + "\n  }" for kind, lines in kinds.items()]
    return "{\n" + ",\n".join(blocks) + "\n}\n"
