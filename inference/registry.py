"""Model cards (``cards/*.toml``) and engines. The only module that imports by name: engines bring torch with them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from inference.errors import ModelNotRunnable, ModelUnknown
from inference.profiles import OURS, read_input, read_others, with_profile
from inference.types import Engine, ModelCard, NetworkProfile, OutputProfile

_CARDS = Path(__file__).parent / "cards"
_ENGINES = {"local": ("inference.engines.local", "LocalEngine")}


@cache
def cards() -> Mapping[str, ModelCard]:
    """Return every model card by slug."""
    found = (_read(path) for path in sorted(_CARDS.glob("*.toml")))
    return MappingProxyType({each.slug: each for each in found})


def card(slug: str) -> ModelCard:
    """Return the card of one model; raises ModelUnknown."""
    try:
        return cards()[slug]
    except KeyError:
        raise ModelUnknown(
            "model.unknown",
            f"There is no model called “{slug}”.",
            f"Choose one of: {', '.join(cards())}.",
        ) from None


def runnable_card(slug: str, profile: str = OURS) -> tuple[ModelCard, OutputProfile]:
    """Return a card that can be run and its output profile; raises ModelUnknown or ModelNotRunnable.

    ``profile``: ours, or one of the card's others, which then takes the place of ours in the card returned.
    """
    found = with_profile(card(slug), profile)
    if not found.runnable or found.output is None:
        runnable = [each.slug for each in cards().values() if each.runnable]
        raise ModelNotRunnable(
            "model.not_runnable",
            f"{found.title} cannot be run by this installation: {found.not_runnable_because}",
            f"Choose one of: {', '.join(runnable)}.",
        )
    return found, found.output


@cache
def engine(name: str) -> Engine:
    """Return the engine of this name, loading it on first use; raises ModelNotRunnable.

    Loading fails where torch is not installed, as on a web server.
    """
    if name not in _ENGINES:
        raise ModelNotRunnable(
            "engine.unknown",
            f"There is no engine called “{name}”.",
            f"Use one of: {', '.join(_ENGINES)}.",
        )
    module, attribute = _ENGINES[name]
    try:
        loaded: Engine = getattr(import_module(module), attribute)()
    except ImportError as error:
        raise ModelNotRunnable(
            "engine.not_installed",
            f"The engine “{name}” needs packages that are not installed here ({error.name}).",
            "Install Clearcut with its worker extra on the machine that makes cutouts.",
        ) from error
    return loaded


def _read(path: Path) -> ModelCard:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if data["slug"] != path.stem:
        raise ValueError(f"{path.name} describes {data['slug']!r}; a card's file has the name of its slug.")
    output = data.get("output")
    return ModelCard(
        slug=data["slug"],
        title=data["title"],
        version=data["version"],
        family=data["family"],
        engine=data["engine"],
        runnable=data["runnable"],
        not_runnable_because=data.get("not_runnable_because", ""),
        architecture=MappingProxyType(data.get("architecture", {})),
        network=_network_profile(data["network"]),
        input=(ours := read_input(data["input"])),
        output=OutputProfile(**output) if output else None,
        others=MappingProxyType(read_others(data.get("others", {}), ours)),
    )


def _network_profile(data: dict[str, Any]) -> NetworkProfile:
    fields: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in data.items()}
    return NetworkProfile(**fields)
