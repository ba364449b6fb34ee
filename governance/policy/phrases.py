"""Words for people: how facts, actions and dates read in a finding."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from governance.licensing.catalogue_words import DeclarationRank, EvidenceLevel, HostingMode
from governance.licensing.terms import Action, LeftOperand
from governance.policy.words import Content, TargetKind, UseClass

ACTION: dict[Action, str] = {
    Action.RUN_INFERENCE: "run the model",
    Action.OFFER_AS_SERVICE: "offer it to others as a service",
    Action.DISTRIBUTE_WEIGHTS: "distribute the weights",
    Action.MODIFY_WEIGHTS: "modify the weights",
    Action.FINE_TUNE: "fine-tune the model",
    Action.USE_OUTPUT_INTERNALLY: "use the outputs internally",
    Action.USE_OUTPUT_COMMERCIALLY: "use the outputs commercially",
    Action.DISTRIBUTE_OUTPUT: "distribute the outputs",
    Action.TRAIN_ON_OUTPUT: "let others train on the outputs",
    Action.BENCHMARK_PUBLISH: "publish benchmark results",
}

OPERAND: dict[str, str] = {
    LeftOperand.USE_CLASS: "purpose",
    LeftOperand.TARGET_KIND: "kind of target",
    LeftOperand.CHANNEL: "channel",
    LeftOperand.TERRITORY: "territory",
    LeftOperand.DATE: "date",
    LeftOperand.HOSTING_MODE: "where it runs",
    LeftOperand.PROVIDER: "provider",
    LeftOperand.END_CLIENT: "client",
    LeftOperand.PROJECT: "project",
    LeftOperand.MODEL: "model",
    LeftOperand.PRODUCT_VERSION: "version",
    LeftOperand.WEIGHTS_SHA256: "weights file",
    LeftOperand.WEIGHTS_DISTRIBUTION: "distribution of weights",
    LeftOperand.OUTPUT_DISTRIBUTION: "distribution of outputs",
    LeftOperand.OUTPUT_COUNT: "number of outputs",
}

_WORDS: dict[str, str] = {
    UseClass.NON_COMMERCIAL: "non-commercial",
    TargetKind.ECOMMERCE_LISTING: "e-commerce listing",
    TargetKind.PAID_ADS: "paid advertising",
    TargetKind.PRINT: "print",
    TargetKind.PACKAGING_POS: "packaging and point of sale",
    TargetKind.BROADCAST_TV: "broadcast television",
    TargetKind.OOH: "out-of-home advertising",
    TargetKind.CLIENT_HANDOVER_FILES: "files handed to the client",
    TargetKind.SAAS_FEATURE: "feature of an online service",
    TargetKind.OPEN_SOURCE_RELEASE: "open-source release",
    TargetKind.AIR_GAPPED_INSTALL: "air-gapped installation",
    HostingMode.WE_SELF_HOST: "our own machines",
    HostingMode.CLIENT_SELF_HOST: "the client's machines",
    HostingMode.VENDOR_API: "the vendor's API",
    HostingMode.RESELLER_API: "a reseller's API",
    HostingMode.ON_DEVICE: "on the device",
    DeclarationRank.LICENSE_FILE: "licence file",
    DeclarationRank.GATE_TERMS: "terms accepted at download",
    EvidenceLevel.PUBLIC_DOCUMENTATION: "documented",
    Content.MEDICAL: "medical pictures",
    Content.SATELLITE: "satellite pictures",
    Content.REAL_TIME_VIDEO: "live video",
    "WORLD": "worldwide",
}

_NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip


def word(value: str) -> str:
    """The readable form of an enum value, territory or reference."""
    known = _WORDS.get(value)
    if known is not None:
        return known
    return str(value).replace("_", " ") if value.islower() and "_" in value else str(value)


def words(values: str | int | Iterable[str] | None) -> str:
    """One value or several, joined by commas; "unknown" for nothing."""
    if values is None:
        return "unknown"
    if isinstance(values, int):
        return str(values)
    if isinstance(values, str):
        return word(values)
    return _several(values if isinstance(values, tuple) else tuple(values))


@lru_cache(maxsize=1024)
def _several(values: tuple[str, ...]) -> str:
    return ", ".join([word(value) for value in values]) or "none"


def provider_name(slug: str) -> str:
    """As in "Bria" for ``bria``; a name with a dot, such as ``fal.ai``, stays as it is."""
    known = {"fal": "fal.ai"}.get(slug, slug)
    return known if "." in known else known[:1].upper() + known[1:]


def day(value: date | datetime) -> str:
    """As in "31 December 2026"."""
    return f"{value.day} {value:%B %Y}"


def number(count: int) -> str:
    """Small numbers in words."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def count_of(count: int, noun: str) -> str:
    """As in "1 picture" and "3 pictures"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def ago(then: datetime, now: datetime) -> str:
    """As in "three days ago"; "today" within a day."""
    days = (now - then).days
    if days < 1:
        return "today"
    return f"{number(days)} {'day' if days == 1 else 'days'} ago"


def listed(items: Iterable[str], conjunction: str = "and") -> str:
    """As in "a, b and c"."""
    entries = list(items)
    if len(entries) < 2:
        return "".join(entries)
    return f"{', '.join(entries[:-1])} {conjunction} {entries[-1]}"


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    trimmed = text.strip()
    if not trimmed:
        return ""
    closed = trimmed if trimmed[-1] in ".!?" else f"{trimmed}."
    return closed[0].upper() + closed[1:]
