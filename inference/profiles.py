"""The ways to use a network that its card names: ours, and those of the programs a result may have to match."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inference.errors import ModelNotRunnable
from inference.types import InputProfile, ModelCard, OutputProfile, Profile

OURS = "clearcut"


def with_profile(card: ModelCard, name: str) -> ModelCard:
    """Return the card with another of its ways in front; raises ModelNotRunnable if it has none of this name."""
    if name == OURS:
        return card
    if name not in card.others:
        raise ModelNotRunnable(
            "model.profile_unknown",
            f"{card.title} has no profile called “{name}”.",
            f"Use one of: {', '.join((OURS, *card.others))}.",
        )
    return replace(card, input=card.others[name].input, output=card.others[name].output)


def read_input(data: dict[str, Any]) -> InputProfile:
    """Return the profile a card's [input] describes."""
    return InputProfile(**{**data, "mean": tuple(data["mean"]), "std": tuple(data["std"])})


def read_others(data: dict[str, Any], ours: InputProfile) -> dict[str, Profile]:
    """Return the profiles of a card's [others]; their inputs say only what differs from ours."""
    return {
        name: Profile(replace(ours, **entry.get("input", {})), OutputProfile(**entry["output"]))
        for name, entry in data.items()
    }
