"""Column types that several tables share."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
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


def person(**options: Any) -> models.ForeignKey[Any, Any]:
    """Who did it. A person who acted stays on record."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **options)


def evidence_field(**options: Any) -> ArrayField[Any, Any]:
    """The SHA-256 digests of the papers an act rests on; the files are in the blob store."""
    return ArrayField(models.CharField(max_length=64, validators=[RegexValidator(SHA256)]), **options)
