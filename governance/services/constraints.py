"""Which rule of the database a write ran into: what a service turns into words."""

from __future__ import annotations

from django.db import IntegrityError


def broken_constraint(problem: IntegrityError) -> str:
    """The name of the constraint that refused the row; empty when the database names none."""
    diagnosis = getattr(problem.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or "")
