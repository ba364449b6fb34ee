"""A service's refusal, shown beside the field it is about."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from governance.errors import RequestError


def advice(problem: RequestError) -> str:
    """What is wrong and what to do, as one text."""
    return f"{problem.message} {problem.how_to_fix}".strip()


def refuse(form: forms.Form, problem: RequestError, fields: Mapping[str, str]) -> None:
    """Add the refusal to the field that ``fields`` names for its code, else to the form as a whole."""
    field = fields.get(problem.code)
    form.add_error(field if field in form.fields else None, advice(problem))
