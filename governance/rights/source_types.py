"""What the files we make say they are."""

from __future__ import annotations

from governance.models import SourceTypeSetting

SHIPPED = {SourceTypeSetting.Act.CUTOUT: SourceTypeSetting.Kind.ENHANCED}


def digital_source_type_for(act: str) -> str:
    """IPTC's name for outputs of ``act`` ("cutout"): what legal set last, else what we ship. One query.

    Raises ValueError for an act that makes nothing.
    """
    made_by = SourceTypeSetting.Act(act)
    newest = SourceTypeSetting.objects.filter(act=made_by).order_by("-pk").first()
    return newest.digital_source_type if newest is not None else SHIPPED[made_by].value
