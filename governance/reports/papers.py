"""The papers acts rest on, wherever they were handed in."""

from __future__ import annotations

from django.apps import apps
from django.db import models

_COLUMN = "evidence_sha256s"


def is_paper(sha256: str) -> bool:
    """Whether some act on record names this digest as a paper it rests on."""
    named = {f"{_COLUMN}__contains": [sha256]}
    return any(table._default_manager.filter(**named).exists() for table in _tables())


def _tables() -> list[type[models.Model]]:
    found = apps.get_app_config("governance").get_models()
    return [table for table in found if _COLUMN in {field.name for field in table._meta.fields}]
