"""What the files we make say they are, now and before, and who decided so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.models import SourceTypeSetting
from governance.rights.source_types import digital_source_type_for


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One act of legal. ``words``: what IPTC says of the type."""

    act: str
    source_type: str
    words: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Mapping:
    """What outputs of one act declare now. ``shipped``: nobody has decided otherwise."""

    act: str
    label: str
    source_type: str
    words: str
    shipped: bool


def mappings() -> tuple[Mapping, ...]:
    """The mapping in force, one line an act."""
    decided = set(SourceTypeSetting.objects.values_list("act", flat=True))
    found = ((act, digital_source_type_for(act)) for act in SourceTypeSetting.Act)
    return tuple(Mapping(act.value, act.label, name, _words(name), act.value not in decided) for act, name in found)


def history() -> tuple[SettingLine, ...]:
    """Every decision, the newest first."""
    rows = SourceTypeSetting.objects.select_related("set_by")
    return tuple(
        SettingLine(
            act=row.get_act_display(),
            source_type=row.digital_source_type,
            words=_words(row.digital_source_type),
            reason=row.reason,
            by=row.set_by.get_username(),
            at=row.set_at,
        )
        for row in rows
    )


def _words(name: str) -> str:
    return str(SourceTypeSetting.Kind(name).label)
