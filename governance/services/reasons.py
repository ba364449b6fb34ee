"""Why somebody did what stays on record: asked for wherever an act cannot be taken back."""

from __future__ import annotations

from governance.errors import RequestError


def check_reason(code: str, what: str, text: str) -> str:
    """The text, trimmed. Raises RequestError under ``code`` when it says nothing; ``what``: the act, in words."""
    if not text.strip():
        raise RequestError(
            f"{what} needs its reasons; got none.",
            how_to_fix="Write a sentence or two: they stay on record with your name.",
            code=code,
        )
    return text.strip()
