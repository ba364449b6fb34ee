"""Legal decides how the files we make say what they are; the newest word holds for what is made after it."""

from __future__ import annotations

from django.db import transaction

from governance.access import User, require
from governance.models import SourceTypeSetting
from governance.services.entries import record_event
from governance.services.reasons import check_reason
from governance.services.words import check_words


def set_source_type(actor: User, act: str, value: str, reason: str) -> SourceTypeSetting:
    """Let outputs of ``act`` declare ``value`` (a name of IPTC's Digital Source Type vocabulary) from now on.

    Raises NotAllowed, or RequestError ``source_type_act.unknown``, ``source_type.unknown`` or ``source_type.reason``.
    """
    require(actor, "source_type.set")
    check_words("source_type_act", [act], SourceTypeSetting.Act.values)
    check_words("source_type", [value], SourceTypeSetting.Kind.values)
    reason = check_reason("source_type.reason", "A source type", reason)
    with transaction.atomic():
        row = SourceTypeSetting.objects.create(act=act, digital_source_type=value, reason=reason, set_by_id=actor.pk)
        record_event("source-type", "set", row, details={"of": act, "digital_source_type": value})
    return row
