"""Column types that several tables share."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Func

SHA256 = r"^[0-9a-f]{64}$"


class ClockTimestamp(Func):
    """PostgreSQL's ``clock_timestamp()``: the time of the statement, where ``now()`` is frozen at transaction start."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


def sha256_field(**options: Any) -> models.CharField[Any, Any]:
    """A SHA-256 digest as 64 lower-case hex digits."""
    return models.CharField(max_length=64, validators=[RegexValidator(SHA256)], **options)


def recorded_at(**options: Any) -> models.DateTimeField[Any, Any]:
    """When the database took the row in; the application cannot choose it by accident."""
    return models.DateTimeField(db_default=ClockTimestamp(), editable=False, **options)
